/**
 * What clients of the deployment do, in stories that reach what the conformance suite does not.
 * @module
 */
import { IAM } from '@aws-sdk/client-iam'
import { KMS } from '@aws-sdk/client-kms'
import type { SecretsManager } from '@aws-sdk/client-secrets-manager'
import { createSecretsManager } from '../../../client/create-client.ts'
import { secretValue, uniqueName, versionId } from '../../conformance/target.ts'
import { ADMIN } from './child-sandbox.ts'

/** A second Region of the deployment. */
export interface Elsewhere {
  readonly region: string
  readonly client: SecretsManager
  readonly settle: () => Promise<unknown>
}

/**
 * Calls each operation once at least, and checks that they see each other's work.
 * @param elsewhere where copies are made; without it the operations of replication are left out
 * @returns how many there were
 */
export async function everyOperation(client: SecretsManager, elsewhere?: Elsewhere): Promise<number> {
  const called = new Set<string>()
  for (const each of elsewhere ? [client, elsewhere.client] : [client])
    each.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          called.add(commandName ?? '')
          return next(args)
        },
      { step: 'initialize' },
    )
  const Name = uniqueName('paths')
  const [first, second] = [secretValue('first'), secretValue('second')]
  const made = await client.createSecret({ Name, SecretString: first })
  expect((await client.getSecretValue({ SecretId: Name })).SecretString).toBe(first)
  const put = await client.putSecretValue({ SecretId: made.ARN, SecretString: second })
  expect(put.VersionStages).toEqual(['AWSCURRENT'])
  await client.updateSecretVersionStage({
    SecretId: Name,
    VersionStage: 'AWSCURRENT',
    MoveToVersionId: made.VersionId,
    RemoveFromVersionId: put.VersionId,
  })
  const { SecretValues } = await client.batchGetSecretValue({ SecretIdList: [Name] })
  expect(SecretValues?.map(({ SecretString }) => SecretString)).toEqual([first])
  await client.updateSecret({ SecretId: Name, Description: 'by path' })
  await client.tagResource({ SecretId: Name, Tags: [{ Key: 'a', Value: 'b' }] })
  expect(await client.describeSecret({ SecretId: Name })).toMatchObject({
    Description: 'by path',
    Tags: [{ Key: 'a' }],
  })
  await client.untagResource({ SecretId: Name, TagKeys: ['a'] })
  const { SecretList } = await client.listSecrets({ Filters: [{ Key: 'name', Values: [Name] }] })
  expect(SecretList?.map(({ ARN }) => ARN)).toEqual([made.ARN])
  expect((await client.listSecretVersionIds({ SecretId: Name })).Versions).toHaveLength(2)
  const statement = { Effect: 'Allow', Principal: '*', Action: 'secretsmanager:DescribeSecret', Resource: '*' }
  const ResourcePolicy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
  const { PolicyValidationPassed } = await client.validateResourcePolicy({ SecretId: Name, ResourcePolicy })
  expect(PolicyValidationPassed).toBe(false)
  await client.putResourcePolicy({ SecretId: Name, ResourcePolicy })
  expect((await client.getResourcePolicy({ SecretId: Name })).ResourcePolicy).toBe(ResourcePolicy)
  await client.deleteResourcePolicy({ SecretId: Name })
  expect((await client.getRandomPassword({})).RandomPassword).toHaveLength(32)
  await rotated(client, made.ARN!)
  await client.cancelRotateSecret({ SecretId: Name })
  if (elsewhere) await copied(client, Name, elsewhere)
  await client.deleteSecret({ SecretId: Name, RecoveryWindowInDays: 7 })
  await client.restoreSecret({ SecretId: Name })
  await client.deleteSecret({ SecretId: Name, ForceDeleteWithoutRecovery: true })
  return called.size
}

/** There and away, and there again as a secret of its own. */
async function copied(
  client: SecretsManager,
  SecretId: string,
  { region, client: there, settle }: Elsewhere,
): Promise<void> {
  const replicate = async (): Promise<void> => {
    await client.replicateSecretToRegions({ SecretId, AddReplicaRegions: [{ Region: region }] })
    await settle()
    const [value, copy] = await Promise.all([client, there].map((each) => each.getSecretValue({ SecretId })))
    expect(copy?.SecretString).toBe(value?.SecretString)
  }
  await replicate()
  await client.removeRegionsFromReplication({ SecretId, RemoveReplicaRegions: [region] })
  await settle()
  await expect(there.getSecretValue({ SecretId })).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  await replicate()
  await there.stopReplicationToReplica({ SecretId })
  await settle()
  await there.deleteSecret({ SecretId, ForceDeleteWithoutRecovery: true })
}

