import { sweepKeys, sweepPurges, sweepValues, type Walked } from '../../lambda/core/sweeper.ts'
import { makeCoffer, token } from '../support/coffer.ts'

const DAY = 86_400_000

describe('the sweeper', () => {
  it('SM-CLEAN-02 removes value items that no head names once they are a day old, and no others', async () => {
    const coffer = makeCoffer()
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v', ClientRequestToken: token('v1') })
    await coffer.call('PutSecretValue', { SecretId: 'a', SecretString: 'w' })
    const stored = (await coffer.store.load({ account: '123456789012', region: 'us-east-1', name: 'a' }))!
    const orphan = { id: 'left.behind', sealed: new Uint8Array(3) }
    await coffer.store.commit({ head: { ...stored.head, revision: stored.head.revision + 1 }, put: [orphan], drop: [] })
    expect((await sweepValues(coffer.services)).done).toBe(0)
    coffer.clock.advance(DAY)
    expect((await sweepValues(coffer.services)).done).toBe(1)
    expect((await coffer.store.scanValues(undefined, 10)).map(({ ref }) => ref.id)).toEqual([
      expect.stringContaining('v1'),
    ])
    expect((await coffer.call('GetSecretValue', { SecretId: 'a', VersionStage: 'AWSPREVIOUS' })).SecretString).toBe('v')
    coffer.close()
  })

  it('SM-CLEAN-02 can stop after any page and go on from there', async () => {
    const coffer = makeCoffer()
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v' })
    const stored = (await coffer.store.load({ account: '123456789012', region: 'us-east-1', name: 'a' }))!
    const put = Array.from({ length: 1_200 }, (_, index) => ({ id: `left.${index}`, sealed: new Uint8Array(1) }))
    await coffer.store.commit({ head: { ...stored.head, revision: stored.head.revision + 1 }, put, drop: [] })
    coffer.clock.advance(DAY)
    const reached: string[] = []
    const stopAtOnce = { reached: async (position: string) => reached.push(position) === 0 }
    const first = await sweepValues(coffer.services, stopAtOnce)
    expect(first).toEqual({ done: 500, faults: [], position: reached[0] })
    const second = await sweepValues(coffer.services, { ...stopAtOnce, after: first.position })
    expect(second.done).toBe(500)
    expect(await sweepValues(coffer.services, { after: second.position })).toEqual({ done: 200, faults: [] })
    expect(await coffer.store.scanValues(undefined, 1)).toEqual([])
    coffer.close()
  })

  it('SM-CLEAN-03 retires dedicated keys that no head names once they are a day old, and no others', async () => {
    const coffer = makeCoffer()
    const { ARN } = await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v' })
    const ofNobody = await coffer.keys.serviceKey({ secretArn: String(ARN).replace(':a-', ':b-') })
    const ofAnEarlierTry = await coffer.keys.serviceKey({ secretArn: String(ARN) })
    const young = await coffer.keys.serviceKey({ secretArn: String(ARN) })
    coffer.keys.made.at(-1)!.createdAt = coffer.clock.now()
    expect((await sweepKeys(coffer.services)).done).toBe(2)
    expect(coffer.keys.retired.sort()).toEqual([ofNobody, ofAnEarlierTry].sort())
    expect(coffer.keys.retired).not.toContain(young)
    coffer.close()
  })

  it('SM-CLEAN-03 retires nothing when it is the heads that are missing, and says so', async () => {
    const coffer = makeCoffer()
    for (let index = 0; index < 30; index++) await coffer.call('CreateSecret', { Name: `s${index}`, SecretString: 'v' })
    coffer.clock.advance(2 * DAY)
    expect(await sweepKeys(coffer.services)).toEqual({ done: 0, faults: [] })
    const empty = makeCoffer()
    const { done, faults } = await sweepKeys({ ...coffer.services, store: empty.store })
    expect(done).toBe(0)
    expect(faults).toEqual([expect.objectContaining({ name: 'TooManyOrphans' })])
    expect(coffer.keys.retired).toEqual([])
    for (const each of [coffer, empty]) each.close()
  })

  it.each([
    [2, 0, true],
    [3, 3, true],
    [3, 2, false],
    [20, 20, true],
    [21, 100, false],
    [21, 189, true],
  ])('SM-CLEAN-03 of %i keys without a head beside %i with one: retired %s', async (orphans, named, isRetired) => {
    const coffer = makeCoffer()
    for (let index = 0; index < named; index++)
      await coffer.call('CreateSecret', { Name: `s${index}`, SecretString: 'v' })
    for (let index = 0; index < orphans; index++)
      await coffer.keys.serviceKey({
        secretArn: `arn:aws:secretsmanager:us-east-1:123456789012:secret:o${index}-AbCdEf`,
      })
    coffer.clock.advance(2 * DAY)
    expect((await sweepKeys(coffer.services)).done).toBe(isRetired ? orphans : 0)
    coffer.close()
  })

  it('purges the others when a hundred cannot be purged', async () => {
    const coffer = makeCoffer({ purgesLater: true })
    for (let index = 0; index < 130; index++) {
      await coffer.call('CreateSecret', { Name: `s${index}`, SecretString: 'v' })
      await coffer.call('DeleteSecret', { SecretId: `s${index}`, ForceDeleteWithoutRecovery: true })
    }
    const stuck = new Set(coffer.keys.made.slice(0, 110).map(({ keyArn }) => keyArn))
    const retire = coffer.keys.retireServiceKey.bind(coffer.keys)
    jest.spyOn(coffer.keys, 'retireServiceKey').mockImplementation(async (keyArn) => {
      if (stuck.has(keyArn)) throw new Error('forbidden')
      await retire(keyArn)
    })
    const { done, faults } = await sweepPurges(coffer.services)
    expect([done, faults.length]).toEqual([20, 110])
    coffer.close()
  })

  it('SM-CLEAN-03 leaves the key of a secret that is just being created, however far the clock jumps', async () => {
    const coffer = makeCoffer()
    const generateDataKey = coffer.keys.generateDataKey.bind(coffer.keys)
    coffer.keys.generateDataKey = async (use) => {
      coffer.clock.advance(2 * DAY)
      sweep = sweepKeys(coffer.services)
      return generateDataKey(use)
    }
    let sweep: Promise<Walked> | undefined
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v' })
    expect((await sweep)?.done).toBe(0)
    expect(coffer.keys.retired).toEqual([])
    coffer.close()
  })

  it('answers InternalServiceError, never not-found, when a value that the head names is gone', async () => {
    const coffer = makeCoffer()
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v'.repeat(9_000) })
    const [item] = await coffer.store.scanValues(undefined, 1)
    await coffer.store.dropValues([item!.ref])
    await expect(coffer.call('GetSecretValue', { SecretId: 'a' })).rejects.toMatchObject({
      status: 500,
      code: 'InternalServiceError',
    })
    coffer.close()
  })
})
