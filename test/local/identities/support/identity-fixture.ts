import { createSecretKey } from 'node:crypto'
import { Database } from '../../../../lambda/adapters/embedded/database.ts'
import { SqliteIdentityStore } from '../../../../local/identities/identity-store.ts'
import type { Account, Group, MfaDevice, Role, User } from '../../../../local/identities/model.ts'
import { identitySchema, identityStoreSchema } from '../../../../local/identities/schema.ts'
import { sealerOf } from '../../../../local/identities/sealer.ts'

export const ACCOUNT = '123456789012'
export const OTHER_ACCOUNT = '210987654321'

/** Allows an action on everything. */
export const allowing = (action: string): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }] })

export function openIdentities(path = ':memory:') {
  const database = new Database({ path, migrations: [identitySchema, identityStoreSchema] })
  const sealer = sealerOf(createSecretKey(Buffer.alloc(32, 1)))
  return { database, store: new SqliteIdentityStore({ database, sealer }) }
}

export function userOf(name: string, more: Partial<User> = {}, account = ACCOUNT): User {
  return {
    origin: 'api',
    id: `AIDA${name.toUpperCase()}`,
    name,
    path: '/',
    arn: `arn:aws:iam::${account}:user/${name}`,
    createdAt: 1,
    inline: new Map(),
    attached: [],
    tags: [],
    groups: [],
    accessKeys: [],
    mfaDevices: [],
    ...more,
  }
}

export function roleOf(name: string, more: Partial<Role> = {}, account = ACCOUNT): Role {
  return {
    origin: 'api',
    id: `AROA${name.toUpperCase()}`,
    name,
    path: '/',
    arn: `arn:aws:iam::${account}:role/${name}`,
    createdAt: 1,
    inline: new Map(),
    attached: [],
    trustPolicy: '{}',
    tags: [],
    maxSessionSeconds: 3600,
    ...more,
  }
}

export const groupOf = (name: string, more: Partial<Group> = {}): Group => ({
  origin: 'api',
  id: `AGPA${name.toUpperCase()}`,
  name,
  path: '/',
  arn: `arn:aws:iam::${ACCOUNT}:group/${name}`,
  createdAt: 1,
  inline: new Map(),
  attached: [],
  ...more,
})

/** The ASCII text "12345678901234567890" of RFC 6238. */
export const SEED = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

export function deviceOf(name: string, more: Partial<MfaDevice> = {}, account = ACCOUNT): MfaDevice {
  return { serialNumber: `arn:aws:iam::${account}:mfa/${name}`, name, path: '/', origin: 'api', seed: SEED, ...more }
}

type Entity = Account[keyof Account] extends infer Member
  ? Member extends ReadonlyMap<string, infer E>
    ? E
    : never
  : never

/** Puts entities under their names. */
export function put(
  store: SqliteIdentityStore,
  kind: 'users' | 'groups' | 'roles' | 'policies' | 'mfaDevices',
  entity: Entity,
  account = ACCOUNT,
): Promise<void> {
  const name = kind === 'mfaDevices' ? entity.name : entity.name.toLowerCase()
  return store.change(account, (state) => ({
    account: { ...state, [kind]: new Map<string, Entity>(state[kind]).set(name, entity) },
    result: undefined,
  }))
}
