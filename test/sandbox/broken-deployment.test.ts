import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SecretsManager } from '@aws-sdk/client-secrets-manager'
import { createSecretsManager, type ClientOptions } from '../../client/create-client.ts'
import { secretValue, uniqueName } from '../conformance/target.ts'
import { suiteDirectories } from '../support/suite-directories.ts'
import { WireClient, type Answer } from '../support/wire-client.ts'
import { ADMIN, ChildSandbox } from './support/child-sandbox.ts'
import { CopiedDeployment, removeAction } from './support/copied-deployment.ts'

const REGION = 'eu-central-1'
const OTHER = 'us-west-2'
const makeDirectory = suiteDirectories()

let sandbox: ChildSandbox
let wire: WireClient
const clients: SecretsManager[] = []
beforeAll(async () => {
  // As in a checkout, where `cdk synth` writes its folder: the bundles are CommonJS all the same.
  const checkout = makeDirectory()
  writeFileSync(join(checkout, 'package.json'), '{"type":"module"}')
  const deployment = await CopiedDeployment.into(join(checkout, 'cdk.out'))
  deployment.edit(REGION, (resources) => {
    removeAction(resources, 'coffer-get-secret-value', 'kms:Decrypt')
    removeAction(resources, 'coffer-change-feed', 'iam:PassRole')
    for (const { Type, Properties } of resources) {
      if (Type === 'AWS::Lambda::Function' && Properties.FunctionName === 'coffer-restore-secret')
        (Properties.Environment as { Variables: Record<string, string> }).Variables.COFFER_KEY_MODE =
          'poison-in-the-well'
      // API Gateway may not invoke one function any more.
      if (
        Type === 'AWS::Lambda::Permission' &&
        JSON.stringify(Properties.SourceArn).includes('/POST/ListSecretVersionIds')
      )
        Properties.Principal = 'sns.amazonaws.com'
    }
  })
  deployment.edit(OTHER, (resources) => removeAction(resources, 'coffer-replicator', 'kms:ReplicateKey'))
  deployment.replaceCode('coffer-describe-secret', 'exports.handler = async () => ({ statusCode: "soon" })')
  deployment.replaceCode('coffer-get-random-password', 'exports.handler = () => new Promise(() => {})')
  deployment.replaceCode(
    'coffer-get-resource-policy',
    'exports.handler = async () => { throw new Error("INNER WORDS") }',
  )
  deployment.replaceCode(
    'coffer-untag-resource',
    `const { request } = require('node:http')
     const call = (headers) => new Promise((resolve) => request(process.env.AWS_ENDPOINT_URL, { method: 'POST', headers }, resolve).end('{}'))
     const scope = (key, region) => ({ authorization: 'AWS4-HMAC-SHA256 Credential=' + key + '/20260101/' + region + '/dynamodb/aws4_request, SignedHeaders=host, Signature=' + '0'.repeat(64) })
     exports.handler = async () => {
       await call({})
       await call(scope(process.env.AWS_ACCESS_KEY_ID, 'us-west-2'))
       return { statusCode: 200, body: '{}' }
     }`,
  )
  sandbox = await ChildSandbox.start(
    '--out',
    deployment.folder,
    '--integration-timeout',
    '2500',
    '--function-timeout',
    '5000',
  )
  wire = new WireClient({ endpoint: sandbox.welcome.url, credentials: ADMIN, region: REGION })
})
afterAll(async () => {
  wire.close()
  for (const client of clients) client.destroy()
  await sandbox.stop()
})

function clientOf(options: Partial<ClientOptions> = {}): SecretsManager {
  const client = createSecretsManager({
    endpoint: sandbox.welcome.url,
    region: REGION,
    credentials: ADMIN,
    maxAttempts: 1,
    ...options,
  })
  clients.push(client)
  return client
}
const failureOf = async (work: Promise<unknown>): Promise<object> => {
  const error: unknown = await work.catch((caught: unknown) => caught)
  return error as object
}
const post = (operation: string, body: string, headers = {}): Promise<Answer> =>
  wire.send({
    path: `/v1/${operation}`,
    service: 'execute-api',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `secretsmanager.${operation}`,
      ...headers,
    },
    body,
  })

