import { createSecretKey } from 'node:crypto'
import { Database } from '../../../lambda/adapters/embedded/database.ts'
import { systemEntropy } from '../../../lambda/adapters/system-entropy.ts'
import { AdminProblem, AdminStore } from '../../../local/identities/admin.ts'
import { SqliteIdentityStore } from '../../../local/identities/identity-store.ts'
import type { User } from '../../../local/identities/model.ts'
import { identitySchema, identityStoreSchema } from '../../../local/identities/schema.ts'
import { sealerOf } from '../../../local/identities/sealer.ts'
import { deviceOf, put, userOf } from './support/identity-fixture.ts'

const sealer = sealerOf(createSecretKey(Buffer.alloc(32, 1)))
const ACCOUNT = '123456789012'
const wish = { defaultAccount: ACCOUNT }
const chosen = { accessKeyId: 'AKIACHOSENCHOSENCHOS', secretAccessKey: 'chosen-secret' }

let database: Database
beforeEach(() => {
  database = new Database({ path: ':memory:', migrations: [identitySchema, identityStoreSchema] })
})
afterEach(() => database.close())

const identityStore = (seal = sealer): SqliteIdentityStore => new SqliteIdentityStore({ database, sealer: seal })
/** As after a restart, each time. */
const storeOf = (store = identityStore(), seal = sealer) =>
  new AdminStore({ store, database, sealer: seal, entropy: systemEntropy, now: () => 1 })

const legacyRow = async (secret = 'an-old-secret', seal = sealer): Promise<void> => {
  const sealed = seal.seal(Buffer.from(secret), `access-key/${ACCOUNT}/AIDAOLD/AKIAOLD`)
  await database.write(() =>
    database
      .prepare('INSERT INTO access_key VALUES (?, ?, ?, ?, ?, ?)')
      .run('AKIAOLD', ACCOUNT, 'admin', 'AIDAOLD', sealed, 1),
  )
}

