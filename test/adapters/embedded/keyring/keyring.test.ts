import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KeyRecord } from '../../../../lambda/adapters/embedded/keyring/key-record.ts'
import * as states from '../../../../lambda/adapters/embedded/keyring/key-states.ts'
import type { Keyring } from '../../../../lambda/adapters/embedded/keyring/keyring.ts'
import type { KeyringFixture } from '../../../support/keyring-fixture.ts'
import { DAY, failureOf, keyringFixture, otherRegion, place } from '../../../support/keyring-fixture.ts'

let fixture: KeyringFixture
let keyring: Keyring
beforeEach(async () => {
  fixture = await keyringFixture()
  keyring = fixture.keyring
})
afterEach(() => fixture.database.close())

const context = { purpose: 'test' }
const otherAccount = { ...place, account: '999988887777' }
const create = (multiRegion = false): Promise<KeyRecord> => keyring.create({ place, owner: 'customer', multiRegion })
const encrypt = (key: KeyRecord, text = 'hello'): Promise<Buffer> =>
  keyring.encrypt(keyring.usableKey(key, key.arn), Buffer.from(text), context)
const decrypt = (key: { account: string; region: string; arn: string }, blob: Buffer): string =>
  keyring.decrypt(keyring.usableKey(key, key.arn), blob, context).toString()

describe('using a key', () => {
  it('works from the cache and from the file alike', async () => {
    const key = await create()
    const blob = await encrypt(key)
    expect(decrypt(key, blob)).toBe('hello')
    keyring = fixture.again()
    expect(decrypt(key, blob)).toBe('hello')
  })

  it('stays right when far more keys are used than the cache holds', async () => {
    const small = await keyringFixture({ cachedKeys: 4 })
    keyring = small.keyring
    const keys = await Promise.all(Array.from({ length: 20 }, () => create()))
    const blobs = await Promise.all(keys.map((key, index) => encrypt(key, `value ${index}`)))
    for (let round = 0; round < 2; round++)
      keys.forEach((key, index) => expect(decrypt(key, blobs[index]!)).toBe(`value ${index}`))
    small.database.close()
  })

  it('tells a blob of another key from a damaged one', async () => {
    const [key, other] = [await create(), await create()]
    const blob = await encrypt(key)
    expect((await failureOf(() => decrypt(other, blob))).code).toBe('IncorrectKeyException')
    blob.writeUInt8(blob.readUInt8(10) ^ 1, 10)
    expect((await failureOf(() => decrypt(other, blob))).code).toBe('InvalidCiphertextException')
    expect((await failureOf(() => decrypt(key, blob))).code).toBe('InvalidCiphertextException')
  })

  it('finds the key by the blob alone, in its own Region', async () => {
    const key = await create()
    const blob = await encrypt(key)
    for (const here of [place, otherAccount]) expect(keyring.keyOfBlob(here, blob).arn).toBe(key.arn)
    expect(await failureOf(() => keyring.keyOfBlob(otherRegion, blob))).toMatchObject({
      code: 'AccessDeniedException',
      message: expect.stringContaining('The ciphertext refers to a customer master key that does not exist') as string,
    })
  })

  it('finds a key of another account by an ARN, and by nothing else', async () => {
    const key = await create()
    await keyring.createAlias(key, 'alias/app')
    const aliasArn = 'arn:aws:kms:us-east-1:111122223333:alias/app'
    for (const keyId of [key.arn, aliasArn]) {
      expect(keyring.usableKey(otherAccount, keyId).arn).toBe(key.arn)
      expect(keyring.find(otherAccount, keyId).arn).toBe(key.arn)
    }
    for (const keyId of [key.id, 'alias/app'])
      expect((await failureOf(() => keyring.usableKey(otherAccount, keyId))).code).toBe('NotFoundException')
  })

  it("does not tell of another account's keys and aliases that they are not there", async () => {
    const { arn } = await create()
    const missing = [arn.replace(/.{12}$/, '000000000000'), 'arn:aws:kms:us-east-1:111122223333:alias/none']
    for (const keyId of missing)
      for (const look of [() => keyring.usableKey(otherAccount, keyId), () => keyring.find(otherAccount, keyId)])
        expect(await failureOf(look)).toMatchObject({ code: 'AccessDeniedException', forbidden: keyId })
  })

  it('is never answered from the cache for a caller of another Region', async () => {
    const key = await create()
    await encrypt(key)
    expect((await failureOf(() => keyring.usableKey(otherRegion, key.arn))).code).toBe('NotFoundException')
  })
})

