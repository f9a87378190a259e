/**
 * Callers of an API for tests.
 * @module
 */
import { keyringSchema } from '../../../lambda/adapters/embedded/keyring/schema.ts'
import { openSealedDatabase } from '../../../lambda/adapters/embedded/keyring/sealed-database.ts'
import { wallClock } from '../../../local/clock.ts'
import { identityStoreSchema } from '../../../local/identities/schema.ts'
import type { Account } from '../../../local/identities/model.ts'
import { callersOf, type Callers } from '../../../sandbox/iam/callers.ts'
import { entropy } from '../../support/keyring-fixture.ts'

export interface CallersFixture {
  readonly callers: Callers
  readonly close: () => void
}

export async function callersFixture(accounts: readonly Account[]): Promise<CallersFixture> {
  const sealed = await openSealedDatabase({
    path: ':memory:',
    migrations: [[keyringSchema, identityStoreSchema].join(';\n')],
    masterKey: { kind: 'value', value: entropy.bytes(32).toString('hex') },
    entropy,
  })
  const callers = await callersOf({ ...sealed, entropy, wallClock, accounts })
  return { callers, close: () => sealed.database.close() }
}
