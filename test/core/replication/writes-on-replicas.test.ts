import type { OperationName } from '../../../lambda/core/model/secrets-manager.types.generated.ts'
import { isRefusedOnCopy, isWrite } from '../../../lambda/core/operation.ts'
import { operations } from '../../../lambda/core/operations/index.ts'
import { ACCOUNT, token } from '../../support/coffer.ts'
import { AP, EU, HOME, makeRegions, NAME, type Regions } from './support/regions.ts'

const POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: { Effect: 'Deny', Principal: '*', Action: 'secretsmanager:RotateSecret', Resource: '*' },
})
/** A call of each operation on a secret that a primary would accept. */
const inputs: Partial<Record<OperationName, object>> = {
  CancelRotateSecret: {},
  DeleteResourcePolicy: {},
  DeleteSecret: { ForceDeleteWithoutRecovery: true },
  PutResourcePolicy: { ResourcePolicy: POLICY },
  PutSecretValue: { SecretString: 'x' },
  RemoveRegionsFromReplication: { RemoveReplicaRegions: [EU] },
  ReplicateSecretToRegions: { AddReplicaRegions: [{ Region: AP }] },
  RestoreSecret: {},
  RotateSecret: { RotationLambdaARN: `arn:aws:lambda:${EU}:${ACCOUNT}:function:f` },
  TagResource: { Tags: [{ Key: 'k', Value: 'v' }] },
  UntagResource: { TagKeys: ['k'] },
  UpdateSecretVersionStage: { VersionStage: 'AWSCURRENT' },
}
const REFUSAL = {
  code: 'InvalidParameterException',
  message: "Operation not permitted on a replica secret. Call must be made in primary secret's region.",
}

let regions: Regions
let ARN: string
beforeEach(async () => {
  regions = makeRegions()
  const Tags = [{ Key: 'k', Value: 'v' }]
  ARN = (await regions.create({ ClientRequestToken: token('first'), Tags }, EU)).replace(HOME, EU)
})
afterEach(() => regions.close())

const writing = Object.values(operations).filter(
  (row) => row.resource === 'secret' && isWrite(row) && row.makesSecret !== true,
)

describe('SM-REPLICA-06 on a replica', () => {
  it('all that writes is refused, but what the operation table accepts', () => {
    const accepted = writing.filter((row) => row.resource === 'secret' && !isRefusedOnCopy(row)).map(({ name }) => name)
    expect(accepted).toEqual(['StopReplicationToReplica', 'UpdateSecret'])
    expect(writing.map(({ name }) => name).filter((name) => !accepted.includes(name))).toEqual(Object.keys(inputs))
  })

  it.each(Object.entries(inputs))(
    '%s is refused, by name and by ARN, and changes nothing',
    async (operation, input) => {
      const before = await regions.headIn(EU)
      for (const SecretId of [NAME, ARN])
        await expect(regions.call(operation, { SecretId, ...input }, EU)).rejects.toMatchObject(REFUSAL)
      await regions.settle()
      expect(await regions.headIn(EU)).toEqual(before)
    },
  )

  it('what a caller may not do is refused as that, before it is told that there is a replica', async () => {
    const stranger = { account: '999999999999', region: EU }
    const body = Buffer.from(JSON.stringify({ SecretId: ARN, SecretString: 'x', ClientRequestToken: token('t') }))
    const principal = {
      account: stranger.account,
      arn: 'arn:aws:iam::999999999999:user/x',
      userId: 'x',
      accessKeyId: 'x',
    }
    const { body: answer } = await regions.raw(
      { target: 'secretsmanager.PutSecretValue', body },
      { region: EU, principal },
    )
    expect(answer).toContain('AccessDeniedException')
  })

  it.each<[string, object]>([
    ['a description', { Description: 'x' }],
    ['a value', { SecretString: 'x', ClientRequestToken: token('t') }],
    ['a binary value', { SecretBinary: 'eA==', ClientRequestToken: token('t') }],
    ['a type', { Type: 't' }],
    ['a description beside a key', { Description: 'x', KmsKeyId: 'k' }],
  ])('SM-REPLICA-07 UpdateSecret is refused with %s', async (_, input) => {
    await expect(regions.call('UpdateSecret', { SecretId: NAME, ...input }, EU)).rejects.toMatchObject(REFUSAL)
  })

  it('SM-REPLICA-07 UpdateSecret takes a key, which is the own of the replica, and gives it back', async () => {
    const KmsKeyId = regions.keys.addKey('theirs', ACCOUNT, EU)
    expect(await regions.call('UpdateSecret', { SecretId: NAME, KmsKeyId }, EU)).toEqual({ ARN, Name: NAME })
    await regions.settle()
    expect((await regions.call('DescribeSecret', { SecretId: NAME }, EU)).KmsKeyId).toBe(KmsKeyId)
    expect(await regions.call('DescribeSecret', { SecretId: NAME })).not.toHaveProperty('KmsKeyId')
    expect((await regions.call('DescribeSecret', { SecretId: NAME })).ReplicationStatus).toMatchObject([
      { KmsKeyId, Status: 'InSync' },
    ])
    expect(await regions.value(EU)).toBe('first')
    await regions.call('UpdateSecret', { SecretId: NAME, KmsKeyId: '' }, EU)
    await regions.settle()
    expect(await regions.call('DescribeSecret', { SecretId: NAME }, EU)).not.toHaveProperty('KmsKeyId')
    expect(await regions.value(EU)).toBe('first')
  })

  it('SM-REPLICA-07 UpdateSecret refuses a key that can not be used there', async () => {
    const KmsKeyId = regions.keys.addKey('mine')
    await expect(regions.call('UpdateSecret', { SecretId: NAME, KmsKeyId }, EU)).rejects.toMatchObject({
      code: 'EncryptionFailure',
    })
    expect(await regions.value(EU)).toBe('first')
  })

  it('CreateSecret finds the name taken, also with the token of the primary', async () => {
    const create = (input: object) => regions.call('CreateSecret', { Name: NAME, SecretString: 'first', ...input }, EU)
    await expect(create({})).rejects.toMatchObject({ code: 'ResourceExistsException' })
    await expect(create({ ClientRequestToken: token('first') })).rejects.toMatchObject({
      code: 'ResourceExistsException',
    })
  })
})