describe('a deployment with a mistake in it', () => {
  it('a missing grant refuses the call, and the report names the function, the action and the resource', async () => {
    const [here, there] = [clientOf(), clientOf({ region: OTHER })]
    const Name = uniqueName()
    for (const client of [here, there]) await client.createSecret({ Name, SecretString: secretValue() })
    // Where the role is whole, it works.
    expect((await there.getSecretValue({ SecretId: Name })).Name).toBe(Name)
    expect(await failureOf(here.getSecretValue({ SecretId: Name }))).toMatchObject({
      name: expect.stringMatching(/^(AccessDeniedException|DecryptionFailure|InternalServiceError)$/),
    })
    const { violations } = await sandbox.report()
    expect(violations).toEqual([
      {
        function: 'coffer-get-secret-value',
        region: REGION,
        action: 'kms:Decrypt',
        resource: expect.stringMatching(/^arn:aws:kms:eu-central-1:111122223333:key\/mrk-/),
        reason: 'because no identity-based policy allows the kms:Decrypt action',
        role: {
          logicalId: expect.stringMatching(/^OperationsGetSecretValueRole/),
          stack: 'Coffer-Service-eu-central-1',
        },
      },
    ])
    // And whoever watches the sandbox has seen it.
    expect(sandbox.complaints).toMatch(
      /^sandbox: REFUSED coffer-get-secret-value in eu-central-1: kms:Decrypt on \S+ because .* \(role Operations\w+ in stack Coffer-Service-eu-central-1\)\n$/,
    )
  })

  it('a function that API Gateway may not invoke is a failure of the service, and named in the report', async () => {
    const failure = await failureOf(clientOf().listSecretVersionIds({ SecretId: 'any' }))
    expect(failure).toMatchObject({ name: 'InternalServiceError', $metadata: { httpStatusCode: 500 } })
    expect((await sandbox.report()).violations.at(-1)).toMatchObject({
      action: 'lambda:InvokeFunction',
      resource: `arn:aws:lambda:${REGION}:111122223333:function:coffer-list-secret-version-ids`,
    })
  })

  it('a poisoned environment variable is a failure of the service; the log names the variable and not its value', async () => {
    const failure = await failureOf(clientOf().restoreSecret({ SecretId: 'any' }))
    expect(failure).toMatchObject({ name: 'InternalServiceError', $metadata: { httpStatusCode: 500 } })
    expect(JSON.stringify(await sandbox.logs())).not.toContain('poison-in-the-well')
  })

  it.each([
    ['answers in another form', 'DescribeSecret'],
    ['throws', 'GetResourcePolicy'],
  ])('a function that %s is the API’s own error, without its words', async (_, operation) => {
    const answer = await post(operation, '{"SecretId":"any"}')
    expect(answer.status).toBe(500)
    expect(answer.headers['x-amzn-errortype']).toBe('InternalServiceError')
    expect(JSON.parse(answer.text)).toMatchObject({ __type: 'InternalServiceError' })
    expect(answer.text).not.toContain('INNER')
  })

  it('a function that does not answer in time is the API’s own error', async () => {
    const before = performance.now()
    const answer = await post('GetRandomPassword', '{}')
    expect(performance.now() - before).toBeLessThan(4000)
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([500, { __type: 'InternalServiceError' }])
  })

  it('a function that calls AWS without its credentials, or with a signature that AWS would refuse, is found out', async () => {
    const before = (await sandbox.report()).violations.length
    await post('UntagResource', '{}')
    const { violations } = await sandbox.report()
    expect(violations.slice(before)).toMatchObject([
      { function: 'unknown', reason: expect.stringContaining('without the credentials') },
      { function: 'coffer-untag-resource', reason: expect.stringContaining('signature') },
    ])
  })
})

