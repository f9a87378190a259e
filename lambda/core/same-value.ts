/**
 * Whether a version already holds a value: how a retry is told from a conflict (behaviour 3.4).
 * @module
 */
import type { Version } from './domain/secret.ts'
import type { SecretMaterial } from './domain/secret-material.ts'
import type { OperationName } from './model/secrets-manager.types.generated.ts'
import type { SecretCall } from './operation.ts'
import { keyScopeOf } from './key-scope.ts'
import { readSealed } from './read-sealed.ts'
import { open } from './sealing.ts'

export async function isSameValue<N extends OperationName>(
  { services, secret, context }: SecretCall<N>,
  version: Version,
  material: SecretMaterial,
): Promise<boolean> {
  const { head } = secret
  if (version.value.kind === 'none') return false
  const scope = keyScopeOf(context, head)
  const sealed = await readSealed(services, head, version)
  return (await open(services, { head, version, sealed, scope })).equals(material)
}
