import { contentDigest } from '../../../lambda/core/replication/content.ts'
import { divergence } from '../../../lambda/core/replication/succession.ts'
import { ACCOUNT, token } from '../../support/coffer.ts'
import { administrationOf } from './support/administration.ts'
import { headIn } from './support/heads.ts'
import { AP, EU, HOME, makeRegions, MINUTE, NAME, withMethods, type Regions } from './support/regions.ts'

let regions: Regions
beforeEach(() => (regions = makeRegions()))
afterEach(() => regions.close())
const { show, reprimary } = administrationOf(() => regions)

const put = (text: string, region = HOME, input: object = {}) => {
  regions.clock.advance(1_000)
  return regions.call(
    'PutSecretValue',
    { SecretId: NAME, SecretString: text, ClientRequestToken: token(text), ...input },
    region,
  )
}
const promote = async () => {
  await regions.call('StopReplicationToReplica', { SecretId: NAME }, EU)
  await regions.settle()
}
const valuesIn = async (region: string) => {
  const { versions } = await regions.headIn(region)
  const entries = versions.map(async ({ id, stages, value }) => [
    stages.join() || '-',
    value.kind === 'none' ? 'none' : await regions.value(region, { VersionId: id }),
  ])
  return (await Promise.all(entries)).map((entry) => entry.join(': '))
}
const roles = async () =>
  Object.fromEntries(
    await Promise.all(
      [HOME, EU, AP].map(async (region) => [
        region,
        (await regions.head(region))?.replication?.source?.region ?? 'none',
      ]),
    ),
  ) as Record<string, string>

describe('what two Regions have changed since they went apart', () => {
  const [base, mine, theirs] = ['base', 'mine', 'theirs'].map((description) => ({ description }))
  const promotion = (from: string, at = 1) => ({ from, at, base: contentDigest(headIn(HOME, undefined, base)) })
  const here = (change: object | undefined) => headIn(EU, { promotion: promotion(HOME) }, change)
  const there = (change: object | undefined) => headIn(HOME, {}, change)

  it.each<[string, object | undefined, object | undefined, boolean, boolean]>([
    ['nothing', base, base, false, false],
    ['one alone', mine, base, true, false],
    ['the other alone', base, theirs, false, true],
    ['both', mine, theirs, true, true],
    ['both in the same way', mine, mine, false, false],
  ])('%s', (_, ofHere, ofThere, hereChanged, thereChanged) => {
    expect(divergence(here(ofHere), there(ofThere))).toEqual({ hereChanged, thereChanged })
    expect(divergence(there(ofThere), here(ofHere))).toEqual({ hereChanged: thereChanged, thereChanged: hereChanged })
  })

  it('is both where nobody knows how they were', () => {
    const stranger = headIn(EU, { promotion: promotion(AP) }, mine)
    expect(divergence(stranger, there(base))).toEqual({ hereChanged: true, thereChanged: true })
  })

  it('counts from the last time that they went apart', () => {
    const former = { from: EU, at: 1, base: 'long ago' }
    const latest = headIn(EU, { promotion: promotion(HOME, 2) }, base)
    expect(divergence(latest, headIn(HOME, { promotion: former }, theirs))).toEqual({
      hereChanged: false,
      thereChanged: true,
    })
    expect(divergence(headIn(HOME, { promotion: former }, theirs), latest)).toEqual({
      hereChanged: true,
      thereChanged: false,
    })
  })
})

