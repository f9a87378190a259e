import { StoreFailure } from '../../../lambda/core/ports/secret-store.ts'
import { ACCOUNT, token } from '../../support/coffer.ts'
import { MemoryKeyService } from '../../support/memory-key-service.ts'
import { AP, EU, HOME, keyIn, makeRegions, MINUTE, NAME, withMethods, type Regions } from './support/regions.ts'

let regions: Regions
beforeEach(() => (regions = makeRegions()))
afterEach(() => regions.close())

const ask = (change: object = {}, input: object = {}) =>
  regions.call('ReplicateSecretToRegions', { SecretId: NAME, AddReplicaRegions: [{ Region: EU, ...change }], ...input })
const remove = () => regions.call('RemoveRegionsFromReplication', { SecretId: NAME, RemoveReplicaRegions: [EU] })
const put = (text: string, input: object = {}) =>
  regions.call('PutSecretValue', { SecretId: NAME, SecretString: text, ClientRequestToken: token(text), ...input })
const calls = (name: string) => regions.keys.calls.filter((each) => each === name).length
const createdHere = { Name: NAME, SecretString: 'local' }

describe('SM-REPLICA-04 the key of a copy', () => {
  it("is a replica of the primary's own key, in its own Region and for its own ARN", async () => {
    await regions.create({}, EU)
    const [primary, copy] = [await regions.headIn(HOME), await regions.headIn(EU)]
    expect(copy.serviceKeyArn).toBe(primary.serviceKeyArn?.replace(HOME, EU))
    expect(copy.replication?.borrowsKey).toBe(true)
    expect(await regions.value(EU)).toBe('first')
    const context = regions.keys.contexts.at(-1)
    expect(context?.SecretARN).toBe(`arn:aws:secretsmanager:${EU}:${ACCOUNT}:secret:${NAME}-${copy.suffix}`)
  })

  it('is the one that the request names', async () => {
    const KmsKeyId = regions.keys.addKey('theirs', ACCOUNT, EU)
    await regions.create({ AddReplicaRegions: [{ Region: EU, KmsKeyId }] })
    const copy = await regions.headIn(EU)
    expect(copy).toMatchObject({ kmsKeyId: KmsKeyId, versions: [{ keyArns: [KmsKeyId] }] })
    expect(copy).not.toHaveProperty('serviceKeyArn')
    expect(await regions.value(EU)).toBe('first')
  })

  it("is one of its own where the primary's is a customer's, whose Region opens the value", async () => {
    const KmsKeyId = regions.keys.addKey('mine')
    await regions.create({ KmsKeyId }, EU)
    const copy = await regions.headIn(EU)
    expect(copy.serviceKeyArn).toMatch(`arn:aws:kms:${EU}:`)
    expect(copy).not.toHaveProperty('kmsKeyId')
    expect(copy.replication).not.toHaveProperty('borrowsKey')
    regions.keys.fail(KmsKeyId, 'unwrap', 'unusable')
    expect(await regions.value(EU)).toBe('first')
  })

  it("is the Region's shared one where keys are shared, and is never retired", async () => {
    regions.close()
    regions = makeRegions({ keys: new MemoryKeyService('shared') })
    await regions.create({}, EU)
    expect((await regions.headIn(EU)).serviceKeyArn).toBe(`arn:aws:kms:${EU}:${ACCOUNT}:key/mrk-shared-${EU}`)
    expect((await regions.headIn(EU)).replication).not.toHaveProperty('borrowsKey')
    await remove()
    await regions.settle()
    await ask()
    await regions.settle()
    expect(await regions.value(EU)).toBe('first')
  })

  it('of a Region that was removed is taken back when it is added again', async () => {
    await regions.create({}, EU)
    const { serviceKeyArn = '' } = await regions.headIn(EU)
    await remove()
    await regions.settle()
    expect(regions.keys.stateOf(serviceKeyArn)).toBe('PendingDeletion')
    expect(await regions.link(EU)).toMatchObject({ keptKey: { keyArn: serviceKeyArn } })
    await ask()
    await regions.settle()
    expect((await regions.headIn(EU)).serviceKeyArn).toBe(serviceKeyArn)
    expect(regions.keys.stateOf(serviceKeyArn)).toBe('Enabled')
    expect(await regions.link(EU)).not.toHaveProperty('keptKey')
    expect(await regions.value(EU)).toBe('first')
  })

  it('of a Region that was removed too long ago is another one', async () => {
    const KmsKeyId = regions.keys.addKey('mine')
    await regions.create({ KmsKeyId }, EU)
    const former = (await regions.headIn(EU)).serviceKeyArn
    await remove()
    await regions.settle()
    regions.keys.passWindow()
    await ask()
    await regions.settle()
    expect((await regions.headIn(EU)).serviceKeyArn).not.toBe(former)
    expect(await regions.value(EU)).toBe('first')
  })

  it('is changed by another request, and all versions are sealed again under it', async () => {
    await regions.create({}, EU)
    await put('second')
    await regions.settle()
    const KmsKeyId = regions.keys.addKey('theirs', ACCOUNT, EU)
    await ask({ KmsKeyId })
    await regions.settle()
    const { versions } = await regions.headIn(EU)
    expect(versions.map(({ keyArns }) => keyArns)).toEqual([[KmsKeyId], [KmsKeyId]])
    expect(await regions.value(EU, { VersionStage: 'AWSPREVIOUS' })).toBe('first')
  })

  it('that was changed in its Region stays when the primary changes', async () => {
    await regions.create({}, EU)
    const KmsKeyId = regions.keys.addKey('theirs', ACCOUNT, EU)
    await regions.call('UpdateSecret', { SecretId: NAME, KmsKeyId }, EU)
    await put('second')
    await regions.settle()
    expect(await regions.headIn(EU)).toMatchObject({ kmsKeyId: KmsKeyId })
    expect(await regions.value(EU)).toBe('second')
    const { ReplicationStatus } = await regions.call('DescribeSecret', { SecretId: NAME })
    expect(ReplicationStatus).toMatchObject([{ Region: EU, KmsKeyId, Status: 'InSync' }])
  })
})

