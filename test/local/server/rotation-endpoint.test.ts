import { IAM } from '@aws-sdk/client-iam'
import { SecretsManager } from '@aws-sdk/client-secrets-manager'
import { composeServices } from '../../../local/compose.ts'
import type { SigningCredentials } from '../../../local/sigv4/sign.ts'
import { ADMIN, callSigned, startForTest, type TestServer } from '../support/running-server.ts'
import { temporaryDirectories } from '../support/temporary-directory.ts'

const newDirectory = temporaryDirectories()
const MANAGED = 'arn:aws:lambda:us-east-1:123456789012:function:coffer-managed-rotation'

let server: TestServer
let secret: string
let viewer: SigningCredentials

beforeAll(async () => {
  server = await startForTest(newDirectory(), {}, { compose: composeServices })
  const { url: endpoint } = server.coffer
  const config = { endpoint, region: 'us-east-1', credentials: ADMIN, maxAttempts: 1 }
  const iam = new IAM(config)
  await iam.createUser({ UserName: 'viewer' })
  const statement = {
    Effect: 'Allow',
    Action: 'coffer:ShowRotation',
    Resource: 'arn:aws:secretsmanager:*:*:secret:key-*',
  }
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: statement })
  await iam.putUserPolicy({ UserName: 'viewer', PolicyName: 'show', PolicyDocument })
  const { AccessKey } = await iam.createAccessKey({ UserName: 'viewer' })
  viewer = { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' }
  iam.destroy()
  const client = new SecretsManager(config)
  secret = String((await client.createSecret({ Name: 'key', SecretString: 'old' })).ARN)
  await client.rotateSecret({
    SecretId: 'key',
    RotationLambdaARN: MANAGED,
    RotationRules: { AutomaticallyAfterDays: 30 },
  })
  client.destroy()
})
afterAll(() => server.coffer.close())

async function call(name: string, { service = 'execute-api', credentials = ADMIN, body = { secret: 'key' } } = {}) {
  const headers = { 'content-type': 'application/json' }
  const request = { path: `/_coffer/rotation/${name}`, service, credentials, headers, body: JSON.stringify(body) }
  const response = await callSigned(server.coffer.url, request)
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> }
}

describe('the calls about rotations', () => {
  it.each(['execute-api', 'coffer'])('are served to the admin under a signature for %s', async (service) => {
    expect(await call('show', { service })).toMatchObject({
      status: 200,
      answer: { secret, isEnabled: true, isManaged: true, rules: { automaticallyAfterDays: 30 } },
    })
  })

  it('are served to others by policy, and are not for admins only', async () => {
    expect(await call('show', { credentials: viewer })).toMatchObject({ status: 200, answer: { secret } })
    expect(await call('abort', { credentials: viewer })).toMatchObject({
      status: 400,
      answer: { __type: 'AccessDeniedException', message: expect.stringContaining('coffer:AbortRotation') as string },
    })
  })

  it('are refused under a wrong signature', async () => {
    const credentials = { ...ADMIN, secretAccessKey: 'another secret of that length' }
    expect((await call('show', { credentials })).status).toBe(400)
    expect((await call('show', { service: 'iam' })).status).toBe(400)
  })

  it('are in the log by their names, with the secret that they were about', () => {
    const lines = server.output.lines
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines.find(({ operation }) => operation === 'ShowRotation')).toMatchObject({
      service: 'coffer',
      resource: secret,
    })
    expect(lines.find(({ event }) => event === 'rotation')).toMatchObject({ name: 'RotationStarted', resource: secret })
  })
})
