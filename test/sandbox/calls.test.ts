import { countedCalls } from '../../tools/cost/counted-calls.ts'
import { KMS } from '@aws-sdk/client-kms'
import type { SecretsManager } from '@aws-sdk/client-secrets-manager'
import { createSecretsManager } from '../../client/create-client.ts'
import type { RecordedCall } from '../../sandbox/aws/call-counts.ts'
import { uniqueName } from '../conformance/target.ts'
import { ADMIN, ChildSandbox } from './support/child-sandbox.ts'

const DAY = 86_400_000

let sandbox: ChildSandbox
let client: SecretsManager
let kms: KMS
beforeAll(async () => {
  sandbox = await ChildSandbox.start()
  const { url, kmsUrl, regions } = sandbox.welcome
  const region = regions[0]!
  client = createSecretsManager({ endpoint: url, region, credentials: ADMIN, maxAttempts: 1 })
  kms = new KMS({ endpoint: kmsUrl, region, credentials: ADMIN, maxAttempts: 1 })
})
afterAll(async () => {
  client.destroy()
  kms.destroy()
  await sandbox.stop()
})

/** The AWS calls that one request made its function make. */
async function callsOf(request: () => Promise<unknown>): Promise<readonly RecordedCall[]> {
  await sandbox.admin('POST', '/settle')
  await sandbox.admin('POST', '/reset-counts')
  await request()
  const { invocations } = await sandbox.report()
  const first = invocations.filter(({ function: name }) => !/change-feed|sweeper|identity|replicator/.test(name))
  expect(first).toHaveLength(1)
  return first[0]!.calls
}
/** `dynamodb:Query` -> 1 and so on. */
async function counted(request: () => Promise<unknown>): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { operation } of await callsOf(request)) counts[operation] = (counts[operation] ?? 0) + 1
  return counts
}
/** Of a function that knows the caller: it reads who that is every half minute. */
async function countedOnceKnown(request: () => Promise<unknown>): Promise<Record<string, number>> {
  await request()
  return counted(request)
}
const sum = (calls: readonly RecordedCall[], unit: 'readUnits' | 'writeUnits'): number =>
  calls.reduce((total, call) => total + call[unit], 0)
async function secretOf(bytes: number): Promise<string> {
  const { ARN } = await client.createSecret({ Name: uniqueName('cost'), SecretString: 'x'.repeat(bytes) })
  return ARN!
}

