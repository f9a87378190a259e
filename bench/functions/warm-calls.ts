/**
 * Prints the processor time of a warm GetSecretValue in its function, in milliseconds: the whole handler with its adapters, over SDK clients that answer from memory.
 * Its log goes to standard output and its result to standard error, so that the log can be thrown away.
 * @module
 */
import { randomBytes } from 'node:crypto'
import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { KMSClient } from '@aws-sdk/client-kms'
import { DynamoDbReplicationStore } from '../../lambda/adapters/aws/dynamo/dynamodb-replication-store.ts'
import { DynamoDbSecretStore } from '../../lambda/adapters/aws/dynamo/dynamodb-secret-store.ts'
import { KmsKeyService } from '../../lambda/adapters/aws/kms/kms-key-service.ts'
import { systemEntropy } from '../../lambda/adapters/system-entropy.ts'
import { wallClock } from '../../lambda/adapters/wall-clock.ts'
import { policyAuthorizer } from '../../lambda/auth/authorizer.ts'
import { compilePolicy } from '../../lambda/auth/policy/compile-policy.ts'
import { createSecret } from '../../lambda/core/operations/create-secret.ts'
import { getSecretValue } from '../../lambda/core/operations/get-secret-value.ts'
import { operationHandler } from '../../lambda/handlers/edge/operation-handler.ts'

const WARM_UP = 2_000
const CALLS = 5_000
const ACCOUNT = '111122223333'
const REGION = 'eu-central-1'
const KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/mrk-11111111222233334444555555555555`

interface Command {
  readonly constructor: { readonly name: string }
  readonly input: { readonly Item?: Item; readonly CiphertextBlob?: Uint8Array }
}
type Item = Record<string, AttributeValue>

/** What was put is what a Query finds. */
const items: Item[] = []
const dynamoDb = {
  send: async ({ constructor, input }: Command) => {
    if (constructor.name === 'PutItemCommand' && input.Item) items.push(input.Item)
    return constructor.name === 'QueryCommand' ? { Items: items } : {}
  },
}
const dataKey = randomBytes(32)
const kms = {
  send: async ({ constructor }: Command) => {
    if (constructor.name === 'CreateKeyCommand') return { KeyMetadata: { Arn: KEY } }
    return { KeyId: KEY, Plaintext: Uint8Array.from(dataKey), CiphertextBlob: new Uint8Array(184) }
  },
}

/** As the directory remembers it between two looks at the snapshot. */
const identity = {
  arn: `arn:aws:iam::${ACCOUNT}:user/bench`,
  uniqueId: 'AIDABENCH',
  policies: [
    {
      source: 'policy',
      policy: compilePolicy('{"Statement":{"Effect":"Allow","Action":"secretsmanager:*","Resource":"*"}}', 'identity'),
    },
  ],
  tags: [],
  areTagsCertain: true,
}
const authorizer = policyAuthorizer({
  find: () => Promise.resolve({ kind: 'identity', identity }),
  resolve: () => ({ kind: 'unseen' }),
  principalFor: () => Promise.resolve(undefined),
  async *principalsOf() {
    yield* []
  },
})

const table = 'coffer'
const registry = { find: async () => undefined, record: async () => KEY }
const services = {
  store: new DynamoDbSecretStore({
    client: dynamoDb as unknown as DynamoDBClient,
    table,
    clock: wallClock,
    region: REGION,
  }),
  replication: new DynamoDbReplicationStore({
    client: dynamoDb as unknown as DynamoDBClient,
    table,
    region: REGION,
    regions: [REGION],
  }),
  regions: [REGION],
  keys: new KmsKeyService({
    kms: kms as unknown as KMSClient,
    registry,
    mode: 'per-secret',
    deployment: 'coffer',
    account: ACCOUNT,
    region: REGION,
    clock: wallClock,
  }),
  clock: wallClock,
  entropy: systemEntropy,
  authorizer,
  purgeSoon: async () => undefined,
  functions: {
    managedName: 'coffer-managed-rotation',
    check: () => Promise.resolve('missing' as const),
    invoke: () => Promise.resolve({ kind: 'not-invoked', reason: 'missing' } as const),
  },
  events: { tell: async () => undefined },
  rotateSoon: async () => undefined,
}
const compose = () => ({ services, account: ACCOUNT, region: REGION })
const create = operationHandler(createSecret, { compose })
const read = operationHandler(getSecretValue, { compose })

const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 10_000 } as never
const event = (operation: string, body: unknown) => ({
  httpMethod: 'POST',
  headers: { 'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': `secretsmanager.${operation}` },
  requestContext: {
    requestId: 'bench',
    identity: {
      accountId: ACCOUNT,
      userArn: `arn:aws:iam::${ACCOUNT}:user/bench`,
      user: 'AIDABENCH',
      accessKey: 'AKIABENCH',
    },
  },
  body: JSON.stringify(body),
})

const value = randomBytes(768).toString('base64')
await create(
  event('CreateSecret', { Name: 'bench', SecretString: value, ClientRequestToken: 'bench'.padEnd(32, '-') }),
  context,
)
const get = event('GetSecretValue', { SecretId: 'bench' })
const answer = await read(get, context)
if (answer.statusCode !== 200) throw new Error(`the call that is measured fails: ${answer.body}`)

for (let call = 0; call < WARM_UP; call++) await read(get, context)
const before = process.cpuUsage()
for (let call = 0; call < CALLS; call++) await read(get, context)
const { user, system } = process.cpuUsage(before)
process.stderr.write(String((user + system) / 1000 / CALLS))
