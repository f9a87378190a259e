/**
 * What an operation does to a rotation that it ends: the record gets its end, and whoever listens is told.
 * @module
 */
import type { SecretHead } from '../domain/secret.ts'
import type { ServiceEventName } from '../ports/events.ts'
import type { Services } from '../services.ts'
import { editRecord, recordEnded } from './recorder.ts'
import type { RotationResult } from './rotation-record.ts'
import { tellRotation } from './rotation-event.ts'

type Means = Pick<Services, 'store' | 'events' | 'entropy' | 'clock'>

/** After the commit, so best effort: the rotation is ended whatever becomes of its record. */
export async function rotationEnded(
  services: Means,
  head: SecretHead,
  { versionId, result, tell }: { versionId: string; result: RotationResult; tell?: ServiceEventName },
): Promise<void> {
  await editRecord(services, head, versionId, (record) => recordEnded(record, result, services.clock.now())).catch(
    () => undefined,
  )
  if (tell !== undefined) await tellRotation(services, head, { name: tell, versionId })
}
