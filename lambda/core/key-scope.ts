/**
 * On whose behalf, and where, the key of a secret is used.
 * @module
 */
import type { Origin } from '../auth/origin.ts'
import type { SecretHead } from './domain/secret.ts'
import type { KeyScope } from './ports/key-service.ts'
import type { RequestContext } from './services.ts'

/** With what a key's policy may ask about the request. */
export interface AccessScope extends KeyScope {
  readonly origin: Origin
}

/** Keys are looked up where the secret is: a name that its owner gave means the owner's key, whoever calls. */
export function keyScopeOf({ principal, origin }: RequestContext, { key }: Pick<SecretHead, 'key'>): AccessScope {
  return { principal, origin, account: key.account, region: key.region }
}
