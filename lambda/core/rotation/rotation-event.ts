/**
 * The service events of rotations (behaviour events 1.3).
 * @module
 */
import { arnOf } from '../domain/names.ts'
import { randomUuid } from '../domain/random-id.ts'
import type { SecretHead } from '../domain/secret.ts'
import type { ServiceEvent, ServiceEventName } from '../ports/events.ts'
import type { Services } from '../services.ts'

type About = Pick<ServiceEvent, 'errorMessage' | 'step' | 'attempt' | 'diagnosis' | 'retryAt'>

export async function tellRotation(
  { events, entropy, clock }: Pick<Services, 'events' | 'entropy' | 'clock'>,
  head: SecretHead,
  { name, versionId, ...about }: { readonly name: ServiceEventName; readonly versionId: string } & About,
): Promise<void> {
  const secretArn = arnOf(head)
  await events.tell({
    name,
    secret: head.key,
    secretArn,
    at: clock.now(),
    id: randomUuid(entropy),
    requestId: `Rotation-${secretArn}-${versionId}`,
    versionId,
    ...about,
  })
}