describe('the description of a key', () => {
  const described = (key: KeyRecord) => keyring.describe(place, key.arn).description

  it('is never older than the last change', async () => {
    const key = await create()
    expect(described(key)).toMatchObject({ arn: key.arn, tags: [], aliases: [] })
    await keyring.change(key, (record) => ({ ...record, tags: [{ key: 'a', value: 'b' }] }))
    expect(described(key).tags).toEqual([{ key: 'a', value: 'b' }])
    const policy = `{"Statement":{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}}`
    await keyring.setPolicy(key, { text: policy, principals: [['arn:aws:iam::111122223333:user/dev', 'AIDADEV']] })
    expect(described(key)).toMatchObject({
      policy,
      principalIds: new Map([['arn:aws:iam::111122223333:user/dev', 'AIDADEV']]),
    })
    await keyring.createAlias(key, 'alias/app')
    expect(described(key).aliases).toEqual(['alias/app'])
  })

  it.each([[[]], [[['arn:aws:iam::111122223333:user/dev', 'AIDADEV']]]] as const)(
    'has the policy and whom it names from the file, however the policy came there: %j',
    async (principals) => {
      const text = `\n{"Statement":{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}} `
      const policy = { text, principals }
      const made = await keyring.create({ place, owner: 'customer', multiRegion: true, policy })
      const replica = await keyring.replicate(made, { region: otherRegion.region, policy })
      const changed = await create()
      await keyring.setPolicy(changed, policy)
      for (const { region, arn } of [made, replica, changed])
        expect(fixture.again().describe({ ...place, region }, arn).description).toMatchObject({
          policy: text,
          principalIds: new Map(principals),
        })
    },
  )

  it('has nobody named in a policy that was stored before names were kept', async () => {
    const key = await create()
    const text = `{"Statement":{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}}`
    const { database } = fixture
    await database.write(() => database.prepare('UPDATE kms_keys SET policy = ? WHERE id = ?').run(text, key.id))
    expect(described(key)).toMatchObject({ policy: text, principalIds: new Map() })
  })

  it('is of the key that an alias stands for now', async () => {
    const [key, other] = [await create(), await create()]
    await keyring.createAlias(key, 'alias/app')
    expect(keyring.describe(place, 'alias/app').description.arn).toBe(key.arn)
    await keyring.updateAlias(other, 'alias/app')
    expect(keyring.describe(place, 'alias/app').description.arn).toBe(other.arn)
  })

  it('ends with the key', async () => {
    const key = await create()
    described(key)
    await keyring.scheduleDeletion(key, 7)
    described(key)
    fixture.clock.advance(7 * DAY)
    expect((await failureOf(() => described(key))).code).toBe('NotFoundException')
  })
})

describe('material at rest', () => {
  it('cannot be moved to another row', async () => {
    const [key, other] = [await create(), await create()]
    await fixture.database.write(() =>
      fixture.database
        .prepare('UPDATE kms_keys SET material = (SELECT material FROM kms_keys WHERE id = ?) WHERE id = ?')
        .run(key.id, other.id),
    )
    keyring = fixture.again()
    expect(await failureOf(() => keyring.usableKey(place, other.arn))).toMatchObject({
      code: 'KMSInternalException',
      message: `The key material of ${other.arn} cannot be opened.`,
    })
    expect(keyring.usableKey(place, key.arn).arn).toBe(key.arn)
  })

  it('cannot swap its generations', async () => {
    const key = await create()
    await keyring.change(key, (record, now) => states.rotationEnabled(record, 90, now))
    fixture.clock.advance(90 * DAY)
    await keyring.sweep()
    const { material } = keyring.read(key)
    const swapped = Buffer.concat([material.subarray(60), material.subarray(0, 60)])
    await fixture.database.write(() => fixture.database.prepare('UPDATE kms_keys SET material = ?').run(swapped))
    keyring = fixture.again()
    expect((await failureOf(() => keyring.usableKey(place, key.arn))).code).toBe('KMSInternalException')
  })
})

