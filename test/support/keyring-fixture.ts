import { randomBytes, randomInt } from 'node:crypto'
import type { Database } from '../../lambda/adapters/embedded/database.ts'
import { Keyring } from '../../lambda/adapters/embedded/keyring/keyring.ts'
import { keyringSchema } from '../../lambda/adapters/embedded/keyring/schema.ts'
import { openSealedDatabase } from '../../lambda/adapters/embedded/keyring/sealed-database.ts'
import { sameAccountOnly, type Authorizer } from '../../lambda/auth/authorizer.ts'
import type { Entropy } from '../../lambda/core/ports/entropy.ts'
import { ManualClock } from './manual-clock.ts'

export const DAY = 86_400_000
export const place = { account: '111122223333', region: 'us-east-1' }
export const otherRegion = { ...place, region: 'eu-west-1' }
export const principal = {
  account: place.account,
  arn: `arn:aws:iam::${place.account}:user/dev`,
  userId: 'AIDAEXAMPLE',
  accessKeyId: 'AKIAEXAMPLE',
}

export const entropy: Entropy = { bytes: (count) => randomBytes(count), below: (limit) => randomInt(limit) }

/** Everybody may do everything in their own account, whatever the policies say: for tests of other things. */
export const ownAccountOpen: Authorizer = {
  ...sameAccountOnly,
  decide: ({ principal: { account: own }, account }) => ({
    verdict: own === account ? 'allow' : 'implicit-deny',
    layer: 'resource',
  }),
}

/** A master key for tests, as the environment would give it. */
const MASTER_KEY = 'c0ffee'.padEnd(64, '0')

export interface KeyringFixture {
  readonly keyring: Keyring
  readonly database: Database
  readonly clock: ManualClock
  /** Another keyring over the same file, as after a restart: nothing cached. */
  readonly again: () => Keyring
}

export async function keyringFixture({ path = ':memory:', cachedKeys = 100 } = {}): Promise<KeyringFixture> {
  const clock = new ManualClock()
  const { database, masterKey } = await openSealedDatabase({
    path,
    migrations: [keyringSchema],
    masterKey: { kind: 'value', value: MASTER_KEY },
    entropy,
  })
  const again = (): Keyring => new Keyring({ database, masterKey, clock, entropy, cachedKeys })
  return { keyring: again(), database, clock, again }
}

/** What a promise or a function fails with. */
export async function failureOf(work: Promise<unknown> | (() => unknown)): Promise<Error & { code?: string }> {
  try {
    await (typeof work === 'function' ? work() : work)
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('it was expected to fail')
}
