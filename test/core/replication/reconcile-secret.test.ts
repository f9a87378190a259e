import { StoreFailure } from '../../../lambda/core/ports/secret-store.ts'
import { sweepReplication } from '../../../lambda/core/replication/sweep-replication.ts'
import { LOOK_AGAIN_AFTER, VERIFY_EVERY } from '../../../lambda/core/replication/check-again.ts'
import { ACCOUNT, token } from '../../support/coffer.ts'
import { AP, EU, HOME, keyIn, makeRegions, MINUTE, NAME, withMethods, type Regions } from './support/regions.ts'

let regions: Regions
beforeEach(() => (regions = makeRegions()))
afterEach(() => regions.close())

const put = (text: string, region = HOME) =>
  regions.call('PutSecretValue', { SecretId: NAME, SecretString: text, ClientRequestToken: token(text) }, region)
const ask = (input: object = {}) =>
  regions.call('ReplicateSecretToRegions', { SecretId: NAME, AddReplicaRegions: [{ Region: EU }], ...input })
const remove = (...RemoveReplicaRegions: string[]) =>
  regions.call('RemoveRegionsFromReplication', { SecretId: NAME, RemoveReplicaRegions })
const local = { Name: NAME, SecretString: 'local' }

describe('SM-REPLICA-02 a copy', () => {
  it('has the name, value, versions, labels and metadata of its primary, and the ARN but for the Region', async () => {
    const Tags = [{ Key: 'team', Value: 'a' }]
    const ARN = await regions.create({ Description: 'd', Tags, Type: 't', ClientRequestToken: token('first') }, EU)
    await put('second')
    const ResourcePolicy = JSON.stringify({
      Version: '2012-10-17',
      Statement: { Effect: 'Deny', Principal: '*', Action: 'secretsmanager:RotateSecret', Resource: '*' },
    })
    await regions.call('PutResourcePolicy', { SecretId: NAME, ResourcePolicy })
    await regions.settle()
    const shown = await regions.call('DescribeSecret', { SecretId: NAME })
    const { ReplicationStatus: _status, ...common } = shown
    expect(await regions.call('DescribeSecret', { SecretId: NAME }, EU)).toEqual({
      ...common,
      ARN: ARN.replace(HOME, EU),
    })
    expect((await regions.call('GetResourcePolicy', { SecretId: NAME }, EU)).ResourcePolicy).toBe(ResourcePolicy)
    expect(await regions.value(EU)).toBe('second')
    expect(await regions.value(EU, { VersionStage: 'AWSPREVIOUS' })).toBe('first')
  })

  it.each<[string, string, object]>([
    ['a description', 'UpdateSecret', { Description: 'new' }],
    ['no description any more', 'UpdateSecret', { Description: '' }],
    ['a tag', 'TagResource', { Tags: [{ Key: 'new', Value: 'v' }] }],
    ['a tag less', 'UntagResource', { TagKeys: ['team'] }],
    ['a label', 'UpdateSecretVersionStage', { VersionStage: 'blue', MoveToVersionId: token('first') }],
  ])('follows a change of %s', async (_, operation, input) => {
    await regions.create(
      { Description: 'd', Tags: [{ Key: 'team', Value: 'a' }], ClientRequestToken: token('first') },
      EU,
    )
    regions.clock.advance(1_000)
    await regions.call(operation, { SecretId: NAME, ...input })
    await regions.settle()
    const [primary, copy] = await Promise.all(
      [HOME, EU].map((region) => regions.call('DescribeSecret', { SecretId: NAME }, region)),
    )
    for (const member of ['Description', 'Tags', 'VersionIdsToStages', 'LastChangedDate'])
      expect(copy?.[member]).toEqual(primary?.[member])
    expect(await regions.statuses()).toEqual({ [EU]: 'InSync' })
  })

  it('is never shown in sync while it has not all', async () => {
    await regions.create({}, EU)
    await put('second')
    expect(await regions.statuses()).toEqual({ [EU]: 'InProgress' })
    await regions.deliver()
    expect(await regions.value(EU)).toBe('first')
    expect(await regions.statuses()).toEqual({ [EU]: 'InProgress' })
    await regions.reconcile(EU)
    expect(await regions.value(EU)).toBe('second')
    expect(await regions.statuses()).toEqual({ [EU]: 'InProgress' })
    await regions.deliver()
    expect(await regions.statuses()).toEqual({ [EU]: 'InSync' })
  })

  it('is the same after any number of repetitions', async () => {
    await regions.create({}, EU)
    const before = [await regions.headIn(EU), await regions.link(EU)]
    for (let round = 0; round < 3; round++) expect((await regions.reconcile(EU)).steps).toEqual([])
    expect([await regions.headIn(EU), await regions.link(EU)]).toEqual(before)
  })

  it('says how long the change took to get here', async () => {
    await regions.create({}, EU)
    regions.clock.advance(MINUTE)
    await put('second')
    await regions.deliver()
    regions.clock.advance(1_500)
    expect(await regions.reconcile(EU)).toEqual({ steps: ['copied'], isWaiting: false, isFailed: false, lagMs: 1_500 })
  })
})

