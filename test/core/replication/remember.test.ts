import type { Link } from '../../../lambda/core/domain/replication.ts'
import { rememberDeparted } from '../../../lambda/core/replication/remember.ts'
import { answerOf, headIn, linkOf, SUFFIX } from './support/heads.ts'
import { AP, EU, HOME, keyIn, makeRegions, MINUTE, NAME, type Regions } from './support/regions.ts'

let regions: Regions
beforeEach(() => (regions = makeRegions()))
afterEach(() => regions.close())

const remember = async (head: ReturnType<typeof headIn>, before?: Link) => {
  if (before) await regions.services.replication.saveLink(keyIn(EU), before)
  await rememberDeparted(regions.services, head)
  return regions.link(EU)
}
const copy = headIn(EU, {
  source: { region: HOME, stamp: { born: 1, revision: 1 } },
  acted: { [HOME]: 4, [AP]: 2 },
  born: 99,
})

describe('what is remembered of a secret that goes for good', () => {
  it('is nothing of one that had nothing to do with other Regions', async () => {
    expect(await remember(headIn(EU))).toBeUndefined()
  })

  it('SM-REPLICA-05 is the requests that were acted on, so that no force acts twice', async () => {
    expect((await remember(copy))?.answers).toEqual({
      [HOME]: { suffix: SUFFIX, request: 4, acted: 4, status: 'Removed', failures: 0 },
      [AP]: { suffix: SUFFIX, request: 2, acted: 2, status: 'Detached', failures: 0 },
    })
  })

  it('leaves the answer to a later request as it is', async () => {
    const later = answerOf({ suffix: 'OtherX', request: 9, acted: 3, status: 'Failed', message: 'm' })
    expect((await remember(copy, linkOf({ answers: { [HOME]: later } })))?.answers[HOME]).toEqual({
      ...later,
      acted: 4,
    })
  })

  it('SM-REPLICA-15 is the key of a copy, which may be wanted back, and of no other secret', async () => {
    expect((await remember(copy))?.keptKey).toEqual({ suffix: SUFFIX, keyArn: copy.serviceKeyArn })
    regions.close()
    regions = makeRegions()
    expect(await remember(headIn(EU, { replicas: [], acted: { [HOME]: 4 } }))).not.toHaveProperty('keptKey')
  })

  it('SM-REPLICA-09 is which copies have not gone yet', async () => {
    const leaving = [{ region: HOME, at: 5 }]
    const link = await remember(headIn(EU, { replicas: [{ region: AP, at: 6, force: false }], leaving }))
    expect(link?.departed).toEqual([{ suffix: SUFFIX, waiting: [...leaving, { region: AP, at: 6 }] }])
  })

  it('is its place in time, and when to look at it again', async () => {
    expect(await remember(copy, linkOf({ born: 200 }))).toMatchObject({ born: 200, revision: 2 })
    expect(await remember(copy)).toMatchObject({ born: 200, checkAt: regions.clock.now() + MINUTE })
  })

  it('is kept from now on, not from when it was asked for', async () => {
    expect(await remember(copy, linkOf({ overAt: 5 }))).toMatchObject({ overAt: regions.clock.now() })
  })

  it('of copies that have not gone is as much as a link can hold: the oldest are let go', async () => {
    const waiting = [{ region: AP, at: 5 }]
    const departed = Array.from({ length: 100 }, (_, index) => ({ suffix: `Old${index}`, waiting }))
    const link = await remember(headIn(EU, { leaving: waiting }), linkOf({ departed }))
    expect(link?.departed.map(({ suffix }) => suffix)).toEqual([
      ...departed.slice(1).map(({ suffix }) => suffix),
      SUFFIX,
    ])
  })

  it('is the same when it is done again after a crash', async () => {
    const once = await remember(headIn(EU, { ...copy.replication, leaving: [{ region: AP, at: 5 }] }))
    const twice = await remember(headIn(EU, { ...copy.replication, leaving: [{ region: AP, at: 5 }] }))
    expect({ ...twice, revision: 0 }).toEqual({ ...once, revision: 0 })
  })
})

