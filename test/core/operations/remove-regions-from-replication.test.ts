import { AP, EU, HOME, makeRegions, NAME, type Regions } from '../replication/support/regions.ts'

let regions: Regions
beforeEach(() => (regions = makeRegions()))
afterEach(() => regions.close())

const remove = (RemoveReplicaRegions: readonly string[]) =>
  regions.call('RemoveRegionsFromReplication', { SecretId: NAME, RemoveReplicaRegions })

describe('RemoveRegionsFromReplication', () => {
  it('SM-REPLICA-09 answers with the ARN and what remains', async () => {
    const ARN = await regions.create({}, EU, AP)
    expect(await remove([EU])).toEqual({
      ARN,
      ReplicationStatus: [
        {
          Region: AP,
          KmsKeyId: 'alias/aws/secretsmanager',
          Status: 'InSync',
          StatusMessage: 'Replication succeeded',
        },
      ],
    })
    expect(await remove([AP])).toEqual({ ARN, ReplicationStatus: [] })
    expect(await regions.call('DescribeSecret', { SecretId: NAME })).not.toHaveProperty('PrimaryRegion')
  })

  it('SM-REPLICA-09 passes over Regions that are no replicas, and changes nothing then', async () => {
    const ARN = await regions.create({}, EU)
    const { revision } = await regions.headIn(HOME)
    expect(await remove([AP, HOME, 'eu-north-1'])).toMatchObject({
      ARN,
      ReplicationStatus: [{ Region: EU, Status: 'InSync' }],
    })
    expect((await regions.headIn(HOME)).revision).toBe(revision)
  })

  it('SM-REPLICA-09 of a secret without replicas succeeds', async () => {
    const ARN = await regions.create()
    expect(await remove([EU])).toEqual({ ARN, ReplicationStatus: [] })
  })

  it.each<[string, readonly string[]]>([
    ['no Region', []],
    ['a Region that is none', ['Mars']],
  ])('SM-REPLICA-08 refuses %s by the shape of the request', async (_, given) => {
    await regions.create({}, EU)
    await expect(remove(given)).rejects.toMatchObject({
      code: expect.stringMatching(/Validation|InvalidParameter/) as string,
    })
  })

  it('needs a secret that is there', async () => {
    await expect(remove([EU])).rejects.toMatchObject({ code: 'ResourceNotFoundException' })
  })

  it('SM-REPLICA-10 leaves a promoted secret alone that the primary has not heard of', async () => {
    await regions.create({}, EU)
    await regions.call('StopReplicationToReplica', { SecretId: NAME }, EU)
    await remove([EU])
    await regions.settle()
    expect(await regions.value(EU)).toBe('first')
    expect((await regions.headIn(HOME)).replication).not.toHaveProperty('leaving')
  })

  it('SM-DELETE-08 lets the secret be deleted then', async () => {
    const ARN = await regions.create({}, EU, AP)
    const refusal = {
      code: 'InvalidParameterException',
      message: `You can't delete secret ${ARN} that still has replica regions [${AP}, ${EU}].`,
    }
    for (const input of [{}, { ForceDeleteWithoutRecovery: true }])
      await expect(regions.call('DeleteSecret', { SecretId: NAME, ...input })).rejects.toMatchObject(refusal)
    await remove([EU, AP])
    await regions.call('DeleteSecret', { SecretId: NAME, ForceDeleteWithoutRecovery: true })
    await regions.settle()
    expect([await regions.head(HOME), await regions.head(EU), await regions.head(AP)]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })
})