describe('SM-REPLICA-09 a Region that is removed', () => {
  it('loses copy and key at once, and the primary hears of it', async () => {
    await regions.create({}, EU, AP)
    const { serviceKeyArn = '' } = await regions.headIn(EU)
    await remove(EU)
    await regions.settle()
    expect(await regions.head(EU)).toBeUndefined()
    await expect(regions.value(EU)).rejects.toMatchObject({ code: 'ResourceNotFoundException' })
    expect(regions.keys.stateOf(serviceKeyArn)).toBe('PendingDeletion')
    expect((await regions.headIn(HOME)).replication).not.toHaveProperty('leaving')
    expect(await regions.statuses()).toEqual({ [AP]: 'InSync' })
    expect(await regions.value(AP)).toBe('first')
  })

  it('before its copy was made never gets one', async () => {
    await regions.create()
    await ask()
    await remove(EU)
    expect(await regions.settle()).toMatchObject({
      [EU]: ['acknowledged'],
      [HOME]: expect.arrayContaining(['tended']) as unknown,
    })
    expect(await regions.head(EU)).toBeUndefined()
  })

  it('may be added again at once', async () => {
    await regions.create({}, EU)
    await remove(EU)
    await ask()
    await regions.settle()
    expect(await regions.value(EU)).toBe('first')
    expect(await regions.statuses()).toEqual({ [EU]: 'InSync' })
    expect((await regions.headIn(HOME)).replication).not.toHaveProperty('leaving')
  })

  it('and added again goes on counting its revisions: whoever still has the former head at hand changes nothing', async () => {
    await regions.create({}, EU)
    const former = await regions.headIn(EU)
    await remove(EU)
    await regions.settle()
    await ask()
    await regions.settle()
    const { revision } = await regions.headIn(EU)
    expect(revision).toBeGreaterThan(former.revision + 1)
    expect(await regions.store.remove(former)).toBe('conflict')
    const late = { ...former, revision: former.revision + 1, description: 'late' }
    expect(await regions.store.commit({ head: late, put: [], drop: [] })).toBe('conflict')
  })

  it('is not given a copy by an attempt that was under way when it was removed', async () => {
    await regions.create()
    await ask()
    await regions.deliver()
    let isFirst = true
    const store = withMethods(regions.store, {
      commit: async (each) => {
        if (isFirst) {
          isFirst = false
          await remove(EU)
          await regions.deliver()
          await regions.reconcile(EU)
        }
        return regions.store.commit(each)
      },
    })
    await regions.reconcile(EU, { store })
    await regions.settle()
    expect(await regions.head(EU)).toBeUndefined()
    expect((await regions.answer(EU))?.status).toBe('Removed')
  })

  it('lets the primary be deleted', async () => {
    await regions.create({}, EU)
    await remove(EU)
    await regions.settle()
    await regions.call('DeleteSecret', { SecretId: NAME })
    await regions.settle()
    expect(regions.faults).toEqual([])
  })
})

