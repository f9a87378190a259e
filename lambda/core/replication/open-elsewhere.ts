/**
 * Opens a value as another Region has sealed it: the one place where a Region reads what is not its own. The key is this Region's own where it is a multi-Region replica of the one that sealed; else KMS of the other
 * Region is asked, which only the replicator may (docs/regions.md).
 *
 * Whoever asked for the copy had to be allowed to decrypt the secret then (operations/replicate-secret-to-regions.ts); the key's policy is not asked for them again, since they are not here.
 * @module
 */
import { EnvelopeDamaged, openEnvelope, parseEnvelope } from '../envelope.ts'
import { serverFault } from '../domain/errors.ts'
import { arnOf } from '../domain/names.ts'
import type { SecretHead, Version } from '../domain/secret.ts'
import type { SecretMaterial } from '../domain/secret-material.ts'
import type { KeyScope } from '../ports/key-service.ts'
import type { Services } from '../services.ts'

export interface Elsewhere {
  /** The other Region's head. */
  readonly head: SecretHead
  readonly version: Version
  readonly sealed: Uint8Array
  /** Of the copy, where it has one. */
  readonly ownKeyArn: string | undefined
  readonly scope: KeyScope
}

/** @throws {KeyFailure} @throws {ServiceError} InternalServiceError when the stored bytes are damaged */
export async function openElsewhere(
  { keys }: Pick<Services, 'keys'>,
  { head, version, sealed, ownKeyArn, scope }: Elsewhere,
): Promise<SecretMaterial> {
  const context = { SecretARN: arnOf(head), SecretVersionId: version.id }
  try {
    const parts = parseEnvelope(sealed, context)
    const allowed: readonly (string | undefined)[] = version.keyArns ?? [head.serviceKeyArn]
    if (!allowed.includes(parts.keyArn)) throw new EnvelopeDamaged()
    const isRelated = ownKeyArn !== undefined && isRelatedKey(ownKeyArn, parts.keyArn)
    const dataKey = await keys.unwrapDataKey({
      keyId: isRelated ? ownKeyArn : parts.keyArn,
      wrapped: parts.wrapped,
      context,
      scope: isRelated ? scope : { ...scope, region: head.key.region },
      owner: version.keyArns ? 'customer' : 'service',
    })
    return openEnvelope(parts, context, dataKey)
  } catch (error) {
    throw error instanceof EnvelopeDamaged ? serverFault(error) : error
  }
}

/** Multi-Region keys that are related have the same key id (KMS developer guide, "Multi-Region keys in AWS KMS"). */
export const isRelatedKey = (a: string, b: string): boolean =>
  a !== b && idOf(a) === idOf(b) && idOf(a).startsWith('mrk-')

const idOf = (keyArn: string): string => keyArn.slice(keyArn.indexOf(':key/') + 5)