describe('the states of a key', () => {
  it('apply at once, also to what is cached', async () => {
    const key = await create()
    const blob = await encrypt(key)
    await keyring.change(key, states.disabled)
    expect(await failureOf(() => decrypt(key, blob))).toMatchObject({
      code: 'DisabledException',
      message: `${key.arn} is disabled.`,
    })
    expect((await failureOf(encrypt(key))).code).toBe('DisabledException')
    await keyring.change(key, states.enabled)
    expect(decrypt(key, blob)).toBe('hello')
    await keyring.scheduleDeletion(key, 7)
    expect(await failureOf(() => decrypt(key, blob))).toMatchObject({
      code: 'KMSInvalidStateException',
      message: `${key.arn} is pending deletion.`,
    })
  })

  it('refuse to leave a pending deletion except by cancelling it, which leaves the key disabled', async () => {
    const key = await create()
    const { deletionAt } = await keyring.scheduleDeletion(key, undefined)
    expect(deletionAt).toBe(fixture.clock.now() + 30 * DAY)
    for (const transition of [states.enabled, states.disabled])
      expect((await failureOf(keyring.change(key, transition))).code).toBe('KMSInvalidStateException')
    expect((await failureOf(keyring.scheduleDeletion(key, 7))).code).toBe('KMSInvalidStateException')
    expect(await keyring.change(key, states.deletionCancelled)).toMatchObject({
      state: 'Disabled',
      deletionAt: undefined,
      windowDays: undefined,
    })
    expect((await failureOf(keyring.change(key, states.deletionCancelled))).message).toBe(
      `${key.arn} is not pending deletion.`,
    )
  })

  it.each([6, 31])('refuse a waiting period of %d days', async (days) => {
    const key = await create()
    expect(await failureOf(keyring.scheduleDeletion(key, days))).toMatchObject({
      code: 'ValidationException',
      message: expect.stringContaining(`Value '${days}' at 'pendingWindowInDays'`) as string,
    })
    expect(keyring.read(key).state).toBe('Enabled')
  })

  it('end at the deletion date by the clock, before any sweep', async () => {
    const key = await create()
    await keyring.scheduleDeletion(key, 7)
    fixture.clock.advance(7 * DAY - 1)
    expect(keyring.read(key).state).toBe('PendingDeletion')
    fixture.clock.advance(1)
    const missing = { code: 'NotFoundException', message: `Key '${key.arn}' does not exist` }
    expect(await failureOf(() => keyring.read(key))).toMatchObject(missing)
    expect(await failureOf(() => keyring.usableKey(place, key.arn))).toMatchObject(missing)
    expect(await failureOf(keyring.change(key, states.deletionCancelled))).toMatchObject(missing)
    expect(keyring.list(place, { after: '', limit: 10 })).toEqual([])
  })
})

describe('a sweep', () => {
  it('removes what is due, with its aliases, and nothing else', async () => {
    const [due, later, kept] = [await create(), await create(), await create()]
    await keyring.createAlias(due, 'alias/due')
    await keyring.scheduleDeletion(due, 7)
    await keyring.scheduleDeletion(later, 8)
    fixture.clock.advance(7 * DAY)
    expect(await keyring.sweep()).toEqual({ destroyed: 1, rotated: 0 })
    expect(await keyring.sweep()).toEqual({ destroyed: 0, rotated: 0 })
    expect(fixture.database.prepare('SELECT id FROM kms_keys ORDER BY id').all()).toEqual(
      [later.id, kept.id].sort().map((id) => ({ id })),
    )
    expect((await failureOf(() => keyring.resolve(place, 'alias/due'))).code).toBe('NotFoundException')
  })

  it('leaves no byte of the sealed material in the file or its log', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'coffer-keyring-'))
    const path = join(directory, 'coffer.db')
    const onDisk = await keyringFixture({ path })
    keyring = onDisk.keyring
    const keys = await Promise.all(Array.from({ length: 200 }, () => create()))
    const holds = (bytes: Uint8Array): boolean =>
      [path, `${path}-wal`].some((name) => readFileSync(name).includes(Buffer.from(bytes)))
    expect(holds(keys[0]!.material)).toBe(true)
    await Promise.all(keys.slice(0, 150).map((key) => keyring.scheduleDeletion(key, 7)))
    onDisk.clock.advance(7 * DAY)
    expect(await keyring.sweep()).toEqual({ destroyed: 150, rotated: 0 })
    expect(keys.slice(0, 150).filter(({ material }) => holds(material))).toHaveLength(0)
    expect(keys.slice(150).every(({ material }) => holds(material))).toBe(true)
    onDisk.database.close()
    rmSync(directory, { recursive: true })
  })
})