/** By the deployment's own function, to the end. */
async function rotated(client: SecretsManager, SecretId: string): Promise<void> {
  const [, , , region, account] = SecretId.split(':')
  await client.rotateSecret({
    SecretId,
    RotationLambdaARN: `arn:aws:lambda:${region}:${account}:function:coffer-managed-rotation`,
    ExternalSecretRotationMetadata: [{ Key: 'strategy', Value: 'generic' }],
  })
  for (let left = 200; (await client.describeSecret({ SecretId })).LastRotatedDate === undefined; left--) {
    expect(left).toBeGreaterThan(0)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** An operation, asked of a secret that is not there. */
const ASKING: Readonly<Record<string, (client: SecretsManager) => Promise<unknown>>> = (() => {
  const SecretId = 'nobody'
  const ResourcePolicy = '{"Version":"2012-10-17","Statement":[]}'
  const RemoveFromVersionId = versionId('any')
  return {
    BatchGetSecretValue: (client) => client.batchGetSecretValue({ SecretIdList: [SecretId] }),
    CancelRotateSecret: (client) => client.cancelRotateSecret({ SecretId }),
    CreateSecret: (client) => client.createSecret({ Name: SecretId }),
    DeleteResourcePolicy: (client) => client.deleteResourcePolicy({ SecretId }),
    DeleteSecret: (client) => client.deleteSecret({ SecretId }),
    DescribeSecret: (client) => client.describeSecret({ SecretId }),
    GetRandomPassword: (client) => client.getRandomPassword({}),
    GetResourcePolicy: (client) => client.getResourcePolicy({ SecretId }),
    GetSecretValue: (client) => client.getSecretValue({ SecretId }),
    ListSecrets: (client) => client.listSecrets({}),
    ListSecretVersionIds: (client) => client.listSecretVersionIds({ SecretId }),
    PutResourcePolicy: (client) => client.putResourcePolicy({ SecretId, ResourcePolicy }),
    PutSecretValue: (client) => client.putSecretValue({ SecretId, SecretString: 'x' }),
    RemoveRegionsFromReplication: (client) =>
      client.removeRegionsFromReplication({ SecretId, RemoveReplicaRegions: ['us-east-1'] }),
    ReplicateSecretToRegions: (client) =>
      client.replicateSecretToRegions({ SecretId, AddReplicaRegions: [{ Region: 'us-east-1' }] }),
    RestoreSecret: (client) => client.restoreSecret({ SecretId }),
    RotateSecret: (client) => client.rotateSecret({ SecretId }),
    StopReplicationToReplica: (client) => client.stopReplicationToReplica({ SecretId }),
    TagResource: (client) => client.tagResource({ SecretId, Tags: [{ Key: 'a', Value: 'b' }] }),
    UntagResource: (client) => client.untagResource({ SecretId, TagKeys: ['a'] }),
    UpdateSecret: (client) => client.updateSecret({ SecretId, Description: 'x' }),
    UpdateSecretVersionStage: (client) =>
      client.updateSecretVersionStage({ SecretId, VersionStage: 'a', RemoveFromVersionId }),
    ValidateResourcePolicy: (client) => client.validateResourcePolicy({ SecretId, ResourcePolicy }),
  }
})()

/**
 * For each operation somebody whom nobody knows yet, and who may call the API and nothing else: each function looks for them itself. Then they leave again.
 * @returns the operations that refused them
 */
export async function newcomers({ url, kmsUrl, region, advanceClock }: Place): Promise<readonly string[]> {
  const iam = new IAM({ endpoint: kmsUrl, region: 'us-east-1', credentials: ADMIN, maxAttempts: 1 })
  const PolicyName = 'api'
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: '*' }],
  })
  const refused: string[] = []
  for (const [operation, ask] of Object.entries(ASKING)) {
    const UserName = `newcomer-${operation}`
    await iam.createUser({ UserName })
    await iam.putUserPolicy({ UserName, PolicyName, PolicyDocument })
    const { AccessKeyId, SecretAccessKey } = (await iam.createAccessKey({ UserName })).AccessKey!
    const credentials = { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey! }
    const client = createSecretsManager({ endpoint: url, region, credentials, maxAttempts: 1 })
    await ask(client).catch((error: unknown) => {
      if (String(error).includes(`perform: secretsmanager:${operation} `)) refused.push(operation)
    })
    client.destroy()
    await iam.deleteAccessKey({ UserName, AccessKeyId: AccessKeyId! })
    await iam.deleteUserPolicy({ UserName, PolicyName })
  }
  await advanceClock(60_000)
  for (const operation of Object.keys(ASKING)) await iam.deleteUser({ UserName: `newcomer-${operation}` })
  await advanceClock(60_000)
  iam.destroy()
  return refused
}

