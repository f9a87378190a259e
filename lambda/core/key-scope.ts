/**
 * On whose behalf, and where, the key of a secret is used.
 * @module
 */
import type { SecretHead } from './domain/secret.ts'
import type { KeyScope } from './ports/key-service.ts'
import type { RequestContext } from './services.ts'

/** Keys are looked up where the secret is: a name that its owner gave means the owner's key, whoever calls. */
export function keyScopeOf({ principal }: RequestContext, { key }: Pick<SecretHead, 'key'>): KeyScope {
  return { principal, account: key.account, region: key.region }
}