describe('the admin of a data directory', () => {
  it('is made on the first start and is the same on the next', async () => {
    const first = await storeOf().ensure(wish)
    const second = await storeOf().ensure(wish)
    expect(first.isNew).toBe(true)
    expect(first.admin.account).toBe(ACCOUNT)
    expect(second).toEqual({ admin: first.admin, isNew: false })
  })

  it('is the only identity at first: a user who may do everything, and whose key administers Coffer', async () => {
    const { admin } = await storeOf().ensure(wish)
    const store = identityStore()
    expect(store.accounts()).toEqual([ACCOUNT])
    const { users, groups, roles, policies, mfaDevices } = store.account(ACCOUNT)
    expect([groups.size, roles.size, policies.size, mfaDevices.size]).toEqual([0, 0, 0, 0])
    expect([...users.values()]).toEqual([
      expect.objectContaining({
        name: 'admin',
        id: admin.userId,
        arn: `arn:aws:iam::${ACCOUNT}:user/admin`,
        attached: ['arn:aws:iam::aws:policy/AdministratorAccess'],
        accessKeys: [expect.objectContaining({ accessKeyId: admin.accessKeyId, isAdmin: true })],
      }),
    ])
  })

  it('takes a chosen access key at any start, keeping the user', async () => {
    const first = await storeOf().ensure(wish)
    const second = await storeOf().ensure({ ...wish, accessKey: chosen })
    expect(second).toEqual({ admin: { ...first.admin, ...chosen }, isNew: false })
    expect(storeOf().load()).toEqual(second.admin)
  })

  it('keeps its account unless another is asked for', async () => {
    await storeOf().ensure({ ...wish, account: '111111111111' })
    expect((await storeOf().ensure(wish)).admin.account).toBe('111111111111')
    expect((await storeOf().ensure({ ...wish, account: '222222222222' })).admin.account).toBe('222222222222')
    expect(identityStore().accounts()).toEqual(['222222222222'])
  })

  it('does not move to an account that has a user of its name', async () => {
    const { admin } = await storeOf().ensure({ ...wish, account: '111111111111' })
    const store = identityStore()
    await store.change('222222222222', (account) => {
      const user = [...store.account('111111111111').users.values()][0]!
      return { account: { ...account, users: new Map([['admin', { ...user, accessKeys: [] }]]) }, result: undefined }
    })
    await expect(storeOf(store).ensure({ ...wish, account: '222222222222' })).rejects.toThrow(
      'has a user "admin" already',
    )
    expect(storeOf().load()).toEqual(admin)
  })

  it('gets another access key when it is renewed, with all rights again, and the old one is gone', async () => {
    const { admin } = await storeOf().ensure(wish)
    await identityStore().change(ACCOUNT, (account) => {
      const user = account.users.get('admin')!
      return { account: { ...account, users: new Map([['admin', { ...user, attached: [] }]]) }, result: undefined }
    })
    const renewed = await storeOf().renew()
    expect(renewed).toMatchObject({ account: admin.account, userId: admin.userId })
    expect(renewed?.accessKeyId).not.toBe(admin.accessKeyId)
    expect(storeOf().load()).toEqual(renewed)
    const store = identityStore()
    expect(store.findAccessKey(admin.accessKeyId)).toBeUndefined()
    expect(store.account(ACCOUNT).users.get('admin')?.attached).toEqual(['arn:aws:iam::aws:policy/AdministratorAccess'])
  })

  it('has nothing that takes rights away once it is renewed', async () => {
    const { admin } = await storeOf().ensure(wish)
    const deny = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}'
    await identityStore().change(ACCOUNT, (account) => {
      const user: User = {
        ...account.users.get('admin')!,
        inline: new Map([['no', deny]]),
        groups: ['nobodies'],
        attached: [`arn:aws:iam::${ACCOUNT}:policy/no`],
        boundary: `arn:aws:iam::${ACCOUNT}:policy/no`,
        tags: [{ key: 'a', value: 'b' }],
      }
      return { account: { ...account, users: new Map([['admin', user]]) }, result: undefined }
    })
    await storeOf().renew()
    const user = identityStore().account(ACCOUNT).users.get('admin')
    expect(user).toMatchObject({
      id: admin.userId,
      inline: new Map(),
      groups: [],
      attached: ['arn:aws:iam::aws:policy/AdministratorAccess'],
      tags: [{ key: 'a', value: 'b' }],
    })
    expect(user).not.toHaveProperty('boundary')
  })

  it('takes its MFA devices along to nobody when it moves, in the same step', async () => {
    await storeOf().ensure({ ...wish, account: '111111111111' })
    const first = identityStore()
    const device = deviceOf('phone', { user: 'Admin' }, '111111111111')
    await put(first, 'mfaDevices', device, '111111111111')
    await put(first, 'mfaDevices', deviceOf('other', { user: 'bob' }, '111111111111'), '111111111111')
    const writes = jest.spyOn(database, 'write')
    await storeOf(first).ensure({ ...wish, account: '222222222222' })
    expect(writes).toHaveBeenCalledTimes(1)
    expect([...identityStore().account('111111111111').mfaDevices.keys()]).toEqual(['other'])
  })

  it.each(['222222222222', '111111111111'])(
    'is as it was where another user has the key that it is to have, in account %s',
    async (account) => {
      const { admin } = await storeOf().ensure({ ...wish, account: '111111111111' })
      const store = identityStore()
      const key = { ...chosen, status: 'Active', createdAt: 1, origin: 'api' } as const
      await put(store, 'users', userOf('bob', { accessKeys: [key] }), '333333333333')
      await expect(storeOf(store).ensure({ ...wish, account, accessKey: chosen })).rejects.toThrow(AdminProblem)
      expect(storeOf().load()).toEqual(admin)
    },
  )

  it('may take another key of its own user', async () => {
    const { admin } = await storeOf().ensure(wish)
    const store = identityStore()
    const key = { ...chosen, status: 'Active', createdAt: 1, origin: 'api' } as const
    const user = store.account(ACCOUNT).users.get('admin')!
    await put(store, 'users', { ...user, accessKeys: [...user.accessKeys, key] })
    await storeOf(store).ensure({ ...wish, accessKey: chosen })
    expect(storeOf().load()).toEqual({ ...admin, ...chosen })
    expect(identityStore().account(ACCOUNT).users.get('admin')?.accessKeys).toHaveLength(1)
  })

  it('cannot be renewed before there is one', async () => {
    expect(await storeOf().renew()).toBeUndefined()
  })

  it('has its secret sealed: not in the rows, not for another master key, not for another account', async () => {
    const { admin } = await storeOf().ensure(wish)
    const row = JSON.stringify(database.prepare('SELECT * FROM identity').all(), (_, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
    )
    expect(row).toContain(ACCOUNT)
    expect(row).not.toContain(admin.secretAccessKey)
    expect(() => identityStore(sealerOf(createSecretKey(Buffer.alloc(32, 2))))).toThrow()
    await database.write(() => database.prepare("UPDATE identity SET account = '999999999999'").run())
    expect(() => identityStore()).toThrow()
  })
})

describe('the admin of a directory from before there were identities', () => {
  it('becomes a user with the same id and key, and its old row goes', async () => {
    await legacyRow()
    await storeOf().migrate()
    const admin = { account: ACCOUNT, userId: 'AIDAOLD', accessKeyId: 'AKIAOLD', secretAccessKey: 'an-old-secret' }
    expect(storeOf().load()).toEqual(admin)
    expect(database.prepare('SELECT count(*) AS n FROM access_key').get()).toEqual({ n: 0 })
    expect(await storeOf().ensure(wish)).toEqual({ admin, isNew: false })
  })

  it('is not taken over again after a crash between the two', async () => {
    await legacyRow()
    await storeOf().migrate()
    const renewed = await storeOf().renew()
    await legacyRow()
    await storeOf().migrate()
    expect(storeOf().load()).toEqual(renewed)
    expect(database.prepare('SELECT count(*) AS n FROM access_key').get()).toEqual({ n: 0 })
  })

  it('is refused under another master key', async () => {
    await legacyRow('an-old-secret', sealerOf(createSecretKey(Buffer.alloc(32, 2))))
    await expect(storeOf().migrate()).rejects.toThrow()
    expect(database.prepare('SELECT count(*) AS n FROM access_key').get()).toEqual({ n: 1 })
  })
})