export interface Place {
  readonly url: string
  readonly kmsUrl: string
  readonly region: string
  readonly advanceClock: (milliseconds: number) => Promise<void>
  readonly addFault: (fault: Readonly<Record<string, unknown>>) => Promise<unknown>
}

const DAY = 86_400_000
/** More than fits into the head item. */
const big = (): string => secretValue('big').padEnd(20_000, '.')

export async function rareStory({ url, kmsUrl, region, advanceClock, addFault }: Place): Promise<void> {
  const client = createSecretsManager({ endpoint: url, region, credentials: ADMIN, maxAttempts: 1 })
  const kms = new KMS({ endpoint: kmsUrl, region, credentials: ADMIN, maxAttempts: 1 })
  try {
    await bigValues(client)
    await manyVersions(client, advanceClock)
    // All have looked before the first has made its key.
    for (const name of ['coffer-create-secret', 'coffer-update-secret'])
      await addFault({ service: 'kms', operation: 'CreateKey', function: name, delayMs: 700, count: 4 })
    await races(client, kms)
    await scheduled(client)
    await advanceClock(2 * DAY)
    await advanceClock(10 * DAY)
  } finally {
    client.destroy()
    kms.destroy()
  }
}

/** Big values are items of their own; repeated writes are compared with them. */
async function bigValues(client: SecretsManager): Promise<void> {
  const Name = uniqueName('big')
  const [first, second] = [big(), big()]
  const creation = { Name, SecretString: first, ClientRequestToken: versionId('v1') }
  const made = await client.createSecret(creation)
  expect((await client.createSecret(creation)).VersionId).toBe(made.VersionId)
  const writing = { SecretId: Name, SecretString: second, ClientRequestToken: versionId('v2') }
  await client.putSecretValue(writing)
  expect((await client.putSecretValue(writing)).VersionId).toBe(writing.ClientRequestToken)
  const { SecretValues } = await client.batchGetSecretValue({ SecretIdList: [Name] })
  expect(SecretValues?.[0]?.SecretString).toBe(second)
  await client.deleteSecret({ SecretId: Name, ForceDeleteWithoutRecovery: true })
}

/** The sweeper purges them, with their value items, when their recovery window is over; the change feed sees each condemned, too, and may be first at some. */
async function scheduled(client: SecretsManager): Promise<void> {
  for (let count = 0; count < 4; count++) {
    const Name = uniqueName('scheduled')
    await client.createSecret({ Name, SecretString: big() })
    await client.putSecretValue({ SecretId: Name, SecretString: big() })
    await client.deleteSecret({ SecretId: Name, RecoveryWindowInDays: 7 })
  }
}

/** More versions than a secret keeps: the oldest without a label go, with their values. */
async function manyVersions(client: SecretsManager, advanceClock: Place['advanceClock']): Promise<void> {
  const { ARN: SecretId } = await client.createSecret({ Name: uniqueName('many'), SecretString: secretValue() })
  const write = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index++) await client.putSecretValue({ SecretId, SecretString: secretValue() })
  }
  await write(99)
  // A version is kept for a day at least.
  await advanceClock(2 * DAY)
  await rotated(client, SecretId!)
  await write(3)
  const { Versions } = await client.listSecretVersionIds({ SecretId, IncludeDeprecated: true, MaxResults: 100 })
  expect(Versions).toHaveLength(100)
}

/** Whoever makes a key and then loses takes it back. Both calls run at once, also the first time: a slow CreateKey keeps one thread busy while the other starts. */
async function races(client: SecretsManager, kms: KMS): Promise<void> {
  const together = <T>(work: (index: number) => Promise<T>) => Promise.allSettled([0, 1].map(work))
  const succeeded = (outcomes: readonly { status: string }[]): number =>
    outcomes.filter(({ status }) => status === 'fulfilled').length
  const create = (Name: string) => client.createSecret({ Name, SecretString: secretValue() })
  expect(succeeded(await together(() => create(uniqueName('calm'))))).toBe(2)
  const contended = uniqueName('race')
  expect(succeeded(await together(() => create(contended)))).toBe(1)

  const KmsKeyId = (await kms.createKey({})).KeyMetadata!.Arn!
  const keyed = async () =>
    (await client.createSecret({ Name: uniqueName('race'), SecretString: secretValue(), KmsKeyId })).ARN!
  // From a customer key back to a key of the service.
  const giveBack = (SecretId: string) => client.updateSecret({ SecretId, KmsKeyId: 'alias/aws/secretsmanager' })
  const secrets = [await keyed(), await keyed(), await keyed()]
  expect(succeeded(await together((index) => giveBack(secrets[index]!)))).toBe(2)
  await together(() => giveBack(secrets[2]!))
}
