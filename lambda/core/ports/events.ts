/**
 * What the service tells by itself, without being asked: events about rotations and replication (shared shape of CloudTrail's service events, behaviour events 1.3). SNS on AWS; the log and a webhook
 * embedded.
 * @module
 */
import type { SecretKey } from '../domain/secret.ts'
import type { RotationStep } from './functions.ts'

export type ServiceEventName =
  | 'RotationStarted'
  | 'RotationSucceeded'
  | 'RotationFailed'
  | 'RotationAbandoned'
  | 'TestRotationStarted'
  | 'TestRotationSucceeded'
  | 'TestRotationFailed'
  | 'ReplicationStarted'
  | 'ReplicationSucceeded'
  | 'ReplicationFailed'

/** Holds no secret: the error message is made of names and steps. */
export interface ServiceEvent {
  readonly name: ServiceEventName
  readonly secret: SecretKey
  readonly secretArn: string
  /** Epoch milliseconds. */
  readonly at: number
  /** UUID. */
  readonly id: string
  /** `Rotation-<secret ARN>-<version id>`, `Replication-<secret ARN>-<request>` */
  readonly requestId: string
  /** Of a rotation. */
  readonly versionId?: string
  /** Of a replication: the Region of the copy; the ARN is the primary's. */
  readonly replicaRegion?: string
  /** Of a failure: `Error when executing lambda <function ARN> during <step> step` and the like. */
  readonly errorMessage?: string
  readonly step?: RotationStep
  readonly attempt?: number
  /** Of a failure: what to look at. */
  readonly diagnosis?: string
  /** Of a failure: when it is tried again, epoch milliseconds; absent: not before the next window. */
  readonly retryAt?: number
}

export interface EventPort {
  /** Best effort: does not throw, and what could not be told is in the log. */
  tell(event: ServiceEvent): Promise<void>
}
