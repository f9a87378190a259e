/**
 * Every operation that is offered, once or more, by the clients that can run here: against any API that asks for `execute-api`. What is wrong throws; what
 * was done is returned. Names are unique, and everything that was made is deleted.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SecretsManager } from '@aws-sdk/client-secrets-manager'
import { createSecretsManager, type ClientOptions } from '../../../client/index.ts'
import type { SigningCredentials } from '../../../local/sigv4/sign.ts'
import { run, type Ran } from '../../support/other-programs.ts'

export interface ApiTarget {
  /** With its stage or base path. */
  readonly endpoint: string
  readonly region: string
  readonly credentials: SigningCredentials
}

/** The operations that each of the three uses, in the order of the alphabet. */
export const USED_OPERATIONS = [
  'BatchGetSecretValue',
  'CreateSecret',
  'DeleteSecret',
  'DescribeSecret',
  'GetRandomPassword',
  'GetResourcePolicy',
  'GetSecretValue',
  'ListSecretVersionIds',
  'ListSecrets',
  'PutSecretValue',
  'RestoreSecret',
  'TagResource',
  'UntagResource',
  'UpdateSecret',
  'UpdateSecretVersionStage',
]

const newName = (client: string): string => `clients/${client}-${randomBytes(6).toString('hex')}x`

/** The JavaScript client. */
export async function everyOperationInJavaScript(
  { endpoint, region, credentials }: ApiTarget,
  options: Partial<ClientOptions> = {},
): Promise<void> {
  const client = createSecretsManager({ endpoint, region, credentials, ...options })
  try {
    await callEach(client, newName('js'))
  } finally {
    client.destroy()
  }
}

async function callEach(client: SecretsManager, SecretId: string): Promise<void> {
  const made = await client.createSecret({ Name: SecretId, SecretString: 'one' })
  const put = await client.putSecretValue({ SecretId, SecretString: 'two' })
  expect((await client.getSecretValue({ SecretId: made.ARN })).SecretString).toBe('two')
  await client.updateSecretVersionStage({
    SecretId,
    VersionStage: 'AWSCURRENT',
    MoveToVersionId: made.VersionId,
    RemoveFromVersionId: put.VersionId,
  })
  await client.updateSecret({ SecretId, Description: 'by a client' })
  await client.tagResource({ SecretId, Tags: [{ Key: 'team', Value: 'blue' }] })
  await client.untagResource({ SecretId, TagKeys: ['team'] })
  expect(await client.describeSecret({ SecretId })).toMatchObject({ Description: 'by a client', Tags: [] })
  expect((await client.listSecretVersionIds({ SecretId })).Versions).toHaveLength(2)
  const listed = await client.listSecrets({ Filters: [{ Key: 'name', Values: [SecretId] }] })
  expect(listed.SecretList?.map(({ Name }) => Name)).toEqual([SecretId])
  const batch = await client.batchGetSecretValue({ SecretIdList: [SecretId] })
  expect(batch.SecretValues?.map(({ SecretString }) => SecretString)).toEqual(['one'])
  expect((await client.getResourcePolicy({ SecretId })).Name).toBe(SecretId)
  expect((await client.getRandomPassword({ PasswordLength: 20 })).RandomPassword).toHaveLength(20)
  await client.deleteSecret({ SecretId, RecoveryWindowInDays: 7 })
  await expect(client.getSecretValue({ SecretId })).rejects.toMatchObject({ name: 'InvalidRequestException' })
  await client.restoreSecret({ SecretId })
  await client.deleteSecret({ SecretId, ForceDeleteWithoutRecovery: true })
}

/** What boto3 is given by the Lambda layer: the folder alone, wherever it is. */
export async function everyOperationInBoto3(target: ApiTarget): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), 'botocore-extras-'))
  try {
    cpSync('client/botocore', folder, { recursive: true })
    const environment = {
      ...environmentOf(target),
      AWS_DATA_PATH: folder,
      // As the rotation functions that AWS gives away read it.
      SECRETS_MANAGER_ENDPOINT: target.endpoint,
      AWS_DEFAULT_REGION: target.region,
      NAME: newName('boto3'),
    }
    return await run('python3', ['test/client/support/every_operation.py'], { environment })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What a person types: `coffer env` first, then the AWS CLI. */
export function everyOperationInAwsCli(target: ApiTarget): Promise<Ran> {
  const environment = {
    ...environmentOf(target),
    NODE: process.execPath,
    API_URL: target.endpoint,
    API_REGION: target.region,
    SECRET: newName('cli'),
    AWS_DEFAULT_OUTPUT: 'text',
  }
  return run('sh', ['-c', AWS_CLI_SESSION], { environment })
}

function environmentOf({ credentials }: ApiTarget): Record<string, string> {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: sessionToken }),
  }
}

/** What {@link AWS_CLI_SESSION} prints. */
export const AWS_CLI_OUTPUT = `two
by a client
2
one
1
20
ResourceNotFoundException
`

const AWS_CLI_SESSION = String.raw`
set -eu
eval "$("$NODE" bin/coffer.mjs env --shell bash --url "$API_URL" --region "$API_REGION")"
sm() { aws secretsmanager "$@"; }
of="--secret-id $SECRET"
first=$(sm create-secret --name "$SECRET" --secret-string one --query VersionId)
second=$(sm put-secret-value $of --secret-string two --query VersionId)
sm get-secret-value $of --query SecretString
sm update-secret-version-stage $of --version-stage AWSCURRENT --move-to-version-id "$first" --remove-from-version-id "$second" > /dev/null
sm update-secret $of --description 'by a client' > /dev/null
sm tag-resource $of --tags Key=team,Value=blue
sm untag-resource $of --tag-keys team
sm describe-secret $of --query Description
sm list-secret-version-ids $of --query 'length(Versions)'
sm batch-get-secret-value --secret-id-list "$SECRET" --query 'SecretValues[0].SecretString'
sm list-secrets --filters "Key=name,Values=$SECRET" --query 'length(SecretList)'
sm get-resource-policy $of > /dev/null
sm get-random-password --password-length 20 --query 'length(RandomPassword)'
sm delete-secret $of > /dev/null
sm restore-secret $of > /dev/null
sm delete-secret $of --force-delete-without-recovery > /dev/null
sm get-secret-value $of 2>&1 | grep -o ResourceNotFoundException
`