describe('a copy that takes over', () => {
  it('becomes the primary of all copies, and the former primary one of them, with every version', async () => {
    await regions.create({}, EU, AP)
    await put('second')
    await regions.settle()
    await reprimary({ to: EU })
    await regions.settle()
    expect(await roles()).toEqual({ [HOME]: EU, [EU]: 'none', [AP]: EU })
    expect(await regions.statuses(EU)).toEqual({ [HOME]: 'InSync', [AP]: 'InSync' })
    await put('third', EU)
    await regions.settle()
    const all = ['-: first', 'AWSPREVIOUS: second', 'AWSCURRENT: third']
    for (const region of [HOME, EU, AP]) expect(await valuesIn(region)).toEqual(all)
    expect(regions.faults).toEqual([])
  })

  it('can be read in all Regions at every moment, and written in one at most', async () => {
    await regions.create({}, EU, AP)
    await reprimary({ to: EU })
    const check = async () => {
      expect(await Promise.all([HOME, EU, AP].map((region) => regions.value(region)))).toEqual([
        'first',
        'first',
        'first',
      ])
      const writes = [HOME, EU, AP].map((region) =>
        regions.call('TagResource', { SecretId: NAME, Tags: [{ Key: 'k', Value: 'v' }] }, region).then(
          () => 1,
          () => 0,
        ),
      )
      expect((await Promise.all<number>(writes)).reduce((a, b) => a + b)).toBeLessThanOrEqual(1)
    }
    for (let round = 0; round < 8; round++) {
      await check()
      await regions.deliver(round % 2 === 0 ? 'head' : undefined)
      await regions.reconcile([AP, EU, HOME][round % 3] ?? HOME)
    }
    await regions.settle()
    await check()
    expect(await roles()).toEqual({ [HOME]: EU, [EU]: 'none', [AP]: EU })
  })

  it('waits for the last change of the one that steps down', async () => {
    await regions.create({}, EU)
    regions.cut.add(EU)
    await reprimary({ to: EU })
    regions.cut.clear()
    await regions.deliver('link')
    expect((await regions.reconcile(EU)).steps).toEqual([])
    await regions.settle()
    expect(await roles()).toMatchObject({ [EU]: 'none', [HOME]: EU })
  })

  it('goes there and back again', async () => {
    await regions.create({}, EU)
    for (const [from, to] of [
      [HOME, EU],
      [EU, HOME],
      [HOME, EU],
    ] as const) {
      regions.clock.advance(1_000)
      await reprimary({ to }, { region: from })
      await regions.settle()
      const text = `written at ${regions.clock.now()}`
      await put(text, to)
      await regions.settle()
      expect(await regions.value(from)).toBe(text)
      expect(await regions.statuses(to)).toEqual({ [from]: 'InSync' })
    }
    expect(regions.faults).toEqual([])
  })

  it('back and forth leaves the newest of each Region alone to be remembered', async () => {
    await regions.create({}, EU, AP)
    // It hears of the last one alone.
    regions.cut.add(AP)
    for (const to of [EU, HOME, EU, HOME, EU]) {
      regions.clock.advance(1_000)
      await reprimary({ to }, { region: to === EU ? HOME : EU })
      await regions.settle()
    }
    const { replicas = [] } = (await regions.headIn(EU)).replication ?? {}
    const [ofAp, ofHome] = [AP, HOME].map((here) => replicas.find(({ region }) => region === here))
    expect(ofAp?.takenOverFrom?.map(({ region }) => region)).toEqual([HOME, EU])
    expect(ofAp?.takenOverFrom?.[0]?.stamp).toEqual(ofHome?.absorbed)
    regions.cut.clear()
    await put('last', EU)
    await regions.settle()
    expect(await regions.value(AP)).toBe('last')
    expect(await regions.statuses(EU)).toEqual({ [HOME]: 'InSync', [AP]: 'InSync' })
  })

  it('SM-REPLICA-14 does not rotate until it is told to, and keeps the settings', async () => {
    await regions.create({}, EU)
    const functionArn = `arn:aws:lambda:${HOME}:${ACCOUNT}:function:f`
    const head = await regions.headIn(HOME)
    const rotation = { isEnabled: true, base: 0, functionArn, rules: { automaticallyAfterDays: 30 }, runs: 3 }
    await regions.store.commit({ head: { ...head, revision: head.revision + 1, rotation }, put: [], drop: [] })
    await regions.settle()
    const shown = (region: string) => regions.call('DescribeSecret', { SecretId: NAME }, region)
    expect(await shown(EU)).toMatchObject({ RotationEnabled: true, RotationLambdaARN: functionArn })
    await reprimary({ to: EU })
    await regions.settle()
    for (const region of [HOME, EU])
      expect(await shown(region)).toMatchObject({ RotationEnabled: false, RotationLambdaARN: functionArn })
    expect((await regions.headIn(EU)).rotation).not.toHaveProperty('due')
  })

  it('SM-REPLICA-04 leaves a copy with the key that was wished for it, made or not yet', async () => {
    const KmsKeyId = regions.keys.addKey('theirs', ACCOUNT, AP)
    regions.cut.add(AP)
    await regions.create({ AddReplicaRegions: [{ Region: EU }, { Region: AP, KmsKeyId }] })
    await reprimary({ to: EU })
    await regions.settle()
    regions.cut.clear()
    await regions.settle()
    expect(await regions.headIn(AP)).toMatchObject({ kmsKeyId: KmsKeyId, replication: { source: { region: EU } } })
  })

  it('does not carry a force on', async () => {
    await regions.call('CreateSecret', { Name: NAME, SecretString: 'local' }, AP)
    regions.cut.add(AP)
    await regions.create({}, EU)
    await regions.call('ReplicateSecretToRegions', {
      SecretId: NAME,
      AddReplicaRegions: [{ Region: AP }],
      ForceOverwriteReplicaSecret: true,
    })
    await regions.settle()
    await reprimary({ to: EU })
    await regions.settle()
    regions.cut.clear()
    await regions.settle()
    expect(await regions.value(AP)).toBe('local')
  })

  it('goes on with removals that were not confirmed, also of a copy of the one before the last', async () => {
    await regions.create({}, EU, AP)
    regions.cut.add(AP)
    await reprimary({ to: EU })
    await regions.settle()
    regions.clock.advance(1_000)
    await reprimary({ to: HOME }, { region: EU })
    await regions.settle()
    await regions.call('RemoveRegionsFromReplication', { SecretId: NAME, RemoveReplicaRegions: [AP] })
    await regions.settle()
    regions.cut.clear()
    await regions.settle()
    expect(await regions.head(AP)).toBeUndefined()
    expect((await regions.headIn(HOME)).replication).not.toHaveProperty('leaving')
  })

  it('that is taken back before it has happened does not happen', async () => {
    await regions.create({}, EU)
    await reprimary({ to: EU })
    await regions.call('StopReplicationToReplica', { SecretId: NAME })
    await regions.settle()
    await put('second')
    await regions.settle()
    expect(await roles()).toMatchObject({ [HOME]: 'none', [EU]: HOME })
    expect(await regions.value(EU)).toBe('second')
  })

  it('that is taken back when it has happened leaves two secrets, and the new primary says so', async () => {
    await regions.create({}, EU)
    await reprimary({ to: EU })
    await regions.deliver()
    await regions.reconcile(EU)
    await regions.call('StopReplicationToReplica', { SecretId: NAME })
    await regions.settle()
    expect(await roles()).toMatchObject({ [HOME]: 'none', [EU]: 'none' })
    expect(await regions.statuses(EU)).toEqual({ [HOME]: expect.stringMatching(/^Failed: .*already exists/) as string })
    expect(regions.faults).toEqual([])
  })
})

