/**
 * Whoever calls the API: their access keys and sessions, and the policies of their identities. All of it is the embedded Coffer's own, in memory.
 * @module
 */
import type { SealedDatabase } from '../../lambda/adapters/embedded/keyring/sealed-database.ts'
import type { Clock } from '../../lambda/core/ports/clock.ts'
import type { Entropy } from '../../lambda/core/ports/entropy.ts'
import type { CredentialSource } from '../../local/identities/credential.ts'
import { credentialsOf } from '../../local/identities/credentials.ts'
import { SqliteIdentityStore } from '../../local/identities/identity-store.ts'
import { identitiesOf, type Identities } from '../../local/identities/identities.ts'
import type { Account } from '../../local/identities/model.ts'
import { sealerOf } from '../../local/identities/sealer.ts'

export interface Callers extends Identities {
  readonly credentials: CredentialSource
}

export interface CallersOptions extends SealedDatabase {
  readonly entropy: Entropy
  /** Sessions and MFA codes never follow the sandbox's clock. */
  readonly wallClock: Clock
  /** As the operator declares them. */
  readonly accounts: readonly Account[]
}

export async function callersOf(options: CallersOptions): Promise<Callers> {
  const { database, masterKey, entropy, wallClock, accounts } = options
  const store = new SqliteIdentityStore({ database, sealer: sealerOf(masterKey.derive('identities')) })
  await store.replaceFile(new Map(accounts.map((account) => [account.id, account])))
  const identities = identitiesOf({ store, masterKey, entropy, now: () => wallClock.now() })
  return { ...identities, credentials: credentialsOf(store, identities.sessions) }
}