describe('SM-REPLICA-03 a key that does not do', () => {
  it.each<[string, (keys: MemoryKeyService) => string, RegExp]>([
    [
      'is of another Region',
      (keys) => keys.addKey('mine'),
      /^Failed: .*KMS key must be a symmetric encryption key in the Region/,
    ],
    ['is not there', () => `arn:aws:kms:${EU}:${ACCOUNT}:key/none`, /^Failed: .*call ReplicateSecretToRegions again/],
    [
      'is disabled',
      (keys) => {
        const arn = keys.addKey('theirs', ACCOUNT, EU)
        keys.fail(arn, 'generate', 'unusable')
        return arn
      },
      /^Failed: .*Enable it/,
    ],
    [
      'has a policy that lets nobody use it',
      (keys) => {
        const arn = keys.addKey('theirs', ACCOUNT, EU)
        keys.policies.set(arn, JSON.stringify({ Version: '2012-10-17', Statement: [] }))
        return arn
      },
      /^Failed: Access to the KMS key is not allowed/,
    ],
  ])('fails the copy when it %s, and leaves nothing there', async (_, keyOf, message) => {
    await regions.create({ AddReplicaRegions: [{ Region: EU, KmsKeyId: keyOf(regions.keys) }] })
    expect((await regions.statuses())[EU]).toMatch(message)
    expect(await regions.head(EU)).toBeUndefined()
    expect(regions.faults).toEqual([])
    await ask()
    await regions.settle()
    expect(await regions.statuses()).toEqual({ [EU]: 'InSync' })
  })

  it('fails also a copy that has no value yet', async () => {
    const KmsKeyId = regions.keys.addKey('mine')
    await regions.create({ SecretString: undefined, AddReplicaRegions: [{ Region: EU, KmsKeyId }] })
    expect((await regions.statuses())[EU]).toMatch(/^Failed: .*KMS key/)
    expect(await regions.head(EU)).toBeUndefined()
  })

  it('that is busy takes no value away: it is tried again', async () => {
    const [former, present] = [regions.keys.addKey('former'), regions.keys.addKey('present')]
    await regions.create({ KmsKeyId: former })
    await put('second')
    await put('third')
    await regions.call('UpdateSecret', { SecretId: NAME, KmsKeyId: present })
    regions.keys.fail(former, 'unwrap', 'throttled')
    await ask()
    await regions.settle()
    expect((await regions.statuses())[EU]).toMatch(/^InProgress: .*tried again/)
    expect(await regions.head(EU)).toBeUndefined()
  })

  it('of the primary is told as what it is, and what was copied before stays', async () => {
    const KmsKeyId = regions.keys.addKey('mine')
    await regions.create({ KmsKeyId }, EU)
    await put('second')
    regions.keys.fail(KmsKeyId, 'unwrap', 'unusable')
    await regions.settle()
    expect((await regions.statuses())[EU]).toMatch(/^Failed: The value can't be opened with its key in us-east-1/)
    expect(await regions.value(EU)).toBe('first')
  })

  it('of the primary takes nothing but its values from versions without a label', async () => {
    const [former, present] = [regions.keys.addKey('former'), regions.keys.addKey('present')]
    await regions.create({ KmsKeyId: former })
    await put('second')
    await put('third')
    await regions.call('UpdateSecret', { SecretId: NAME, KmsKeyId: present })
    regions.keys.fail(former, 'unwrap', 'unusable')
    await ask()
    await regions.settle()
    expect(await regions.statuses()).toEqual({ [EU]: 'InSync' })
    const { versions } = await regions.headIn(EU)
    expect(versions.map(({ stages, value }) => [stages, value.kind])).toEqual([
      [[], 'none'],
      [['AWSPREVIOUS'], 'item'],
      [['AWSCURRENT'], 'inline'],
    ])
  })
})

describe('SM-REPLICA-02 the versions of a copy', () => {
  it('are not sealed again when they are there', async () => {
    await regions.create({}, EU)
    for (const text of ['second', 'third']) await put(text)
    await regions.settle()
    const before = calls('generate')
    await put('fourth')
    await regions.call('TagResource', { SecretId: NAME, Tags: [{ Key: 'k', Value: 'v' }] })
    await regions.settle()
    // One by the primary, one by its copy.
    expect(calls('generate') - before).toBe(2)
    expect(await regions.value(EU)).toBe('fourth')
    expect(await regions.value(EU, { VersionId: token('second') })).toBe('second')
  })

  it('wait for a value that is on its way, with or without a label', async () => {
    await regions.create()
    for (const text of ['second', 'third']) await put(text)
    await ask()
    await regions.deliver()
    const store = withMethods(regions.store, { readValue: async () => undefined })
    expect(await regions.reconcile(EU, { store })).toMatchObject({ steps: ['failed'], isWaiting: true })
    expect(await regions.head(EU)).toBeUndefined()
    expect(regions.eventNames()).toEqual([])
    await regions.settle()
    expect(await regions.value(EU, { VersionStage: 'AWSPREVIOUS' })).toBe('second')
    const [oldest] = (await regions.headIn(EU)).versions
    expect(oldest).toMatchObject({ stages: [], value: { kind: 'item' } })
  })

  it('do not wait for ever for a value that is lost: the status tells of it', async () => {
    await regions.create()
    for (const text of ['second', 'third']) await put(text)
    await ask()
    await regions.deliver()
    const lost = { store: withMethods(regions.store, { readValue: async () => undefined }) }
    regions.clock.advance(15 * MINUTE - 1)
    expect(await regions.reconcile(EU, lost)).toMatchObject({ isWaiting: true })
    expect(await regions.link(EU)).toBeUndefined()
    regions.clock.advance(1)
    for (const status of ['InProgress', 'InProgress', 'Failed']) {
      expect(await regions.reconcile(EU, lost)).toMatchObject({ isWaiting: false, isFailed: true })
      expect(await regions.answer(EU)).toMatchObject({
        status,
        message: expect.stringContaining('tried again') as string,
      })
      regions.clock.advance(5 * MINUTE)
    }
    expect(regions.eventNames()).toEqual(['ReplicationStarted', 'ReplicationFailed'])
    await regions.settle()
    expect(await regions.statuses()).toEqual({ [EU]: 'InSync' })
    expect(await regions.value(EU)).toBe('third')
  })

  it('without a value get one when it is there', async () => {
    await regions.create({ SecretString: undefined }, EU)
    expect((await regions.headIn(EU)).versions).toEqual([])
    await put('second')
    await regions.settle()
    expect(await regions.value(EU)).toBe('second')
  })

  it('may be large', async () => {
    await regions.create({ SecretString: 'x'.repeat(60_000) }, EU)
    expect(await regions.value(EU)).toBe('x'.repeat(60_000))
  })
})

describe('a copy that is cut off', () => {
  const crash = new Error('the process is gone')
  const brokenOnce = <Args extends readonly unknown[], T>(
    work: (...args: Args) => Promise<T>,
    when: 'before' | 'after',
  ) => {
    let isBroken = false
    return async (...args: Args): Promise<T> => {
      if (isBroken) return work(...args)
      isBroken = true
      if (when === 'after') await work(...args)
      throw crash
    }
  }

  it('between head and link is confirmed by the next attempt, and made once', async () => {
    await regions.create()
    await ask()
    await regions.deliver()
    const { replication } = regions.services
    const saveLink = brokenOnce(replication.saveLink.bind(replication), 'before')
    await regions.reconcile(EU, { replication: withMethods(replication, { saveLink }) })
    const { serviceKeyArn, revision } = await regions.headIn(EU)
    expect(regions.keys.retired).toEqual([])
    await regions.settle()
    expect(await regions.headIn(EU)).toMatchObject({ revision, serviceKeyArn })
    expect(await regions.statuses()).toEqual({ [EU]: 'InSync' })
    expect(await regions.value(EU)).toBe('first')
  })

  it('by an error after its commit keeps a key that was made for it', async () => {
    await regions.create({ KmsKeyId: regions.keys.addKey('mine') })
    await ask()
    await regions.deliver()
    const commit = brokenOnce(regions.store.commit.bind(regions.store), 'after')
    await regions.reconcile(EU, { store: withMethods(regions.store, { commit }) })
    expect(regions.keys.retired).toEqual([])
    await regions.settle()
    expect(await regions.value(EU)).toBe('first')
  })

  it('by an error before its commit gives back a key that was made for it alone', async () => {
    await regions.create({ KmsKeyId: regions.keys.addKey('mine') })
    await ask()
    await regions.deliver()
    const store = withMethods(regions.store, {
      commit: async () => Promise.reject(new StoreFailure('throttled', 'busy')),
    })
    expect(await regions.reconcile(EU, { store })).toMatchObject({ isFailed: true })
    expect(regions.keys.retired).toEqual([regions.keys.made.at(-1)?.keyArn])
    expect(regions.faults).toEqual([])
  })

  it('keeps the key when it can not be found out whether it is in use', async () => {
    await regions.create({ KmsKeyId: regions.keys.addKey('mine') })
    await ask()
    await regions.deliver()
    const failing = async () => Promise.reject(new StoreFailure('throttled', 'busy'))
    await regions.reconcile(EU, { store: withMethods(regions.store, { commit: failing, load: failing }) })
    expect(regions.keys.retired).toEqual([])
  })

  it('from the answer to its commit takes the head that is there for its own', async () => {
    await regions.create({}, EU)
    await put('second')
    await regions.deliver()
    const store = withMethods(regions.store, {
      commit: async (each) => {
        await regions.store.commit(each)
        return 'conflict'
      },
    })
    expect((await regions.reconcile(EU, { store })).steps).toEqual(['copied'])
  })
})

describe('a copy that another writer comes before', () => {
  it('gives back the key that was made for it alone', async () => {
    await regions.create({ KmsKeyId: regions.keys.addKey('mine') })
    await ask()
    await regions.deliver()
    let isFirst = true
    const store = withMethods(regions.store, {
      commit: async (each) => {
        if (isFirst) await regions.call('CreateSecret', createdHere, EU)
        isFirst = false
        return regions.store.commit(each)
      },
    })
    expect((await regions.reconcile(EU, { store })).steps).toEqual(['conflict', 'failed'])
    expect(await regions.value(EU)).toBe('local')
    const [ofCopy, ofLocal] = regions.keys.made
    expect((await regions.headIn(EU)).serviceKeyArn).toBe(ofLocal?.keyArn)
    expect(regions.keys.retired).toEqual([ofCopy?.keyArn])
  })

  it('keeps its key when that other one has built on a commit whose answer was lost', async () => {
    await regions.create({ KmsKeyId: regions.keys.addKey('mine') })
    await ask()
    await regions.deliver()
    const KmsKeyId = regions.keys.addKey('theirs', ACCOUNT, EU)
    let isFirst = true
    const store = withMethods(regions.store, {
      commit: async (each) => {
        const outcome = await regions.store.commit(each)
        if (!isFirst) return outcome
        isFirst = false
        await regions.call('UpdateSecret', { SecretId: NAME, KmsKeyId }, EU)
        return 'conflict'
      },
    })
    expect((await regions.reconcile(EU, { store })).steps[0]).toBe('conflict')
    await regions.settle()
    expect((await regions.headIn(EU)).serviceKeyArn).toBe(regions.keys.made.at(-1)?.keyArn)
    expect(regions.keys.retired).toEqual([])
    expect(await regions.value(EU)).toBe('first')
  })

  it.each(['service', 'customer'])(
    'is made once by two replicators, readable, under a %s key of the primary',
    async (kind) => {
      await regions.create(kind === 'customer' ? { KmsKeyId: regions.keys.addKey('mine') } : {})
      await ask()
      await regions.deliver()
      const both = await Promise.all([regions.reconcile(EU), regions.reconcile(EU)])
      expect(both.flatMap(({ steps }) => steps).filter((step) => step === 'copied')).toHaveLength(1)
      const { serviceKeyArn = '' } = await regions.headIn(EU)
      expect(regions.keys.retired).not.toContain(serviceKeyArn)
      expect(await regions.value(EU)).toBe('first')
    },
  )

  it('is decided anew when the copy was changed meanwhile', async () => {
    await regions.create({}, EU)
    const KmsKeyId = regions.keys.addKey('theirs', ACCOUNT, EU)
    await put('second')
    await regions.deliver()
    let isFirst = true
    const store = withMethods(regions.store, {
      commit: async (each) => {
        if (isFirst) await regions.call('UpdateSecret', { SecretId: NAME, KmsKeyId }, EU)
        isFirst = false
        return regions.store.commit(each)
      },
    })
    expect((await regions.reconcile(EU, { store })).steps).toEqual(['conflict', 'copied'])
    expect(await regions.headIn(EU)).toMatchObject({ kmsKeyId: KmsKeyId })
    expect(await regions.value(EU)).toBe('second')
  })
})

describe('SM-REPLICA-05 a forced copy', () => {
  beforeEach(async () => {
    await regions.create()
    await regions.call('CreateSecret', createdHere, EU)
    await ask({}, { ForceOverwriteReplicaSecret: true })
    await regions.deliver()
  })

  it('takes the place of the other secret, whose key goes with it', async () => {
    const { serviceKeyArn = '', suffix } = await regions.headIn(EU)
    await regions.settle()
    expect(await regions.value(EU)).toBe('first')
    expect((await regions.headIn(EU)).suffix).not.toBe(suffix)
    expect(regions.keys.stateOf(serviceKeyArn)).toBe('PendingDeletion')
    expect(await regions.statuses()).toEqual({ [EU]: 'InSync' })
  })

  it('is spent before it is made: what comes after a crash is not overwritten again', async () => {
    const crashed = withMethods(regions.store, {
      commit: async () => Promise.reject(new StoreFailure('unavailable', 'x')),
    })
    await regions.reconcile(EU, { store: crashed })
    expect((await regions.answer(EU))?.acted).toBeGreaterThan(0)
    regions.clock.advance(MINUTE)
    await regions.settle()
    expect(await regions.value(EU)).toBe('local')
    expect((await regions.statuses())[EU]).toMatch(/^Failed: Secret with this name already exists/)
  })

  it('is not spent by another write that came first', async () => {
    let isFirst = true
    const store = withMethods(regions.store, {
      commit: async (each) => {
        if (isFirst) await regions.call('PutSecretValue', { SecretId: NAME, SecretString: 'busy' }, EU)
        isFirst = false
        return regions.store.commit(each)
      },
    })
    expect((await regions.reconcile(EU, { store })).steps).toEqual(['conflict', 'copied'])
    expect(await regions.value(EU)).toBe('first')
  })

  it('is spent for ever: also when the copy was promoted and deleted and made anew by somebody', async () => {
    await regions.settle()
    await regions.call('StopReplicationToReplica', { SecretId: NAME }, EU)
    regions.cut.add(EU)
    await regions.call('DeleteSecret', { SecretId: NAME, ForceDeleteWithoutRecovery: true }, EU)
    await regions.call('CreateSecret', { ...createdHere, SecretString: 'mine' }, EU)
    await regions.settle()
    regions.cut.clear()
    await regions.settle()
    expect(await regions.value(EU)).toBe('mine')
  })
})

it('SM-REPLICA-04 a copy has its own day of the last read', async () => {
  await regions.create({}, EU, AP)
  await regions.value(EU)
  // Days are written together, a moment later: a list in their order asks for them.
  await regions.call('ListSecrets', { SortBy: 'last-accessed-date' }, EU)
  const lastRead = async (region: string) =>
    (await regions.call('DescribeSecret', { SecretId: NAME }, region)).LastAccessedDate
  expect([await lastRead(HOME), await lastRead(EU), await lastRead(AP)]).toEqual([
    undefined,
    expect.any(Number),
    undefined,
  ])
  const { ReplicationStatus } = await regions.call('DescribeSecret', { SecretId: NAME })
  expect(ReplicationStatus).toMatchObject([{ Region: AP }, { Region: EU, LastAccessedDate: await lastRead(EU) }])
  expect((ReplicationStatus as object[])[0]).not.toHaveProperty('LastAccessedDate')
  expect((await regions.store.load(keyIn(EU)))?.access.day).toBeGreaterThan(0)
})
