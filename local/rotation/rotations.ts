/**
 * Rotation, embedded, put together: what carries it out, what it invokes, and what it tells.
 * @module
 */
import type { Database } from '../../lambda/adapters/embedded/database.ts'
import { randomUuid } from '../../lambda/core/domain/random-id.ts'
import type { FunctionService } from '../../lambda/core/ports/functions.ts'
import { rotationTasks } from '../../lambda/core/rotation/tasks.ts'
import type { Services } from '../../lambda/core/services.ts'
import { coreSecretAccess } from '../../lambda/managed-rotation/core-access.ts'
import { stopped } from '../../lambda/managed-rotation/deadline.ts'
import type { ManagedRotation } from '../../lambda/managed-rotation/managed-rotation.ts'
import { anywhere, outsideOnly } from '../../lambda/managed-rotation/reachable-hosts.ts'
import type { VirtualClock } from '../clock.ts'
import type { RotationConfig } from '../config.ts'
import type { Log } from '../log/log.ts'
import { walkClock } from './clock-walk.ts'
import { ExecutionStore } from './execution-store.ts'
import { withManagedFunction } from './managed-function.ts'
import { RotationRunner } from './rotation-runner.ts'

export interface RotationsOptions {
  readonly database: Database
  /** All of them but what rotation adds. */
  readonly services: Omit<Services, 'functions' | 'rotateSoon'>
  readonly functions: Pick<FunctionService, 'check' | 'invoke' | 'policy'>
  /** Ends the processes of functions that are running. */
  readonly endFunctions: () => Promise<void>
  readonly config: RotationConfig
  /** The account whose secrets may name any host: the server admin's. Those of others may not name this machine. */
  readonly adminAccount?: string | undefined
  readonly log: Log
  /** What else goes on by the domain's clock, and comes of rotations: replication. */
  readonly beside?: {
    readonly drain: () => Promise<void>
    /** Epoch milliseconds. */
    readonly nextArrival: number | undefined
  }
}

export interface Rotations {
  readonly services: Services
  readonly start: () => void
  /** Does what is due by the domain's clock, and waits for it and for what is beside it. */
  readonly drain: () => Promise<void>
  readonly moveClock: (clock: VirtualClock, time: number) => Promise<void>
  readonly stop: () => Promise<void>
}

export function rotationsOf(options: RotationsOptions): Rotations {
  const { database, services: given, functions: others, config, log, endFunctions, adminAccount, beside } = options
  const { store, clock, entropy } = given
  const onFault = (fault: unknown): void => log.fault(fault, { during: 'rotation' })
  const stopping = new AbortController()
  const restricted = outsideOnly(config.databaseHosts)
  const managed =
    (place: { account: string; region: string }): ManagedRotation =>
    async (event) => {
      // Most have no database to rotate: what knows them is loaded when the first one comes.
      const { managedRotation } = await import('../../lambda/managed-rotation/managed-rotation.ts')
      const secrets = coreSecretAccess({ services, ...place, noteFault: onFault })
      const { webhookOrigins, allowsPlaintext } = config
      const mayReach = place.account === adminAccount ? anywhere : restricted
      const { signal } = stopping
      return managedRotation({ secrets, webhookOrigins, allowsPlaintext, mayReach, signal })(event)
    }
  const services: Services = {
    ...given,
    functions: withManagedFunction({ others, managed, newRequestId: () => randomUuid(entropy) }),
    rotateSoon: async () => runner.look(),
  }
  const runner = new RotationRunner({
    store,
    executions: new ExecutionStore(database),
    tasks: rotationTasks({ services, patienceMs: 0, noteFault: onFault }),
    clock,
    concurrency: config.concurrency,
    onFault,
  })
  const drain = async (): Promise<void> => {
    await runner.drain()
    await beside?.drain()
  }
  return {
    services,
    start: () => runner.start(),
    drain,
    moveClock: (virtual, time) =>
      walkClock({ clock: virtual, store, drain, nextArrival: () => beside?.nextArrival }, time),
    stop: () =>
      runner.stop(() => {
        stopping.abort(stopped())
        return endFunctions()
      }),
  }
}
