/**
 * Everything about identities that the services of one embedded Coffer share.
 * @module
 */
import type { MasterKey } from '../../lambda/adapters/embedded/keyring/master-key.ts'
import { policyAuthorizer, type Authorizer } from '../../lambda/auth/authorizer.ts'
import type { IdentityDirectory } from '../../lambda/auth/identity.ts'
import type { Entropy } from '../../lambda/core/ports/entropy.ts'
import { embeddedDirectory } from './embedded-directory.ts'
import { MfaVerifier } from './mfa.ts'
import type { IdentityStore } from './model.ts'
import { sessionsOf, type Sessions } from './sessions.ts'
import { Throttle } from './throttle.ts'

export interface Identities {
  readonly store: IdentityStore
  readonly directory: IdentityDirectory
  readonly authorizer: Authorizer
  readonly sessions: Sessions
  readonly mfa: MfaVerifier
  /** Attempts to prove a password, by {@link throttledName}: by signing in and by changing it. */
  readonly passwordAttempts: Throttle
}

export interface IdentitiesOptions {
  readonly store: IdentityStore
  readonly masterKey: Pick<MasterKey, 'derive'>
  readonly entropy: Entropy
  /** Wall time, epoch milliseconds: sessions and codes never follow the virtual clock. */
  readonly now: () => number
}

export function identitiesOf({ store, masterKey, entropy, now }: IdentitiesOptions): Identities {
  const directory = embeddedDirectory(store)
  return {
    store,
    directory,
    authorizer: policyAuthorizer(directory),
    sessions: sessionsOf({ masterKey, entropy, now }),
    mfa: new MfaVerifier({ store, now }),
    passwordAttempts: new Throttle({ now }),
  }
}
