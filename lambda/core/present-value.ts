/**
 * A version's value as GetSecretValue and BatchGetSecretValue show it.
 * @module
 */
import { arnOf } from './domain/names.ts'
import type { SecretMaterial } from './domain/secret-material.ts'
import { utcDay } from './domain/dates.ts'
import type { Version } from './domain/secret.ts'
import type { SecretValueEntry } from './model/secrets-manager.types.generated.ts'
import type { Call } from './operation.ts'
import type { StoredSecret } from './ports/secret-store.ts'
import { keyScopeOf } from './key-scope.ts'
import { readSealed } from './read-sealed.ts'
import { open } from './sealing.ts'

type ReadCall = Pick<Call<'GetSecretValue'>, 'context' | 'services' | 'now'>

/** Opens a version, remembers the day it was read (SM-DATE-02), and shows it. @throws {ServiceError} */
export async function readValue(
  { context, services, now }: ReadCall,
  secret: StoredSecret,
  version: Version,
): Promise<SecretValueEntry> {
  const { head } = secret
  const sealed = await readSealed(services, head, version)
  const scope = keyScopeOf(context, head)
  const material = await open(services, { head, version, sealed, scope })
  await rememberRead(services, secret, version.id, utcDay(now))
  return {
    ARN: arnOf(head),
    Name: head.key.name,
    VersionId: version.id,
    ...reveal(material),
    ...(version.stages.length > 0 && { VersionStages: version.stages }),
    CreatedDate: version.createdAt,
  }
}

function reveal(material: SecretMaterial): Pick<SecretValueEntry, 'SecretString' | 'SecretBinary'> {
  const bytes = material.reveal()
  if (material.kind === 'binary') return { SecretBinary: bytes }
  return { SecretString: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8') }
}

async function rememberRead(
  { store }: ReadCall['services'],
  secret: StoredSecret,
  versionId: string,
  day: number,
): Promise<void> {
  const { access } = secret
  if (access.day === day && access.versions.get(versionId) === day) return
  // A reader does not suffer from a date that could not be kept.
  await store.recordAccess(secret, versionId, day).catch(() => undefined)
}