describe('AWS calls per request', () => {
  it('GetSecretValue of the current value is one Query of at most one read unit and one Decrypt, one update on the first read of a day, and one look at who the caller is every half minute', async () => {
    const SecretId = await secretOf(1024)
    const read = () => client.getSecretValue({ SecretId })
    const other = await secretOf(10)
    const known = { 'dynamodb:BatchGetItem': 1 }
    await client.getSecretValue({ SecretId: other })
    const once = { 'dynamodb:Query': 1, 'kms:Decrypt': 1 }
    expect(await counted(read)).toEqual({ ...once, 'dynamodb:UpdateItem': 1 })
    const calls = await callsOf(read)
    expect(calls.map(({ operation }) => operation).sort()).toEqual(Object.keys(once))
    expect(sum(calls, 'readUnits')).toBeLessThanOrEqual(1)
    // The costs in docs/cost.md are computed from this.
    const of = (service: string): number => calls.filter(({ operation }) => operation.startsWith(service)).length
    expect({ dynamoDb: of('dynamodb:'), kms: of('kms:'), readUnits: sum(calls, 'readUnits') }).toEqual(
      countedCalls.GetSecretValue,
    )
    await sandbox.advanceClock(DAY)
    expect(await counted(read)).toEqual({ ...once, ...known, 'dynamodb:UpdateItem': 1 })
    expect(await counted(read)).toEqual(once)
  })

  it('values of 8 KiB at most come with the head; a bigger one is one GetItem more', async () => {
    const small = await secretOf(8 * 1024)
    const large = await secretOf(20_000)
    for (const SecretId of [small, large]) await client.getSecretValue({ SecretId })
    expect(await counted(() => client.getSecretValue({ SecretId: small }))).toEqual({
      'dynamodb:Query': 1,
      'kms:Decrypt': 1,
    })
    expect(await counted(() => client.getSecretValue({ SecretId: large }))).toEqual({
      'dynamodb:Query': 1,
      'dynamodb:GetItem': 1,
      'kms:Decrypt': 1,
    })
  })

  it('DescribeSecret is one Query', async () => {
    const SecretId = await secretOf(100)
    expect(await countedOnceKnown(() => client.describeSecret({ SecretId }))).toEqual({ 'dynamodb:Query': 1 })
  })

  it('PutSecretValue is at most three calls of DynamoDB and one of KMS', async () => {
    const SecretId = await secretOf(1000)
    await client.putSecretValue({ SecretId, SecretString: 'w' })
    for (const SecretString of ['y'.repeat(1000), 'z'.repeat(7000)]) {
      const counts = await counted(() => client.putSecretValue({ SecretId, SecretString }))
      const of = (service: string): number =>
        Object.entries(counts).reduce((total, [name, count]) => (name.startsWith(service) ? total + count : total), 0)
      expect(of('dynamodb:')).toBeLessThanOrEqual(3)
      expect(of('kms:')).toBe(1)
    }
  })

  it('a page of ListSecrets is one Query and one BatchGetItem, eight Queries in the order of last access', async () => {
    const SecretId = await secretOf(10)
    await client.getSecretValue({ SecretId })
    expect(await countedOnceKnown(() => client.listSecrets({ MaxResults: 10 }))).toEqual({
      'dynamodb:Query': 1,
      'dynamodb:BatchGetItem': 1,
    })
    expect(await counted(() => client.listSecrets({ MaxResults: 10, SortBy: 'last-accessed-date' }))).toEqual({
      'dynamodb:Query': 8,
      'dynamodb:BatchGetItem': 1,
    })
  })

  it('GetRandomPassword calls nothing, but to know the caller', async () => {
    expect(await countedOnceKnown(() => client.getRandomPassword({}))).toEqual({})
  })

  it('no request scans, opens a transaction or asks IAM', async () => {
    const { functions, violations } = await sandbox.report()
    const operations = Object.entries(functions)
      .filter(([name]) => !['coffer-sweeper', 'coffer-identity'].includes(name))
      .flatMap(([, { operations: each }]) => Object.keys(each))
    expect(operations.filter((name) => /Scan|Transact|^iam:/.test(name))).toEqual([])
    expect(violations).toEqual([])
  })
})