describe('SM-REPLICA-13 a copy that fails', () => {
  const failedKey = async () => {
    const KmsKeyId = regions.keys.addKey('theirs', ACCOUNT, EU)
    await regions.create({ AddReplicaRegions: [{ Region: EU, KmsKeyId }] })
    regions.keys.fail(KmsKeyId, 'generate', 'unusable')
    await put('second')
    await regions.settle()
  }

  it('before anything was copied leaves nothing', async () => {
    await regions.create()
    await regions.call('CreateSecret', local, EU)
    await ask()
    await regions.settle()
    expect(await regions.value(EU)).toBe('local')
    expect((await regions.statuses())[EU]).toMatch(/^Failed: Secret with this name already exists in this region\./)
  })

  it('later stays as it is until it is removed', async () => {
    await failedKey()
    expect(await regions.value(EU)).toBe('first')
    expect((await regions.statuses())[EU]).toMatch(/^Failed: /)
    await remove(EU)
    await regions.settle()
    expect(await regions.head(EU)).toBeUndefined()
  })

  it('SM-REPLICA-15 is made when what was in its way is gone, by itself', async () => {
    await regions.create()
    await regions.call('CreateSecret', local, EU)
    await ask()
    await regions.settle()
    await regions.call('DeleteSecret', { SecretId: NAME, ForceDeleteWithoutRecovery: true }, EU)
    await regions.settle()
    expect(await regions.head(EU)).toBeUndefined()
    regions.clock.advance(MINUTE)
    expect((await sweepReplication(regions.means)).faults).toEqual([])
    await regions.settle()
    expect(await regions.value(EU)).toBe('first')
    expect(await regions.statuses()).toEqual({ [EU]: 'InSync' })
  })

  it('SM-REPLICA-15 is made when the Region is added again, at once', async () => {
    await failedKey()
    await ask({ AddReplicaRegions: [{ Region: EU, KmsKeyId: 'alias/aws/secretsmanager' }] })
    await regions.settle()
    expect(await regions.value(EU)).toBe('second')
    expect(await regions.statuses()).toEqual({ [EU]: 'InSync' })
  })

  it('SM-REPLICA-04 keeps its key when the Region is added again without naming one', async () => {
    const KmsKeyId = regions.keys.addKey('own', ACCOUNT, EU)
    await regions.create({ AddReplicaRegions: [{ Region: EU, KmsKeyId }] })
    await regions.settle()
    await ask()
    await regions.settle()
    expect((await regions.headIn(EU)).kmsKeyId).toBe(KmsKeyId)
    await ask({ AddReplicaRegions: [{ Region: EU, KmsKeyId: 'alias/aws/secretsmanager' }] })
    await regions.settle()
    expect((await regions.headIn(EU)).kmsKeyId).toBeUndefined()
  })
})

describe('the events of replication', () => {
  it('tell of a copy that was made, about the ARN of the primary', async () => {
    const secretArn = await regions.create({}, EU)
    const request = (await regions.headIn(HOME)).replication?.replicas?.[0]?.at
    expect(regions.events).toMatchObject(
      ['ReplicationStarted', 'ReplicationSucceeded'].map((name) => ({
        name,
        secretArn,
        replicaRegion: EU,
        requestId: `Replication-${secretArn}-${request}`,
      })),
    )
    await put('second')
    await regions.settle()
    expect(regions.events).toHaveLength(2)
  })

  it('tell of a failure once, why, and when it is tried again; and of its end', async () => {
    await regions.create()
    await regions.call('CreateSecret', local, EU)
    await ask()
    await regions.settle()
    expect(regions.events.at(-1)).toMatchObject({
      name: 'ReplicationFailed',
      errorMessage: expect.stringContaining('already exists') as string,
      retryAt: regions.clock.now() + MINUTE,
    })
    regions.clock.advance(MINUTE)
    await regions.settle()
    expect(regions.eventNames().filter((name) => name === 'ReplicationFailed')).toHaveLength(1)
    await ask({ ForceOverwriteReplicaSecret: true })
    await regions.settle()
    expect(regions.eventNames().at(-1)).toBe('ReplicationSucceeded')
  })

  it('SM-REPLICA-10 do not repeat themselves about a promoted secret that is asked for again', async () => {
    await regions.create({}, EU)
    await regions.call('StopReplicationToReplica', { SecretId: NAME }, EU)
    await regions.settle()
    regions.events.length = 0
    await ask()
    await regions.settle()
    expect(regions.eventNames()).toEqual(['ReplicationFailed'])
    expect(regions.faults).toEqual([])
  })
})

