import { createSecretKey } from 'node:crypto'
import { Database } from '../../../lambda/adapters/embedded/database.ts'
import { systemEntropy } from '../../../lambda/adapters/system-entropy.ts'
import { adminCredentials, AdminStore, identitySchema } from '../../../local/identities/admin.ts'
import { sealerOf } from '../../../local/identities/sealer.ts'

const sealer = sealerOf(createSecretKey(Buffer.alloc(32, 1)))
const wish = { defaultAccount: '123456789012' }
const chosen = { accessKeyId: 'AKIACHOSENCHOSENCHOS', secretAccessKey: 'chosen-secret' }

let database: Database
beforeEach(() => {
  database = new Database({ path: ':memory:', migrations: [identitySchema] })
})
afterEach(() => database.close())

const storeOf = (seal = sealer) => new AdminStore({ database, sealer: seal, entropy: systemEntropy, now: () => 1 })

describe('the admin of a data directory', () => {
  it('is made on the first start and is the same on the next', async () => {
    const first = await storeOf().ensure(wish)
    const second = await storeOf().ensure(wish)
    expect(first.isNew).toBe(true)
    expect(first.admin.account).toBe('123456789012')
    expect(second).toEqual({ admin: first.admin, isNew: false })
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
  })

  it('gets another access key when it is renewed, and the old one is gone', async () => {
    const { admin } = await storeOf().ensure(wish)
    const renewed = await storeOf().renew()
    expect(renewed).toMatchObject({ account: admin.account, userId: admin.userId })
    expect(renewed?.accessKeyId).not.toBe(admin.accessKeyId)
    expect(storeOf().load()).toEqual(renewed)
  })

  it('cannot be renewed before there is one', async () => {
    expect(await storeOf().renew()).toBeUndefined()
  })

  it('has its secret sealed: not in the rows, not for another master key, not for another account', async () => {
    const { admin } = await storeOf().ensure(wish)
    const row = JSON.stringify(database.prepare('SELECT * FROM access_key').get(), (_, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
    )
    expect(row).toContain(admin.accessKeyId)
    expect(row).not.toContain(admin.secretAccessKey)
    expect(() => storeOf(sealerOf(createSecretKey(Buffer.alloc(32, 2)))).load()).toThrow()
    await database.write(() => database.prepare("UPDATE access_key SET account = '999999999999'").run())
    expect(() => storeOf().load()).toThrow()
  })
})

describe('the credential of the admin', () => {
  it('is found by its own access key id and by no other, an account id included', async () => {
    const { admin } = await storeOf().ensure(wish)
    const credentials = adminCredentials(admin)
    expect(credentials.find(admin.accessKeyId)).toMatchObject({
      isAdmin: true,
      principal: { arn: 'arn:aws:iam::123456789012:user/admin', account: '123456789012', userId: admin.userId },
    })
    for (const id of ['', admin.account, admin.accessKeyId.toLowerCase(), '__proto__'])
      expect(credentials.find(id)).toBeUndefined()
  })
})
