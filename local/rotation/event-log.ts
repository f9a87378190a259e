/**
 * The event port over the log: a line for each event of a rotation, by allow-list.
 * @module
 */
import { severityOf, type EventSeverity } from '../../lambda/adapters/service-event-record.ts'
import type { EventPort } from '../../lambda/core/ports/events.ts'
import type { Level } from '../log/format.ts'
import type { Log } from '../log/log.ts'

export function eventLog(log: Pick<Log, 'event'>): EventPort {
  return {
    async tell({ name, secretArn, versionId, step, attempt, errorMessage, diagnosis, retryAt }) {
      const retry = retryAt === undefined ? undefined : new Date(retryAt).toISOString()
      const fields = { name, resource: secretArn, versionId, step, attempt, error: errorMessage, diagnosis, retry }
      log.event('rotation', fields, LEVELS[severityOf(name)])
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
