/**
 * What replication works with, in one Region.
 * @module
 */
import type { Services } from '../services.ts'

export type ReplicationMeans = Pick<
  Services,
  'store' | 'replication' | 'keys' | 'clock' | 'entropy' | 'authorizer' | 'events' | 'regions'
> & {
  /** Told what went wrong inside, for the log. */
  readonly noteFault: (fault: unknown) => void
}