describe('SM-REPLICA-09 a primary that is deleted before its copies have gone', () => {
  const gone = async () => {
    await regions.create({}, EU)
    regions.cut.add(EU)
    await regions.call('RemoveRegionsFromReplication', { SecretId: NAME, RemoveReplicaRegions: [EU] })
    await regions.call('DeleteSecret', { SecretId: NAME, ForceDeleteWithoutRecovery: true })
    await regions.settle()
  }
  const again = (input: object = {}) => {
    regions.clock.advance(1_000)
    return regions.call('CreateSecret', { Name: NAME, SecretString: 'again', ...input })
  }
  const heal = async () => {
    regions.cut.clear()
    await regions.settle()
  }

  it('has them removed afterwards, and then has nothing to wait for', async () => {
    await gone()
    expect(await regions.head(HOME)).toBeUndefined()
    expect(await regions.value(EU)).toBe('first')
    await heal()
    expect(await regions.head(EU)).toBeUndefined()
    expect((await regions.link(HOME))?.departed).toEqual([])
  })

  it('does not keep a later secret of the name from being copied', async () => {
    await gone()
    await again({ AddReplicaRegions: [{ Region: EU }] })
    await heal()
    expect(await regions.value(EU)).toBe('again')
    expect(await regions.statuses()).toEqual({ [EU]: 'InSync' })
    expect((await regions.link(HOME))?.departed).toEqual([])
    expect(regions.faults).toEqual([])
  })

  it('is answered beside a later one that was removed as well', async () => {
    await gone()
    await again({ AddReplicaRegions: [{ Region: EU }] })
    await regions.call('RemoveRegionsFromReplication', { SecretId: NAME, RemoveReplicaRegions: [EU] })
    await heal()
    expect(await regions.head(EU)).toBeUndefined()
    expect((await regions.link(HOME))?.departed).toEqual([])
    expect((await regions.headIn(HOME)).replication).not.toHaveProperty('leaving')
    expect(regions.faults).toEqual([])
  })

  it('is answered beside a later one whose copy fails, and the failure is told once', async () => {
    await gone()
    await again({ AddReplicaRegions: [{ Region: EU, KmsKeyId: 'none' }] })
    regions.events.length = 0
    await heal()
    expect((await regions.statuses())[EU]).toMatch('Failed: ')
    expect((await regions.link(HOME))?.departed).toEqual([])
    expect(regions.eventNames()).toEqual(['ReplicationStarted', 'ReplicationFailed'])
  })

  it('whose news arrive in the wrong order comes to the same', async () => {
    await gone()
    await again({ AddReplicaRegions: [{ Region: EU }] })
    regions.cut.clear()
    await regions.deliver('head')
    expect((await regions.reconcile(EU)).steps.length).toBeLessThan(4)
    await regions.settle()
    expect(await regions.value(EU)).toBe('again')
    expect(regions.faults).toEqual([])
  })
})

const DAY = 24 * 60 * MINUTE

it('SM-REPLICA-09 of a copy that never came about nothing is remembered for ever', async () => {
  regions.cut.add(EU)
  await regions.create({}, EU)
  await regions.call('RemoveRegionsFromReplication', { SecretId: NAME, RemoveReplicaRegions: [EU] })
  regions.cut.clear()
  await regions.settle()
  expect(await regions.answer(EU)).toMatchObject({ status: 'Removed' })
  for (const days of [1, 29, 1]) {
    expect(await regions.link(EU)).toBeDefined()
    regions.clock.advance(days * DAY)
    await regions.settle()
  }
  expect(await regions.link(EU)).toBeUndefined()
  expect(await regions.head(EU)).toBeUndefined()
})

describe('SM-REPLICA-05 a promoted secret that is deleted, long after its copy was asked for by force,', () => {
  beforeEach(async () => {
    await regions.create()
    await regions.call('ReplicateSecretToRegions', {
      SecretId: NAME,
      AddReplicaRegions: [{ Region: EU }],
      ForceOverwriteReplicaSecret: true,
    })
    await regions.settle()
    regions.clock.advance(31 * DAY)
    await regions.settle()
    // The primary hears nothing of what comes now, and goes on asking.
    regions.cut.add(HOME)
    await regions.call('StopReplicationToReplica', { SecretId: NAME }, EU)
    await regions.settle()
    await regions.call('DeleteSecret', { SecretId: NAME, ForceDeleteWithoutRecovery: true }, EU)
    await regions.settle()
  })
  const looksAgain = async () => {
    regions.clock.advance(2 * MINUTE)
    return (await regions.settle())[EU] ?? []
  }

  it('is remembered, and its primary makes no other copy', async () => {
    expect(await looksAgain()).toEqual(['noted'])
    expect(await regions.head(EU)).toBeUndefined()
    expect(await regions.answer(EU)).toMatchObject({ status: 'Detached' })
    regions.cut.clear()
    await regions.settle()
    expect(await regions.head(EU)).toBeUndefined()
    expect((await regions.headIn(HOME)).replication?.replicas).toEqual([])
  })

  it('lets a new secret of the name be', async () => {
    await regions.call('CreateSecret', { Name: NAME, SecretString: 'new' }, EU)
    expect(await looksAgain()).toEqual(['noted'])
    expect(await regions.value(EU)).toBe('new')
  })
})