describe('rotation of the material', () => {
  const rotating = async (key: KeyRecord): Promise<KeyRecord> =>
    keyring.change(key, (record, now) => states.rotationEnabled(record, 90, now))

  it('happens at the first use after its date, and old ciphertexts still open', async () => {
    const key = await rotating(await create())
    const old = await encrypt(key, 'old')
    fixture.clock.advance(90 * DAY)
    const [a, b] = await Promise.all([encrypt(key, 'a'), encrypt(key, 'b')])
    expect([old, a, b].map((blob) => blob.readUInt16BE(24))).toEqual([0, 1, 1])
    for (const ring of [keyring, fixture.again()]) {
      keyring = ring
      expect([old, a, b].map((blob) => decrypt(key, blob))).toEqual(['old', 'a', 'b'])
    }
    expect(await keyring.rotationOf(key)).toEqual({ periodDays: 90, nextAt: fixture.clock.now() + 90 * DAY })
  })

  it('happens in a sweep for keys that nobody uses, but not while they are disabled', async () => {
    const [key, idle] = [await rotating(await create()), await rotating(await create())]
    await keyring.change(idle, states.disabled)
    fixture.clock.advance(90 * DAY)
    expect(await keyring.sweep()).toEqual({ destroyed: 0, rotated: 1 })
    expect((await encrypt(key)).readUInt16BE(24)).toBe(1)
    await keyring.change(idle, states.enabled)
    expect((await encrypt(idle)).readUInt16BE(24)).toBe(1)
  })

  it('cannot be forged by naming a generation that is not there', async () => {
    const key = await create()
    const blob = await encrypt(key)
    blob.writeUInt16BE(1, 24)
    expect((await failureOf(() => decrypt(key, blob))).code).toBe('InvalidCiphertextException')
  })

  it('counts a changed period from the same day', async () => {
    const key = await rotating(await create())
    fixture.clock.advance(30 * DAY)
    const { rotation } = await keyring.change(key, (record, now) => states.rotationEnabled(record, 100, now))
    expect(rotation).toEqual({ periodDays: 100, nextAt: fixture.clock.now() + 70 * DAY })
  })
})

