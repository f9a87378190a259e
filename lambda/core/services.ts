/**
 * What the core is given to work with. Embedded and AWS differ here and nowhere else.
 * @module
 */
import type { Authorizer } from '../auth/authorizer.ts'
import type { Principal } from '../auth/principal.ts'
import type { Origin } from '../auth/origin.ts'
import type { SecretHead } from './domain/secret.ts'
import type { Clock } from './ports/clock.ts'
import type { Entropy } from './ports/entropy.ts'
import type { EventPort } from './ports/events.ts'
import type { FunctionService } from './ports/functions.ts'
import type { KeyService } from './ports/key-service.ts'
import type { ReplicationStore } from './ports/replication-store.ts'
import type { SecretStore } from './ports/secret-store.ts'

export interface Services {
  readonly store: SecretStore
  readonly replication: ReplicationStore
  /** Those that this deployment is in: where a secret may have replicas. */
  readonly regions: readonly string[]
  readonly keys: KeyService
  readonly clock: Clock
  readonly entropy: Entropy
  readonly authorizer: Authorizer
  /** A forced deletion was committed: purge it now where that can be done, or leave it to the sweeper. Does not throw. */
  readonly purgeSoon: (head: SecretHead) => Promise<void>
  readonly functions: FunctionService
  readonly events: EventPort
  /** A rotation was started: take it up now where that can be done, or leave it to the change feed. Does not throw. */
  readonly rotateSoon: (head: SecretHead) => Promise<void>
}

export interface RequestContext {
  readonly origin: Origin
  readonly principal: Principal
  readonly region: string
  readonly requestId: string
}