describe('SM-REPLICA-12 on a replica', () => {
  it.each<[string, object]>([
    ['GetSecretValue', {}],
    ['GetSecretValue', { VersionStage: 'AWSCURRENT' }],
    ['DescribeSecret', {}],
    ['ListSecretVersionIds', {}],
    ['GetResourcePolicy', {}],
  ])('%s works, by name and by ARN', async (operation, input) => {
    for (const SecretId of [NAME, ARN])
      expect(await regions.call(operation, { SecretId, ...input }, EU)).toMatchObject({ ARN, Name: NAME })
  })

  it('BatchGetSecretValue and ListSecrets find it', async () => {
    const { SecretValues } = await regions.call('BatchGetSecretValue', { SecretIdList: [NAME] }, EU)
    expect(SecretValues).toMatchObject([{ ARN, SecretString: 'first' }])
    const { SecretList } = await regions.call('ListSecrets', {}, EU)
    expect(SecretList).toMatchObject([{ ARN, PrimaryRegion: HOME }])
  })

  it('reads call no key and no store of another Region', async () => {
    regions.keys.contexts.length = 0
    await regions.value(EU)
    expect(regions.keys.contexts).toEqual([{ SecretARN: ARN, SecretVersionId: token('first') }])
  })

  it('the ARN of the primary is not that of the replica', async () => {
    await expect(regions.call('GetSecretValue', { SecretId: ARN.replace(EU, HOME) }, EU)).rejects.toThrow()
  })
})

describe('SM-REPLICA-11 the primary Region', () => {
  it('is shown by the primary and its replicas, and by nobody else', async () => {
    await regions.call('CreateSecret', { Name: 'alone', SecretString: 'v' })
    const shown = async (SecretId: string, region: string) =>
      (await regions.call('DescribeSecret', { SecretId }, region)).PrimaryRegion
    expect([await shown(NAME, HOME), await shown(NAME, EU), await shown('alone', HOME)]).toEqual([
      HOME,
      HOME,
      undefined,
    ])
  })

  it('SM-LIST-07 is what ListSecrets can be filtered by', async () => {
    await regions.call('CreateSecret', { Name: 'alone', SecretString: 'v' }, EU)
    const names = async (region: string, ...Values: string[]) =>
      (
        (await regions.call('ListSecrets', { Filters: [{ Key: 'primary-region', Values }] }, region))
          .SecretList as readonly {
          Name: string
        }[]
      ).map(({ Name }) => Name)
    expect(await names(HOME, HOME)).toEqual([NAME])
    expect(await names(EU, HOME)).toEqual([NAME])
    expect(await names(EU, EU)).toEqual([])
  })

  it('SM-REPLICA-03 the status is shown by the primary alone', async () => {
    expect(await regions.call('DescribeSecret', { SecretId: NAME }, EU)).not.toHaveProperty('ReplicationStatus')
    expect(await regions.call('DescribeSecret', { SecretId: NAME })).toHaveProperty('ReplicationStatus')
  })
})