describe('a role that may not be passed to EventBridge Scheduler', () => {
  it('keeps the schedule of a rotation from being made: the change feed gives it up', async () => {
    const before = await sandbox.report()
    const client = clientOf()
    const { ARN } = await client.createSecret({ Name: uniqueName(), SecretString: secretValue() })
    await client.rotateSecret({
      SecretId: ARN!,
      RotationLambdaARN: `arn:aws:lambda:${REGION}:${sandbox.welcome.account}:function:coffer-managed-rotation`,
      RotationRules: { AutomaticallyAfterDays: 30 },
      RotateImmediately: false,
    })
    await sandbox.admin('POST', '/settle')
    const { violations, deadLetters } = await sandbox.report()
    expect(violations.slice(before.violations.length)).toMatchObject([
      {
        function: 'coffer-change-feed',
        action: 'iam:PassRole',
        resource: expect.stringContaining(':role/') as string,
        reason: 'because no identity-based policy allows the iam:PassRole action',
      },
    ])
    expect(deadLetters.length).toBeGreaterThan(before.deadLetters.length)
    expect(await sandbox.admin('GET', '/schedules')).toEqual({ schedules: [] })
  })
})

describe('a replicator that may not replicate keys', () => {
  it('makes no copy of a secret; what it was refused is named, in the Region of the copy', async () => {
    const before = await sandbox.report()
    const [here, there] = [clientOf(), clientOf({ region: OTHER })]
    const Name = uniqueName()
    await here.createSecret({ Name, SecretString: secretValue(), AddReplicaRegions: [{ Region: OTHER }] })
    await sandbox.admin('POST', '/settle')
    expect(await failureOf(there.getSecretValue({ SecretId: Name }))).toMatchObject({
      name: 'ResourceNotFoundException',
    })
    const { violations, deadLetters } = await sandbox.report()
    expect(violations.slice(before.violations.length)).toMatchObject([
      {
        function: 'coffer-replicator',
        region: OTHER,
        action: 'kms:ReplicateKey',
        resource: expect.stringMatching(/^arn:aws:kms:eu-central-1:111122223333:key\/mrk-/) as string,
        reason: 'because no identity-based policy allows the kms:ReplicateKey action',
        role: { logicalId: expect.stringMatching(/^Replicator/) as string, stack: 'Coffer-Service-us-west-2' },
      },
    ])
    // The link says when it is tried again: no record is given up for it.
    expect(deadLetters).toEqual(before.deadLetters)
  })
})

describe('the limits of API Gateway and Lambda', () => {
  it.each([
    ['10 MB: more than API Gateway takes', 10 * 1024 * 1024 + 1],
    ['6 MB: more than Lambda takes', 6 * 1024 * 1024],
  ])('a body of over %s', async (_, size) => {
    const answer = await post('PutSecretValue', 'x'.repeat(size))
    expect(answer.status).toBe(413)
    expect(JSON.parse(answer.text)).toMatchObject({ __type: 'RequestEntityTooLargeException' })
  })

  it('headers of more than 10240 bytes', async () => {
    expect((await post('PutSecretValue', '{}', { 'x-long': 'x'.repeat(11_000) })).status).toBe(431)
  })

  it('a path or a method that is not in the template is refused like a missing signature', async () => {
    for (const path of ['/v1/SellSecret', '/v2/GetSecretValue', '/']) {
      const answer = await wire.send({ path, service: 'execute-api', headers: {}, body: '{}' })
      expect([answer.status, JSON.parse(answer.text)]).toMatchObject([
        400,
        { __type: 'MissingAuthenticationTokenException' },
      ])
    }
    const unsigned = await wire.exchange({ method: 'POST', path: '/v1/GetSecretValue', headers: {}, body: '{}' })
    expect(JSON.parse(unsigned.text)).toMatchObject({ __type: 'MissingAuthenticationTokenException' })
  })

  it('a signature for the service that stock clients sign for is refused, in the service’s form', async () => {
    const client = new SecretsManager({
      endpoint: sandbox.welcome.url,
      region: REGION,
      credentials: ADMIN,
      maxAttempts: 1,
    })
    clients.push(client)
    expect(await failureOf(client.listSecrets({}))).toMatchObject({ name: 'InvalidSignatureException' })
  })
})

describe('at its end', () => {
  it('it has printed nothing but JSON, and its exit code tells that calls were refused', async () => {
    const { violations } = await sandbox.stop()
    expect(violations.length).toBeGreaterThan(0)
    expect(sandbox.code).toBe(1)
    expect(
      sandbox.stdout
        .trimEnd()
        .split('\n')
        .map((line) => typeof JSON.parse(line)),
    ).toEqual(['object', 'object'])
  })
})
