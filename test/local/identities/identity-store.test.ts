import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { emptyAccount, FileOwned, type Account, type ManagedPolicy } from '../../../local/identities/model.ts'
import { temporaryDirectories } from '../support/temporary-directory.ts'
import {
  ACCOUNT,
  allowing,
  deviceOf,
  groupOf,
  openIdentities,
  OTHER_ACCOUNT,
  put,
  roleOf,
  SEED,
  userOf,
} from './support/identity-fixture.ts'

const newDirectory = temporaryDirectories()
const key = (id: string, secretAccessKey = 'a-secret-of-somebody') =>
  ({ accessKeyId: id, secretAccessKey, status: 'Active', createdAt: 1, origin: 'api' }) as const
const policy: ManagedPolicy = {
  origin: 'api',
  id: 'ANPAREAD',
  name: 'Read',
  path: '/',
  arn: `arn:aws:iam::${ACCOUNT}:policy/Read`,
  createdAt: 1,
  description: 'reads',
  tags: [],
  versions: [{ id: 'v1', document: allowing('a:b'), createdAt: 1 }],
  defaultVersionId: 'v1',
}
const fileAccount = (more: Partial<Account>, id = ACCOUNT): ReadonlyMap<string, Account> =>
  new Map([[id, { ...emptyAccount(id), ...more }]])

describe('the identities of a data directory', () => {
  it('are all there after a restart, each with everything that it has', async () => {
    const path = join(newDirectory(), 'coffer.db')
    const { store, database } = openIdentities(path)
    await put(store, 'groups', groupOf('readers', { inline: new Map([['p', allowing('a:b')]]) }))
    await put(store, 'policies', policy)
    await put(store, 'roles', roleOf('App', { description: 'd', boundary: policy.arn, attached: [policy.arn] }))
    await put(
      store,
      'users',
      userOf('Alice', {
        inline: new Map([['read', allowing('c:d')]]),
        groups: ['readers'],
        tags: [{ key: 'team', value: 'blue' }],
        accessKeys: [key('AKIA1')],
        passwordHash: 'scrypt$',
        mfaDevices: ['arn:x'],
      }),
    )
    await put(store, 'mfaDevices', deviceOf('Phone', { user: 'Alice', lastStep: 7 }))
    await put(store, 'roles', roleOf('there', {}, OTHER_ACCOUNT), OTHER_ACCOUNT)
    const before = [store.account(ACCOUNT), store.account(OTHER_ACCOUNT)]
    database.close()

    const again = openIdentities(path)
    expect([again.store.account(ACCOUNT), again.store.account(OTHER_ACCOUNT)]).toEqual(before)
    expect(again.store.accounts()).toEqual([ACCOUNT, OTHER_ACCOUNT])
    again.database.close()
  }, 20_000)

  it('are durable when a change resolves: a copy of the files taken then has it', async () => {
    const [path, copy] = [join(newDirectory(), 'coffer.db'), join(newDirectory(), 'coffer.db')]
    const { store, database } = openIdentities(path)
    await put(store, 'users', userOf('alice'))
    const { writeFileSync } = await import('node:fs')
    for (const suffix of ['', '-wal']) writeFileSync(copy + suffix, readFileSync(path + suffix))
    const killed = openIdentities(copy)
    expect(killed.store.account(ACCOUNT).users.has('alice')).toBe(true)
    killed.database.close()
    database.close()
  })

  it('hold no secret in the clear: no secret key, seed, hash, name or policy is in the files', async () => {
    const path = join(newDirectory(), 'coffer.db')
    const { store, database } = openIdentities(path)
    const inline = new Map([['read', allowing('some:Action')]])
    await put(
      store,
      'users',
      userOf('alice', { accessKeys: [key('AKIA1', 'needle-of-a-key')], passwordHash: 'scrypt$needle', inline }),
    )
    await put(store, 'mfaDevices', deviceOf('Phone'))
    const texts = (): string => ['', '-wal'].map((suffix) => readFileSync(path + suffix, 'latin1')).join('')
    const isThere = (needle: string): boolean => texts().includes(needle)
    expect(isThere('alice')).toBe(true)
    for (const needle of ['needle', SEED, 'some:Action', 'AKIA1'])
      expect([needle, isThere(needle)]).toEqual([needle, false])
    database.close()
  })

  it('cannot be moved to another name or account in the database', async () => {
    const path = join(newDirectory(), 'coffer.db')
    const { store, database } = openIdentities(path)
    await put(store, 'users', userOf('alice'))
    await database.write(() => database.prepare("UPDATE identity SET name = 'bob'").run())
    database.close()
    expect(() => openIdentities(path)).toThrow()
  })

  it('change one after another, each on what the last has left', async () => {
    const { store } = openIdentities()
    await put(store, 'users', userOf('alice'))
    const add = (n: number) =>
      store.change(ACCOUNT, (account) => {
        const user = account.users.get('alice')!
        const tags = [...user.tags, { key: `k${n}`, value: '' }]
        return { account: { ...account, users: new Map([['alice', { ...user, tags }]]) }, result: tags.length }
      })
    expect(await Promise.all([add(1), add(2), add(3)])).toEqual([1, 2, 3])
    expect(store.account(ACCOUNT).users.get('alice')?.tags).toHaveLength(3)
  })

  it('stay as they were when a change throws, and the next one is not held up', async () => {
    const { store } = openIdentities()
    await put(store, 'users', userOf('alice'))
    const before = store.account(ACCOUNT)
    await expect(
      store.change(ACCOUNT, () => {
        throw new Error('refused')
      }),
    ).rejects.toThrow('refused')
    expect(store.account(ACCOUNT)).toBe(before)
    await put(store, 'users', userOf('bob'))
    expect([...store.account(ACCOUNT).users.keys()]).toEqual(['alice', 'bob'])
  })

  it('are the same value for as long as nothing changes', async () => {
    const { store } = openIdentities()
    await put(store, 'users', userOf('alice'))
    const before = store.account(ACCOUNT)
    expect(await store.change(ACCOUNT, (account) => ({ account, result: 'looked' }))).toBe('looked')
    expect(store.account(ACCOUNT)).toBe(before)
  })

  it('are found by access key, which belongs to one user alone', async () => {
    const { store } = openIdentities()
    await put(store, 'users', userOf('alice', { accessKeys: [key('AKIA1')] }))
    expect(store.findAccessKey('AKIA1')).toMatchObject({ user: { name: 'alice' }, account: { id: ACCOUNT } })
    for (const id of ['akia1', '', '__proto__']) expect(store.findAccessKey(id)).toBeUndefined()
    await expect(
      put(store, 'users', userOf('eve', { accessKeys: [key('AKIA1')] }, OTHER_ACCOUNT), OTHER_ACCOUNT),
    ).rejects.toThrow('one user alone')
    await put(store, 'users', userOf('alice'))
    expect(store.findAccessKey('AKIA1')).toBeUndefined()
  })
})

