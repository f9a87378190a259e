/**
 * A service event as it is sent out: the record that CloudTrail has of one (behaviour events 1.3), so that consumers of AWS's events need no other parser, with what Coffer knows beside it under
 * `additionalEventData`.
 * @module
 */
import type { ServiceEvent, ServiceEventName } from '../core/ports/events.ts'

const SERVICE = 'secretsmanager.amazonaws.com'

export function serviceEventRecord(event: ServiceEvent) {
  const { name, secret, secretArn, at, id, requestId, errorMessage } = event
  return {
    eventVersion: '1.08',
    userIdentity: { accountId: secret.account, invokedBy: SERVICE },
    eventTime: isoSeconds(at),
    eventSource: SERVICE,
    eventName: name,
    awsRegion: secret.region,
    sourceIPAddress: SERVICE,
    userAgent: SERVICE,
    ...(errorMessage !== undefined && { errorMessage }),
    requestParameters: null,
    responseElements: null,
    additionalEventData: {
      SecretId: secretArn,
      SecretName: secret.name,
      ...(event.versionId !== undefined && { SecretVersionId: event.versionId }),
      ...(event.replicaRegion !== undefined && { ReplicaRegion: event.replicaRegion }),
      ...(event.step !== undefined && { Step: event.step }),
      ...(event.attempt !== undefined && { Attempt: event.attempt }),
      ...(event.diagnosis !== undefined && { Diagnosis: event.diagnosis }),
      ...(event.retryAt !== undefined && { RetryTime: isoSeconds(event.retryAt) }),
    },
    requestID: requestId,
    eventID: id,
    readOnly: false,
    eventType: 'AwsServiceEvent',
    managementEvent: true,
    recipientAccountId: secret.account,
    eventCategory: 'Management',
  } as const
}

/** `warning`: somebody's change ended it; `error`: look at it. */
export type EventSeverity = 'info' | 'warning' | 'error'

export const severityOf = (name: ServiceEventName): EventSeverity => SEVERITIES[name]

const SEVERITIES: Readonly<Record<ServiceEventName, EventSeverity>> = {
  RotationStarted: 'info',
  RotationSucceeded: 'info',
  RotationFailed: 'error',
  RotationAbandoned: 'warning',
  TestRotationStarted: 'info',
  TestRotationSucceeded: 'info',
  TestRotationFailed: 'error',
  ReplicationStarted: 'info',
  ReplicationSucceeded: 'info',
  ReplicationFailed: 'error',
}

const isoSeconds = (at: number): string => new Date(at).toISOString().replace(/\.\d{3}Z$/, 'Z')