describe('faults of what it stands on', () => {
  const fault = (given: object): Promise<unknown> => sandbox.admin('POST', '/faults', given)
  const failure = async (
    work: Promise<unknown>,
  ): Promise<{ name: string; message: string; status: number | undefined }> => {
    const error = await work.then(
      () => undefined,
      (caught: unknown) => caught,
    )
    const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } }
    return { name, message, status: $metadata?.httpStatusCode }
  }
  afterEach(() => sandbox.admin('DELETE', '/faults'))

  it('DynamoDB throttles: ThrottlingException, and nothing is half-written', async () => {
    const SecretId = await secretOf(10)
    const throttled = { service: 'dynamodb', code: 'ProvisionedThroughputExceededException', message: 'INNER' }
    await fault({ ...throttled, operation: 'Query' })
    expect(await failure(client.getSecretValue({ SecretId }))).toMatchObject({
      name: 'ThrottlingException',
      status: 400,
    })
    await sandbox.admin('DELETE', '/faults')
    await fault({ ...throttled, operation: 'PutItem' })
    const refused = await failure(client.putSecretValue({ SecretId, SecretString: 'never' }))
    expect(refused).toMatchObject({ name: 'ThrottlingException' })
    expect(refused.message).not.toContain('INNER')
    const lost = uniqueName('lost')
    expect(await failure(client.createSecret({ Name: lost, SecretString: 'never' }))).toMatchObject({
      name: 'ThrottlingException',
    })
    await sandbox.admin('DELETE', '/faults')
    expect((await client.getSecretValue({ SecretId })).SecretString).toBe('x'.repeat(10))
    expect((await client.listSecretVersionIds({ SecretId })).Versions).toHaveLength(1)
    expect(await failure(client.describeSecret({ SecretId: lost }))).toMatchObject({
      name: 'ResourceNotFoundException',
    })
  })

  it('a throttle that passes is not seen', async () => {
    const SecretId = await secretOf(10)
    await fault({ service: 'dynamodb', operation: 'Query', code: 'ProvisionedThroughputExceededException', count: 1 })
    expect((await client.getSecretValue({ SecretId })).SecretString).toBe('x'.repeat(10))
  })

  it('the note of the last access is thrown away when DynamoDB throttles it', async () => {
    const SecretId = await secretOf(10)
    await fault({ service: 'dynamodb', operation: 'UpdateItem', code: 'ThrottlingException' })
    expect((await client.getSecretValue({ SecretId })).SecretString).toBe('x'.repeat(10))
  })

  it('DynamoDB is slow, and the answer comes all the same', async () => {
    const SecretId = await secretOf(10)
    await fault({ service: 'dynamodb', operation: 'Query', delayMs: 400, count: 1 })
    const before = performance.now()
    expect((await client.describeSecret({ SecretId })).ARN).toBe(SecretId)
    expect(performance.now() - before).toBeGreaterThan(300)
  })

  it('DynamoDB fails: InternalServiceError, without its words', async () => {
    const SecretId = await secretOf(10)
    await fault({ service: 'dynamodb', code: 'InternalServerError', status: 500, message: 'INNER' })
    const failed = await failure(client.describeSecret({ SecretId }))
    expect(failed).toMatchObject({ name: 'InternalServiceError', status: 500 })
    expect(failed.message).not.toContain('INNER')
  })

  it('KMS denies, has disabled the key, or throttles', async () => {
    const { KeyMetadata } = await kms.createKey({})
    const KmsKeyId = KeyMetadata!.Arn!
    const { ARN } = await client.createSecret({ Name: uniqueName('keyed'), SecretString: 'kept', KmsKeyId })
    const SecretId = ARN!
    const read = () => failure(client.getSecretValue({ SecretId }))
    await fault({ service: 'kms', operation: 'Decrypt', code: 'AccessDeniedException', count: 1 })
    expect((await read()).name).toMatch(/^(AccessDeniedException|DecryptionFailure)$/)
    await fault({ service: 'kms', operation: 'Decrypt', code: 'ThrottlingException', message: 'Rate exceeded' })
    expect(await read()).toMatchObject({ name: 'ThrottlingException' })
    await sandbox.admin('DELETE', '/faults')
    await kms.disableKey({ KeyId: KmsKeyId })
    expect(await read()).toMatchObject({ name: 'DecryptionFailure' })
    expect(await failure(client.putSecretValue({ SecretId, SecretString: 'never' }))).toMatchObject({
      name: 'EncryptionFailure',
    })
    await kms.enableKey({ KeyId: KmsKeyId })
    expect((await client.getSecretValue({ SecretId })).SecretString).toBe('kept')
    expect((await client.listSecretVersionIds({ SecretId })).Versions).toHaveLength(1)
  })

  it('a key whose policy does not let the function in is AccessDenied, as KMS words it', async () => {
    const { KeyMetadata } = await kms.createKey({})
    const { Arn, KeyId } = KeyMetadata!
    const { ARN: SecretId } = await client.createSecret({
      Name: uniqueName('keyed'),
      SecretString: 'kept',
      KmsKeyId: Arn!,
    })
    const before = (await sandbox.report()).violations.length
    const account = sandbox.welcome.account
    const Policy = JSON.stringify({
      Statement: [
        { Effect: 'Allow', Action: 'kms:*', Resource: '*', Principal: { AWS: `arn:aws:iam::${account}:user/admin` } },
      ],
    })
    await kms.putKeyPolicy({ KeyId: KeyId!, Policy })
    expect((await failure(client.getSecretValue({ SecretId }))).name).toMatch(
      /^(AccessDeniedException|DecryptionFailure)$/,
    )
    const { violations } = await sandbox.report()
    expect(violations.slice(before)).toMatchObject([
      {
        function: 'coffer-get-secret-value',
        action: 'kms:DescribeKey',
        resource: Arn,
        reason: expect.stringContaining('resource-based policy'),
      },
    ])
  })

  it('nothing of it is in a log', async () => {
    const logs = Object.values(await sandbox.logs()).join('')
    expect(logs).toContain('secret:conformance/')
    expect(logs).not.toContain('never')
    expect(logs).not.toContain('x'.repeat(10))
    // The call that the policy of a key refused, and no fault of the sandbox.
    expect(sandbox.complaints).toMatch(
      /^sandbox: REFUSED coffer-get-secret-value in eu-central-1: kms:DescribeKey on \S+ [^\n]*resource-based policy[^\n]*\n$/,
    )
  })
})