describe('what is lost or late', () => {
  it('is asked for again: a nudge of the primary brings back a copy whose message was lost', async () => {
    await regions.create()
    await ask()
    await regions.reconcile(HOME)
    await regions.deliver()
    // EU was never called about it.
    regions.clock.advance(LOOK_AGAIN_AFTER)
    await sweepReplication(regions.means)
    expect((await regions.link(HOME))?.nudge).toBe(1)
    expect(await regions.deliver('link')).toBeGreaterThan(0)
    expect((await regions.reconcile(EU)).steps).toEqual(['copied'])
  })

  it('is found out once a day, as is a key that was retired by mistake', async () => {
    await regions.create({}, EU)
    const { serviceKeyArn = '' } = await regions.headIn(EU)
    await regions.keys.retireServiceKey(serviceKeyArn)
    regions.clock.advance(VERIFY_EVERY)
    const { done, faults } = await sweepReplication(regions.means)
    expect([done > 0, faults]).toEqual([true, []])
    expect(regions.keys.stateOf(serviceKeyArn)).toBe('Enabled')
    expect((await regions.link(EU))?.checkAt).toBe(regions.clock.now() + VERIFY_EVERY)
  })

  it('takes the key back from its deletion alone: one that is disabled may be so on purpose', async () => {
    await regions.create({}, EU)
    const { serviceKeyArn } = await regions.headIn(EU)
    const asked: unknown[] = []
    const keys = withMethods(regions.keys, {
      reviveServiceKey: async (...question) => {
        asked.push(question)
        return true
      },
    })
    regions.clock.advance(VERIFY_EVERY)
    await regions.reconcile(EU, { keys })
    expect(asked).toEqual([[serviceKeyArn, { onlyEnding: true }]])
  })

  it('does not keep back the others when one fails', async () => {
    for (const Name of ['a', 'b'])
      await regions.call('CreateSecret', { Name, SecretString: 'v', AddReplicaRegions: [{ Region: EU }] })
    for (const name of ['a', 'b']) await regions.settle(name)
    regions.clock.advance(VERIFY_EVERY)
    const { replication } = regions.services
    const group = (key: Parameters<typeof replication.group>[0]) =>
      key.name === 'a' ? Promise.reject(new StoreFailure('throttled', 'x')) : replication.group(key)
    const swept = await sweepReplication({ ...regions.means, replication: withMethods(replication, { group }) })
    expect(swept.faults).not.toHaveLength(0)
    expect((await regions.link(EU, 'b'))?.checkAt).toBeGreaterThan(regions.clock.now())
    expect((await regions.link(EU, 'a'))?.checkAt).toBeLessThanOrEqual(regions.clock.now())
  })

  it('is nothing where nothing is due', async () => {
    await regions.create({}, EU)
    expect(await sweepReplication(regions.means)).toEqual({ done: 0, faults: [] })
  })
})

it('a copy whose primary is gone without a word stays, says so, and can be promoted', async () => {
  await regions.create({}, EU)
  await regions.store.remove(await regions.headIn(HOME))
  await regions.settle()
  expect(await regions.answer(EU)).toMatchObject({
    status: 'Failed',
    message: expect.stringContaining('primary secret is gone') as string,
  })
  expect(await regions.value(EU)).toBe('first')
  await regions.call('StopReplicationToReplica', { SecretId: NAME }, EU)
  await put('mine', EU)
  expect(await regions.value(EU)).toBe('mine')
})

it("SM-REPLICA-05 two independent secrets of a name in two Regions are nobody else's business", async () => {
  await regions.create({}, AP)
  await regions.call('CreateSecret', local, EU)
  await regions.settle()
  expect([await regions.value(HOME), await regions.value(EU), await regions.value(AP)]).toEqual([
    'first',
    'local',
    'first',
  ])
  expect(await regions.link(EU)).toBeUndefined()
  expect((await regions.services.replication.group(keyIn(EU))).heads.size).toBe(1)
})