it('an entity that could not be read again is not written', async () => {
  const { store } = openIdentities()
  await expect(put(store, 'users', { ...userOf('alice'), more: 1 } as never)).rejects.toThrow('Unrecognized key')
  expect(store.account(ACCOUNT).users.size).toBe(0)
})

describe('the identities file over them', () => {
  const fromFile = userOf('Alice', { origin: 'file', accessKeys: [{ ...key('AKIAF'), origin: 'file' }] })
  const phone = deviceOf('phone', { origin: 'file', user: 'Alice' })

  it('adds its own to what the API has made, and takes only its own away', async () => {
    const { store, database } = openIdentities()
    await put(store, 'users', userOf('bob'))
    await store.replaceFile(fileAccount({ users: new Map([['alice', fromFile]]), organization: 'o-exampleorgid' }))
    expect([...store.account(ACCOUNT).users.keys()].sort()).toEqual(['alice', 'bob'])
    expect(store.account(ACCOUNT).organization).toBe('o-exampleorgid')
    expect(store.findAccessKey('AKIAF')?.user).toBe(fromFile)
    expect(database.prepare('SELECT kind, name FROM identity ORDER BY kind').all()).toEqual([
      { kind: 'ids', name: '' },
      { kind: 'users', name: 'bob' },
    ])

    await store.replaceFile(new Map())
    expect([...store.account(ACCOUNT).users.keys()]).toEqual(['bob'])
    expect(store.account(ACCOUNT).organization).toBeUndefined()
    expect(store.findAccessKey('AKIAF')).toBeUndefined()
  })

  it.each<[string, (account: Account) => Account]>([
    ['changed', (account) => ({ ...account, users: new Map([['alice', { ...fromFile, attached: ['arn:x'] }]]) })],
    ['deleted', (account) => ({ ...account, users: new Map() })],
    ['replaced', (account) => ({ ...account, users: new Map([['alice', userOf('Alice')]]) })],
    ['made', (account) => ({ ...account, users: new Map(account.users).set('x', userOf('x', { origin: 'file' })) })],
    [
      'changed in its seed',
      (account) => ({ ...account, mfaDevices: new Map([['phone', { ...phone, seed: 'other', lastStep: 9 }]]) }),
    ],
    [
      'taken off its user',
      (account) => ({
        ...account,
        mfaDevices: new Map([['phone', deviceOf('phone', { origin: 'file', lastStep: 9 })]]),
      }),
    ],
  ])('is not %s by the API', async (_, work) => {
    const { store } = openIdentities()
    await store.replaceFile(
      fileAccount({ users: new Map([['alice', fromFile]]), mfaDevices: new Map([['phone', phone]]) }),
    )
    const before = store.account(ACCOUNT)
    await expect(store.change(ACCOUNT, (account) => ({ account: work(account), result: undefined }))).rejects.toThrow(
      FileOwned,
    )
    expect(store.account(ACCOUNT)).toBe(before)
  })

  it('keeps the used codes of its devices over reloads and restarts', async () => {
    const path = join(newDirectory(), 'coffer.db')
    const file = fileAccount({ mfaDevices: new Map([['phone', phone]]) })
    const { store, database } = openIdentities(path)
    await store.replaceFile(file)
    await put(store, 'mfaDevices', { ...phone, lastStep: 42 })
    await store.replaceFile(file)
    expect(store.account(ACCOUNT).mfaDevices.get('phone')?.lastStep).toBe(42)
    database.close()
    const again = openIdentities(path)
    await again.store.replaceFile(file)
    expect(again.store.account(ACCOUNT).mfaDevices.get('phone')?.lastStep).toBe(42)
    again.database.close()
  })

  const mine = { origin: 'file' } as const
  const withPolicy = { ...policy, ...mine, id: 'ANPAFILE' }

  it.each<[string, Partial<Account>, readonly string[]]>([
    ['a user', { users: new Map([['bob', userOf('Bob', mine)]]) }, ['users/bob']],
    [
      'a user, and the MFA devices of its own',
      {
        users: new Map([['bob', userOf('Bob', mine)]]),
        mfaDevices: new Map([['key', deviceOf('key', { ...mine, user: 'Bob' })]]),
      },
      ['users/bob', 'mfaDevices/key'],
    ],
    [
      'a policy, and who has it',
      {
        policies: new Map([['read', withPolicy]]),
        groups: new Map([['g', groupOf('g', { ...mine, attached: [policy.arn] })]]),
        roles: new Map([['r', roleOf('r', { ...mine, boundary: policy.arn })]]),
        users: new Map([
          ['a', userOf('a', { ...mine, boundary: policy.arn })],
          ['m', userOf('m', { ...mine, groups: ['G'] })],
          ['free', userOf('free', mine)],
        ]),
      },
      ['policies/read', 'groups/g', 'users/a', 'users/m', 'roles/r'],
    ],
    [
      'a group, and who is in it',
      {
        groups: new Map([['readers', groupOf('Readers', mine)]]),
        users: new Map([['a', userOf('a', { ...mine, groups: ['Readers'] })]]),
      },
      ['groups/readers', 'users/a'],
    ],
    ['a role', { roles: new Map([['app', roleOf('App', mine)]]) }, ['roles/app']],
    [
      'an MFA device, and whose it is',
      {
        mfaDevices: new Map([['phone', deviceOf('phone', { ...mine, user: 'a' })]]),
        users: new Map([['a', userOf('a', { ...mine, mfaDevices: [deviceOf('phone').serialNumber] })]]),
      },
      ['users/a', 'mfaDevices/phone'],
    ],
  ])('leaves out what the API has made already: %s; the rest is in force', async (_, clashing, expected) => {
    const { store } = openIdentities()
    const made = [
      ['users', userOf('bob')],
      ['policies', policy],
      ['groups', groupOf('readers')],
      ['roles', roleOf('app')],
      ['mfaDevices', deviceOf('phone', { user: 'bob' })],
    ] as const
    for (const [kind, entity] of made) await put(store, kind, entity)
    await store.replaceFile(fileAccount({ users: new Map([['alice', fromFile]]) }))
    const others = [...(clashing.users ?? [])]
    const users = new Map([...others, ['carol', userOf('carol', mine)] as const])
    const { leftOut } = await store.replaceFile(fileAccount({ ...clashing, users }))
    expect(leftOut.map(({ kind, name }) => `${kind!}/${name!}`)).toEqual(expected)
    const account = store.account(ACCOUNT)
    for (const [kind, entity] of made) expect(account[kind].get(entity.name.toLowerCase())).toBe(entity)
    for (const one of expected) {
      const [kind, name] = one.split('/') as [(typeof made)[number][0], string]
      expect(account[kind].get(name)?.origin).not.toBe('file')
    }
    expect(account.users.has('carol')).toBe(true)
    expect(account.users.has('alice')).toBe(false)
  })

  it('leaves out an access key that another user has, and keeps the user', async () => {
    const { store } = openIdentities()
    await put(store, 'users', userOf('bob', { accessKeys: [key('AKIAB')] }))
    const user = userOf('x', { ...mine, accessKeys: [key('AKIAX'), key('AKIAB')] })
    const { leftOut } = await store.replaceFile(fileAccount({ users: new Map([['x', user]]) }, OTHER_ACCOUNT))
    expect(leftOut).toEqual([
      expect.objectContaining({ account: OTHER_ACCOUNT, kind: 'users', name: 'x', accessKey: 1 }),
    ])
    expect(store.findAccessKey('AKIAB')?.user.name).toBe('bob')
    expect(store.findAccessKey('AKIAX')?.user.name).toBe('x')
  })

  it('goes from under what hangs on it, which is told', async () => {
    const { store } = openIdentities()
    const group = groupOf('readers', mine)
    await store.replaceFile(
      fileAccount({ groups: new Map([['readers', group]]), policies: new Map([['read', withPolicy]]) }),
    )
    await put(store, 'users', userOf('bob', { groups: ['readers'], boundary: policy.arn }))
    const { lost } = await store.replaceFile(new Map())
    expect(lost.map(({ message }) => message)).toEqual([
      expect.stringContaining(
        `User "bob" of account ${ACCOUNT}, which the API has made, refers to policy ${policy.arn}`,
      ),
      expect.stringContaining('refers to group readers'),
    ])
    expect(store.account(ACCOUNT).groups.size).toBe(0)
  })

  it('keeps the unique ids of what it declares over restarts, sealed, and forgets those of what it does not', async () => {
    const path = join(newDirectory(), 'coffer.db')
    const file = fileAccount({ users: new Map([['alice', fromFile]]) })
    const ids = ({ store }: ReturnType<typeof openIdentities>) => [
      store.declaredId(ACCOUNT, 'users', 'ALICE'),
      store.declaredId(ACCOUNT, 'roles', 'alice'),
      store.declaredId(OTHER_ACCOUNT, 'users', 'alice'),
    ]
    const first = openIdentities(path)
    await first.store.replaceFile(file)
    expect(ids(first)).toEqual([fromFile.id, undefined, undefined])
    for (const suffix of ['', '-wal']) expect(readFileSync(path + suffix, 'latin1').includes(fromFile.id)).toBe(false)
    first.database.close()
    const second = openIdentities(path)
    expect(ids(second)).toEqual([fromFile.id, undefined, undefined])
    await second.store.replaceFile(fileAccount({}))
    expect(ids(second)).toEqual([undefined, undefined, undefined])
    second.database.close()
    const third = openIdentities(path)
    expect(ids(third)).toEqual([undefined, undefined, undefined])
    third.database.close()
  })

  it('is in force also where its unique ids cannot be written, which is told', async () => {
    const { store, database } = openIdentities()
    await store.replaceFile(fileAccount({ users: new Map([['alice', fromFile]]) }))
    database.close()
    await expect(store.replaceFile(new Map())).rejects.toThrow('closed')
    expect(store.account(ACCOUNT).users.size).toBe(0)
    expect(store.declaredId(ACCOUNT, 'users', 'alice')).toBeUndefined()
  })
})

it('a change of several accounts is on the disk as a whole or not at all', async () => {
  const { store, database } = openIdentities()
  const both = (second: object) =>
    store.changeAll((account) => ({
      accounts: [
        { ...account(ACCOUNT), users: new Map([['alice', userOf('alice')]]) },
        { ...account(OTHER_ACCOUNT), users: new Map([['bob', { ...userOf('bob'), ...second }]]) },
      ],
      result: undefined,
    }))
  await expect(both({ more: 1 })).rejects.toThrow('Unrecognized key')
  expect(store.accounts()).toEqual([])
  const writes = jest.spyOn(database, 'write')
  await both({})
  expect(writes).toHaveBeenCalledTimes(1)
  expect(store.accounts()).toEqual([ACCOUNT, OTHER_ACCOUNT])
})