describe('a multi-Region key', () => {
  it('opens in the Region of its replica what it sealed in its own, and the other way round', async () => {
    const primary = await create(true)
    const replica = await keyring.replicate(primary, { region: otherRegion.region })
    expect(replica.id).toBe(primary.id)
    expect(decrypt(replica, await encrypt(primary, 'one'))).toBe('one')
    expect(decrypt(primary, await encrypt(replica, 'two'))).toBe('two')
    expect(keyring.familyOf(replica)).toEqual({ primaryRegion: 'us-east-1', replicaRegions: ['eu-west-1'] })
    expect(keyring.familyOf(primary)).toEqual({ primaryRegion: 'us-east-1', replicaRegions: ['eu-west-1'] })
  })

  it('has states of its own in each Region', async () => {
    const primary = await create(true)
    const replica = await keyring.replicate(primary, { region: otherRegion.region })
    const blob = await encrypt(primary)
    await keyring.change(primary, states.disabled)
    expect((await failureOf(() => decrypt(primary, blob))).code).toBe('DisabledException')
    expect(decrypt(replica, blob)).toBe('hello')
  })

  it('takes its replicas along when the material rotates', async () => {
    const primary = await create(true)
    const replica = await keyring.replicate(primary, { region: otherRegion.region })
    expect(decrypt(replica, await encrypt(primary, 'old'))).toBe('old')
    await keyring.change(primary, (key, now) => states.rotationEnabled(key, 90, now))
    fixture.clock.advance(90 * DAY)
    const blob = await encrypt(primary, 'new')
    expect(blob.readUInt16BE(24)).toBe(1)
    expect(decrypt(replica, blob)).toBe('new')
    expect(await keyring.rotationOf(replica)).toEqual(await keyring.rotationOf(primary))
    expect((await failureOf(keyring.change(replica, states.rotationDisabled))).code).toBe(
      'UnsupportedOperationException',
    )
  })

  it('waits for its last replica before its own waiting period starts', async () => {
    const primary = await create(true)
    const replica = await keyring.replicate(primary, { region: otherRegion.region })
    expect(await keyring.scheduleDeletion(primary, 10)).toMatchObject({
      state: 'PendingReplicaDeletion',
      deletionAt: undefined,
    })
    fixture.clock.advance(100 * DAY)
    await keyring.sweep()
    expect(keyring.read(primary).state).toBe('PendingReplicaDeletion')
    await keyring.scheduleDeletion(replica, 7)
    fixture.clock.advance(7 * DAY)
    await keyring.sweep()
    expect(keyring.read(primary)).toMatchObject({
      state: 'PendingDeletion',
      deletionAt: fixture.clock.now() + 10 * DAY,
    })
  })

  it('is replicated once to a Region, from its primary only', async () => {
    const primary = await create(true)
    const replica = await keyring.replicate(primary, { region: otherRegion.region })
    expect((await failureOf(keyring.replicate(primary, { region: otherRegion.region }))).code).toBe(
      'AlreadyExistsException',
    )
    expect((await failureOf(keyring.replicate(replica, { region: 'us-west-2' }))).code).toBe(
      'UnsupportedOperationException',
    )
    const single = await create()
    expect((await failureOf(keyring.replicate(single, { region: 'us-west-2' }))).code).toBe(
      'UnsupportedOperationException',
    )
  })

  it('can be replicated again as soon as the replica is gone', async () => {
    const primary = await create(true)
    const replica = await keyring.replicate(primary, { region: otherRegion.region })
    await keyring.scheduleDeletion(replica, 7)
    fixture.clock.advance(7 * DAY)
    expect(keyring.familyOf(primary)?.replicaRegions).toEqual([])
    const again = await keyring.replicate(primary, { region: otherRegion.region })
    expect(decrypt(again, await encrypt(primary))).toBe('hello')
  })
})

describe('an alias', () => {
  it('names a key until it points to another one', async () => {
    const [first, second] = [await create(), await create()]
    await keyring.createAlias(first, 'alias/app')
    expect(keyring.usableKey(place, 'alias/app').arn).toBe(first.arn)
    await keyring.updateAlias(second, 'alias/app')
    expect(keyring.usableKey(place, 'arn:aws:kms:us-east-1:111122223333:alias/app').arn).toBe(second.arn)
    expect((await failureOf(() => keyring.usableKey(otherRegion, 'alias/app'))).message).toBe(
      'Alias arn:aws:kms:eu-west-1:111122223333:alias/app is not found.',
    )
  })

  it('is won by one of two that want the same name', async () => {
    const keys = [await create(), await create()]
    const results = await Promise.allSettled(keys.map((key) => keyring.createAlias(key, 'alias/app')))
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect(results[1]).toMatchObject({ reason: { code: 'AlreadyExistsException' } })
  })
})

describe('the shared key of an account and Region', () => {
  it('is made once, however many ask at the same time', async () => {
    const ask = (where = place): Promise<string> => keyring.sharedKey(where, 'alias/aws/secretsmanager', 'text')
    const arns = await Promise.all(Array.from({ length: 10 }, () => ask()))
    expect(new Set(arns).size).toBe(1)
    expect(await ask()).toBe(arns[0])
    expect(await ask(otherRegion)).not.toBe(arns[0])
    expect(fixture.database.prepare('SELECT count(*) AS n FROM kms_keys').get()).toEqual({ n: 2 })
  })
})