describe('a promoted secret that is reunited with its former primary', () => {
  beforeEach(async () => {
    await regions.create({ ClientRequestToken: token('first') }, EU)
    await promote()
  })

  it.each<[string, string[], string[], string[]]>([
    ['nothing has changed', [], [], ['AWSCURRENT: first']],
    ['the one that steps down has changed', ['h'], [], ['AWSPREVIOUS: first', 'AWSCURRENT: h']],
    ['the other has changed', [], ['e'], ['AWSPREVIOUS: first', 'AWSCURRENT: e']],
  ])('has all when %s', async (_, inHome, inEu, expected) => {
    for (const text of inHome) await put(text)
    for (const text of inEu) await put(text, EU)
    await reprimary({ to: EU })
    await regions.settle()
    for (const region of [HOME, EU]) expect(await valuesIn(region)).toEqual(expected)
    expect(await roles()).toMatchObject({ [HOME]: EU, [EU]: 'none' })
    expect(await regions.statuses(EU)).toEqual({ [HOME]: 'InSync' })
    await put('later', EU)
    await regions.settle()
    expect(await regions.value(HOME)).toBe('later')
    expect(regions.faults).toEqual([])
  })

  describe('when both have changed', () => {
    beforeEach(async () => {
      await put('h')
      await put('e', EU)
      await regions.call('UpdateSecret', { SecretId: NAME, Description: 'of home' })
      await regions.call('TagResource', { SecretId: NAME, Tags: [{ Key: 'side', Value: 'eu' }] }, EU)
    })

    it.each<['this' | 'other', string[], object]>([
      ['this', ['AWSPREVIOUS: first', 'AWSCURRENT: h', `diverged-${EU}: e`], { Description: 'of home' }],
      [
        'other',
        ['AWSPREVIOUS: first', `diverged-${HOME}: h`, 'AWSCURRENT: e'],
        { Tags: [{ Key: 'side', Value: 'eu' }] },
      ],
    ])('and %s wins keeps the versions of both, and the metadata of the winner', async (winner, expected, metadata) => {
      await reprimary({ to: EU, winner })
      await regions.settle()
      for (const region of [HOME, EU]) {
        expect(await valuesIn(region)).toEqual(expected)
        const shown = await regions.call('DescribeSecret', { SecretId: NAME }, region)
        expect(shown).toMatchObject({ ...metadata, PrimaryRegion: EU })
        expect('Description' in shown && 'Tags' in shown).toBe(false)
      }
      expect(regions.faults).toEqual([])
    })

    it('keeps what was written in the Region that goes on after it was asked', async () => {
      await reprimary({ to: EU, winner: 'this' })
      await put('late', EU)
      await regions.settle()
      for (const region of [HOME, EU])
        expect(await valuesIn(region)).toEqual(['AWSPREVIOUS: first', 'AWSCURRENT: h', '-: e', `diverged-${EU}: late`])
    })

    it('waits for values that are on their way, and loses none', async () => {
      await put('h2')
      await reprimary({ to: EU, winner: 'other' })
      await regions.deliver()
      const store = withMethods(regions.store, { readValue: async () => undefined })
      expect(await regions.reconcile(EU, { store })).toMatchObject({ isWaiting: true })
      await regions.settle()
      expect(await valuesIn(EU)).toEqual(['AWSPREVIOUS: first', '-: h', 'AWSCURRENT: e', `diverged-${HOME}: h2`])
      expect(await valuesIn(HOME)).toEqual(await valuesIn(EU))
    })

    it('waits for a value that can not be opened, also one without a label: nobody else has it', async () => {
      const KmsKeyId = regions.keys.addKey('former')
      await regions.call('UpdateSecret', { SecretId: NAME, KmsKeyId })
      for (const text of ['h2', 'h3', 'h4']) await put(text)
      await regions.call('UpdateSecret', { SecretId: NAME, KmsKeyId: '' })
      regions.keys.fail(KmsKeyId, 'unwrap', 'unusable')
      await reprimary({ to: EU, winner: 'other' })
      await regions.deliver()
      const before = await regions.headIn(EU)
      expect(await regions.reconcile(EU)).toMatchObject({ steps: ['failed'], isWaiting: false })
      expect(await regions.headIn(EU)).toEqual(before)
      // It is told, tried again after a pause, and no fault of this Region.
      const trouble = {
        message: expect.stringMatching(/can't be opened with its key in us-east-1/),
        retryAt: expect.any(Number),
      }
      expect(await regions.link(EU)).toMatchObject({ trouble })
      expect((await regions.reconcile(EU)).steps).toEqual([])
      expect(regions.faults).toEqual([])
      expect(await regions.value(HOME)).toBe('h4')
    })

    it('tells both Regions why it does not go on, and goes on by itself when it can', async () => {
      const keys = withMethods(regions.keys, {
        unwrapDataKey: async () => Promise.reject(new Error('socket hang up')),
      })
      await reprimary({ to: EU, winner: 'this' })
      await regions.deliver()
      expect(await regions.reconcile(EU, { keys })).toMatchObject({ steps: ['failed'], isWaiting: false })
      await regions.settle()
      const trouble = {
        region: EU,
        message: expect.stringContaining('tried again') as string,
        retryAt: new Date(regions.clock.now() + 5 * MINUTE).toISOString(),
      }
      for (const region of [HOME, EU]) expect(await show({ region })).toMatchObject({ trouble })
      expect(regions.faults).toHaveLength(1)
      regions.clock.advance(5 * MINUTE - 1)
      expect((await regions.settle())[EU]).toBeUndefined()
      regions.clock.advance(1)
      expect((await regions.settle())[EU]).toContain('absorbed')
      expect(await regions.value(EU)).toBe('h')
      for (const region of [HOME, EU]) expect(await show({ region })).not.toHaveProperty('trouble')
    })

    it('waits for a lost value as long as it may be on its way, and then tells of it', async () => {
      await put('h2')
      await reprimary({ to: EU, winner: 'other' })
      await regions.deliver()
      const store = withMethods(regions.store, { readValue: async () => undefined })
      regions.clock.advance(15 * MINUTE - 1)
      expect(await regions.reconcile(EU, { store })).toMatchObject({ isWaiting: true })
      expect(await regions.link(EU)).not.toHaveProperty('trouble')
      regions.clock.advance(1)
      expect(await regions.reconcile(EU, { store })).toMatchObject({ steps: ['failed'], isWaiting: false })
      expect(await regions.link(EU)).toHaveProperty('trouble')
    })

    it('is wound up without a mark where there is no room for one more label', async () => {
      const labels = Array.from({ length: 18 }, (_, index) => `L${index}`)
      for (const label of labels)
        await regions.call(
          'UpdateSecretVersionStage',
          { SecretId: NAME, VersionStage: label, MoveToVersionId: token('e') },
          EU,
        )
      await reprimary({ to: EU, winner: 'other' })
      await regions.settle()
      const values = await valuesIn(EU)
      expect(values).toContain('-: h')
      expect(values.join()).not.toContain('diverged')
    })
  })

  it('keeps both values that were written with one token on the two sides', async () => {
    const one = { ClientRequestToken: token('same') }
    await put('h', HOME, one)
    await put('e', EU, one)
    await reprimary({ to: EU, winner: 'other' })
    await regions.settle()
    for (const region of [HOME, EU])
      expect(await valuesIn(region)).toEqual(['AWSPREVIOUS: first', `diverged-${HOME}: h`, 'AWSCURRENT: e'])
    expect(await regions.value(HOME, { VersionId: token('same') })).toBe('e')
  })

  it('becomes a copy again by force with the values of its primary, also under a token that both have used', async () => {
    const same = (SecretString: string, region: string) =>
      regions.call('PutSecretValue', { SecretId: NAME, SecretString, ClientRequestToken: token('same') }, region)
    await same('h', HOME)
    await same('e', EU)
    await regions.call('ReplicateSecretToRegions', {
      SecretId: NAME,
      AddReplicaRegions: [{ Region: EU }],
      ForceOverwriteReplicaSecret: true,
    })
    await regions.settle()
    expect(await regions.value(EU)).toBe('h')
  })

  it('becomes a copy again by force, and then has what its primary has', async () => {
    await put('e', EU)
    await put('h')
    const input = { SecretId: NAME, AddReplicaRegions: [{ Region: EU }] }
    await regions.call('ReplicateSecretToRegions', input)
    await regions.settle()
    expect((await regions.statuses())[EU]).toMatch(/^Failed: Secret with this name already exists/)
    expect(await regions.value(EU)).toBe('e')
    await regions.call('ReplicateSecretToRegions', { ...input, ForceOverwriteReplicaSecret: true })
    await regions.settle()
    expect(await valuesIn(EU)).toEqual(['AWSPREVIOUS: first', 'AWSCURRENT: h'])
    expect(await regions.statuses()).toEqual({ [EU]: 'InSync' })
    expect(regions.faults).toEqual([])
  })
})
