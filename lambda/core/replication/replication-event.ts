/**
 * The service events of replication (behaviour events 1.3). The ARN is the primary's; the Region of the copy is told beside it.
 * @module
 */
import { arnOf } from '../domain/names.ts'
import { randomUuid } from '../domain/random-id.ts'
import type { SecretHead } from '../domain/secret.ts'
import type { ServiceEvent, ServiceEventName } from '../ports/events.ts'
import type { Services } from '../services.ts'

export interface ReplicationNews extends Pick<ServiceEvent, 'errorMessage' | 'retryAt'> {
  /** By default now. */
  readonly at?: number
  readonly name: Extract<ServiceEventName, `Replication${string}`>
  readonly replicaRegion: string
  readonly request: number
}

export async function tellReplication(
  { events, entropy, clock }: Pick<Services, 'events' | 'entropy' | 'clock'>,
  primary: SecretHead,
  { request, ...about }: ReplicationNews,
): Promise<void> {
  const secretArn = arnOf(primary)
  await events.tell({
    secret: primary.key,
    secretArn,
    at: clock.now(),
    id: randomUuid(entropy),
    requestId: `Replication-${secretArn}-${request}`,
    ...about,
  })
}
