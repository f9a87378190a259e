import { StoreFailure } from '../../../lambda/core/ports/secret-store.ts'
import { ACCOUNT, token } from '../../support/coffer.ts'
import { EU, keyIn, makeRegions, MINUTE, NAME, withMethods, type Regions } from './support/regions.ts'

let regions: Regions
beforeEach(async () => {
  regions = makeRegions()
  await regions.create({ ClientRequestToken: token('first') }, EU)
  await regions.call('PutSecretValue', { SecretId: NAME, SecretString: 'second' })
  await regions.settle()
})
afterEach(() => regions.close())

const promote = () => regions.call('StopReplicationToReplica', { SecretId: NAME }, EU)

describe('SM-REPLICA-10 a promoted secret', () => {
  it('gets a key of its own, under which all its versions are sealed again', async () => {
    const { serviceKeyArn: former = '' } = await regions.headIn(EU)
    await promote()
    await regions.settle()
    const head = await regions.headIn(EU)
    expect(head.serviceKeyArn).not.toBe(former)
    expect(head.replication).not.toHaveProperty('borrowsKey')
    expect(regions.keys.retired).toEqual([former])
    regions.keys.passWindow()
    expect(await regions.value(EU)).toBe('second')
    expect(await regions.value(EU, { VersionId: token('first') })).toBe('first')
    expect(await regions.value('us-east-1')).toBe('second')
  })

  it('shows nothing of it', async () => {
    await promote()
    const shown = await regions.call('DescribeSecret', { SecretId: NAME }, EU)
    await regions.settle()
    expect(await regions.call('DescribeSecret', { SecretId: NAME }, EU)).toEqual(shown)
  })

  it("leaves versions under a customer's key there", async () => {
    const KmsKeyId = regions.keys.addKey('theirs', ACCOUNT, EU)
    await regions.call('UpdateSecret', { SecretId: NAME, KmsKeyId }, EU)
    await promote()
    await regions.settle()
    const { versions, kmsKeyId } = await regions.headIn(EU)
    expect(kmsKeyId).toBe(KmsKeyId)
    expect(versions.every(({ keyArns }) => keyArns?.[0] === KmsKeyId)).toBe(true)
    expect(await regions.value(EU)).toBe('second')
  })

  it('keeps the key that it has as long as another can not be had, readable, and tries again', async () => {
    const former = (await regions.headIn(EU)).serviceKeyArn
    await promote()
    const keys = withMethods(regions.keys, { serviceKey: async () => Promise.reject(new Error('KMS is down')) })
    expect((await regions.reconcile(EU, { keys })).steps).toContain('failed')
    expect(await regions.headIn(EU)).toMatchObject({ serviceKeyArn: former, replication: { borrowsKey: true } })
    expect(await regions.value(EU)).toBe('second')
    await regions.settle()
    expect((await regions.headIn(EU)).serviceKeyArn).toBe(former)
    regions.clock.advance(5 * MINUTE)
    await regions.settle()
    expect((await regions.headIn(EU)).serviceKeyArn).not.toBe(former)
    expect(await regions.value(EU)).toBe('second')
  })

  it('gives back the new key when another writer was first, and has another then', async () => {
    await promote()
    let isFirst = true
    const store = withMethods(regions.store, {
      commit: async (each) => {
        if (isFirst) await regions.call('TagResource', { SecretId: NAME, Tags: [{ Key: 'k', Value: 'v' }] }, EU)
        isFirst = false
        return regions.store.commit(each)
      },
    })
    const { steps } = await regions.reconcile(EU, { store })
    expect(steps).toEqual(expect.arrayContaining(['conflict', 'rekeyed']))
    const { serviceKeyArn = '', tags } = await regions.headIn(EU)
    expect(tags).toEqual([{ key: 'k', value: 'v' }])
    expect(regions.keys.retired).toHaveLength(2)
    expect(regions.keys.retired).not.toContain(serviceKeyArn)
    expect(await regions.value(EU)).toBe('second')
  })

  it('takes a key back that a late purge has retired: nothing could be opened without it', async () => {
    await promote()
    const { serviceKeyArn = '' } = await regions.headIn(EU)
    await regions.keys.retireServiceKey(serviceKeyArn)
    expect((await regions.reconcile(EU)).steps).toEqual(expect.arrayContaining(['rekeyed']))
    expect(await regions.value(EU)).toBe('second')
  })

  it.each([
    ['written', () => regions.call('PutSecretValue', { SecretId: NAME, SecretString: 'third' }, EU)],
    ['read', () => regions.call('GetSecretValue', { SecretId: NAME }, EU)],
  ])('that is %s while it is given its key is so under the new one', async (_what, call) => {
    await promote()
    const load = regions.store.load.bind(regions.store)
    let isFirst = true
    const spied = jest.spyOn(regions.store, 'load').mockImplementation(async (key) => {
      const loaded = await load(key)
      if (!isFirst) return loaded
      isFirst = false
      // Between the call's load and its use of the key.
      await regions.reconcile(EU)
      return loaded
    })
    await expect(call()).resolves.toMatchObject({ Name: NAME })
    spied.mockRestore()
    expect(regions.keys.retired).toHaveLength(1)
  })

  it.each(['before', 'after'] as const)(
    'whose re-keying fails %s its commit stays readable, and no key is given back that may be in use',
    async (when) => {
      await promote()
      const store = withMethods(regions.store, {
        commit: async (each) => {
          if (when === 'after') await regions.store.commit(each)
          throw new StoreFailure('unavailable', 'x')
        },
      })
      await regions.reconcile(EU, { store })
      expect(regions.keys.retired).toEqual([])
      expect(regions.keys.retired).not.toContain((await regions.store.load(keyIn(EU)))?.head.serviceKeyArn)
      expect(await regions.value(EU)).toBe('second')
    },
  )

  it('gives back its new key when its values can not be opened now', async () => {
    const { serviceKeyArn: former = '' } = await regions.headIn(EU)
    await promote()
    regions.keys.fail(former, 'unwrap', 'throttled')
    await regions.reconcile(EU)
    expect(await regions.headIn(EU)).toMatchObject({ serviceKeyArn: former })
    expect(regions.keys.retired).toEqual([regions.keys.made.at(-1)?.keyArn])
    expect(regions.keys.retired).not.toContain(former)
  })

  it('keeps its new key when somebody builds on a commit whose answer was lost', async () => {
    await promote()
    let isFirst = true
    const store = withMethods(regions.store, {
      commit: async (each) => {
        const outcome = await regions.store.commit(each)
        if (!isFirst) return outcome
        isFirst = false
        await regions.call('PutSecretValue', { SecretId: NAME, SecretString: 'third' }, EU)
        return 'conflict'
      },
    })
    await regions.reconcile(EU, { store })
    await regions.settle()
    expect(regions.keys.retired).not.toContain((await regions.headIn(EU)).serviceKeyArn)
    regions.keys.passWindow()
    expect(await regions.value(EU)).toBe('third')
    expect(await regions.value(EU, { VersionStage: 'AWSPREVIOUS' })).toBe('second')
    expect(regions.faults).toEqual([])
  })

  it('is re-keyed once by two replicators, and neither has anything to complain of', async () => {
    await promote()
    const both = await Promise.all([regions.reconcile(EU), regions.reconcile(EU)])
    expect(both.flatMap(({ steps }) => steps).filter((step) => step === 'rekeyed')).toHaveLength(1)
    expect(regions.keys.retired).not.toContain((await regions.headIn(EU)).serviceKeyArn)
    expect(await regions.value(EU)).toBe('second')
    expect(regions.faults).toEqual([])
  })
})
