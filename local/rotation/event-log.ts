/**
 * The event port over the log: a line for each event of a rotation or of a replication, by allow-list.
 * @module
 */
import { severityOf, type EventSeverity } from '../../lambda/adapters/service-event-record.ts'
import type { EventPort } from '../../lambda/core/ports/events.ts'
import type { Level } from '../log/format.ts'
import type { Log } from '../log/log.ts'

export function eventLog(log: Pick<Log, 'event'>): EventPort {
  return {
    async tell({ name, secretArn, versionId, replicaRegion, step, attempt, errorMessage, diagnosis, retryAt }) {
      const retry = retryAt === undefined ? undefined : new Date(retryAt).toISOString()
      const of = { name, resource: secretArn, versionId, replicaRegion, step, attempt }
      const kind = replicaRegion === undefined ? 'rotation' : 'replication'
      log.event(kind, { ...of, error: errorMessage, diagnosis, retry }, LEVELS[severityOf(name)])
    },
  }
}

const LEVELS: Readonly<Record<EventSeverity, Level>> = { info: 'info', warning: 'warn', error: 'error' }

/** One port for several: each is told, whatever becomes of the others. */
export function eventsToAll(ports: readonly EventPort[]): EventPort {
  return {
    async tell(event) {
      await Promise.allSettled(ports.map((port) => port.tell(event)))
    },
  }
}
