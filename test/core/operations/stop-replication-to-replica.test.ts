import { AP, EU, HOME, makeRegions, NAME, type Regions } from '../replication/support/regions.ts'

let regions: Regions
let ARN: string
beforeEach(async () => {
  regions = makeRegions()
  ARN = await regions.create({}, EU, AP)
})
afterEach(() => regions.close())

const stop = (SecretId = NAME, region = EU) => regions.call('StopReplicationToReplica', { SecretId }, region)
const put = (text: string, region: string) =>
  regions.call('PutSecretValue', { SecretId: NAME, SecretString: text }, region)

describe('StopReplicationToReplica', () => {
  it('SM-REPLICA-10 makes a secret of its own of a replica, with the same ARN and all that it has', async () => {
    const copy = ARN.replace(HOME, EU)
    expect(await stop()).toEqual({ ARN: copy })
    expect(await regions.call('DescribeSecret', { SecretId: NAME }, EU)).toMatchObject({ ARN: copy, Name: NAME })
    expect(await regions.call('DescribeSecret', { SecretId: NAME }, EU)).not.toHaveProperty('PrimaryRegion')
    expect(await regions.value(EU)).toBe('first')
  })

  it.each<[string, () => string]>([
    ['name', () => NAME],
    ['the ARN of the replica', () => ARN.replace(HOME, EU)],
    ['the ARN of the primary', () => ARN],
    ['an ARN without its last characters', () => ARN.slice(0, -7)],
  ])('SM-REPLICA-10 takes the %s', async (_, secretId) => {
    expect(await stop(secretId())).toEqual({ ARN: ARN.replace(HOME, EU) })
  })

  it('SM-REPLICA-10 the primary shows it no more, and goes on with the others', async () => {
    await stop()
    await regions.settle()
    expect(await regions.statuses()).toEqual({ [AP]: 'InSync' })
    await put('second', HOME)
    await regions.settle()
    expect([await regions.value(EU), await regions.value(AP)]).toEqual(['first', 'second'])
  })

  it('SM-REPLICA-10 the promoted secret takes writes, also while the primary is out of reach, and has replicas itself', async () => {
    regions.cut.add(HOME)
    await stop()
    await put('mine', EU)
    await regions.call('TagResource', { SecretId: NAME, Tags: [{ Key: 'k', Value: 'v' }] }, EU)
    await regions.settle()
    expect(await regions.value(EU)).toBe('mine')
    expect(await regions.value(HOME)).toBe('first')
    regions.cut.clear()
    await regions.settle()
    await regions.call(
      'ReplicateSecretToRegions',
      { SecretId: NAME, AddReplicaRegions: [{ Region: AP }], ForceOverwriteReplicaSecret: true },
      EU,
    )
    await regions.settle()
    expect(await regions.value(AP)).toBe('mine')
    expect(await regions.statuses(HOME)).toEqual({ [AP]: expect.stringMatching(/^Failed: /) as string })
  })

  it('SM-REPLICA-10 refuses what is no replica: a primary, a promoted one, and one by itself', async () => {
    const refusal = {
      code: 'InvalidRequestException',
      message: "You can't stop replication to this secret because it is not a replica.",
    }
    await expect(stop(NAME, HOME)).rejects.toMatchObject(refusal)
    await stop()
    await expect(stop()).rejects.toMatchObject(refusal)
    await regions.call('CreateSecret', { Name: 'alone', SecretString: 'v' }, EU)
    await expect(stop('alone')).rejects.toMatchObject(refusal)
  })

  it('needs a replica that is there', async () => {
    await expect(stop('none')).rejects.toMatchObject({ code: 'ResourceNotFoundException' })
    await expect(stop(`${ARN.slice(0, -6)}XXXXXX`)).rejects.toMatchObject({ code: 'ResourceNotFoundException' })
  })

  it('SM-REPLICA-10 is not undone by what the primary has written before it heard of it', async () => {
    await put('second', HOME)
    await stop()
    await regions.settle()
    expect(await regions.value(EU)).toBe('first')
    await put('mine', EU)
    await put('third', HOME)
    await regions.settle()
    expect(await regions.value(EU)).toBe('mine')
  })

  it('SM-REPLICA-14 leaves rotation off until it is turned on there', async () => {
    const head = await regions.headIn(HOME)
    const rotation = {
      isEnabled: true,
      base: 0,
      functionArn: `arn:aws:lambda:${HOME}:123456789012:function:f`,
      runs: 1,
    }
    await regions.store.commit({ head: { ...head, revision: head.revision + 1, rotation }, put: [], drop: [] })
    await regions.settle()
    expect((await regions.call('DescribeSecret', { SecretId: NAME }, EU)).RotationEnabled).toBe(true)
    await stop()
    expect((await regions.call('DescribeSecret', { SecretId: NAME }, EU)).RotationEnabled).toBe(false)
    expect((await regions.call('DescribeSecret', { SecretId: NAME }, HOME)).RotationEnabled).toBe(true)
  })

  it('a promoted secret can be deleted for good, and is not copied again', async () => {
    await stop()
    await regions.settle()
    await regions.call('DeleteSecret', { SecretId: NAME, ForceDeleteWithoutRecovery: true }, EU)
    await regions.settle()
    await put('second', HOME)
    await regions.settle()
    expect(await regions.head(EU)).toBeUndefined()
  })
})
