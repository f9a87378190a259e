import { readFileSync } from 'node:fs'
import { operationModels } from '../../lambda/core/model/secrets-manager.shapes.generated.ts'
import { describeUnless, lacking, run } from '../support/other-programs.ts'
import { suiteDirectories } from '../support/suite-directories.ts'
import { startBehindGateway, type Behind } from './support/embedded-behind-gateway.ts'
import {
  AWS_CLI_OUTPUT,
  everyOperationInAwsCli,
  everyOperationInBoto3,
  USED_OPERATIONS,
  type ApiTarget,
} from './support/every-operation.ts'
import { CREDENTIALS, SESSION, SigningServer } from './support/signing-server.ts'

const makeDirectory = suiteDirectories()
const region = 'eu-central-1'
const operations = Object.keys(operationModels).sort()
const FOLDER = 'client/botocore/secretsmanager/2017-10-17'

describe('the files for botocore', () => {
  it('name every operation of the model, and nothing else', () => {
    const extras: unknown = JSON.parse(readFileSync(`${FOLDER}/service-2.sdk-extras.json`, 'utf8'))
    const parameters = operations.map((name) => [name, { staticContextParams: { Operation: { value: name } } }])
    expect(extras).toEqual({
      version: 1,
      merge: {
        // The file takes the place of botocore's own of this name, which sets the serviceId.
        metadata: { signingName: 'execute-api', serviceId: 'Secrets Manager' },
        operations: Object.fromEntries(parameters) as object,
      },
    })
  })
})

async function inPython(script: string, environment: Record<string, string>) {
  const given = {
    AWS_DATA_PATH: 'client/botocore',
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_DEFAULT_REGION: region,
    ...environment,
  }
  return run('python3', script.endsWith('.py') ? [script] : ['-c', script], { environment: given })
}

const noBoto3 = lacking('python3', ['-c', 'import boto3'], 'python3 with boto3')

describeUnless(noBoto3, 'boto3 with AWS_DATA_PATH', () => {
  let server: SigningServer | undefined
  afterEach(async () => {
    await server?.stop()
    server = undefined
  })

  it.each(['', '/v1', '/apps/secrets'])('calls every operation at its own path below %j, signed', async (basePath) => {
    server = await SigningServer.start({ basePath })
    // A slash at the end makes no difference.
    const AWS_ENDPOINT_URL_SECRETS_MANAGER = basePath === '/v1' ? `${server.url}/` : server.url
    const ran = await inPython('test/client/support/every_path.py', { AWS_ENDPOINT_URL_SECRETS_MANAGER })
    expect(ran).toEqual({ code: 0, stdout: 'done\n', stderr: '' })
    expect(server.paths.sort()).toEqual(operations.map((operation) => `${basePath}/${operation}`))
    expect(server.seen.map(({ signedFor }) => signedFor)).toEqual(operations.map(() => 'execute-api'))
  })

  it('does everything that is offered, from any folder and made as in a rotation function', async () => {
    const behind = await startBehindGateway(makeDirectory(), { basePath: '/v1' })
    try {
      const target: ApiTarget = { endpoint: behind.gateway.url, region, credentials: SESSION }
      expect(await everyOperationInBoto3(target)).toEqual({ code: 0, stdout: 'done\n', stderr: '' })
      expect([...new Set(behind.gateway.paths)].sort()).toEqual(USED_OPERATIONS.map((name) => `/v1/${name}`))
    } finally {
      await behind.stop()
    }
  }, 60_000)

  it('leaves other services alone', async () => {
    const script = `import boto3; print(boto3.client("kms").meta.service_model.signing_name)`
    expect((await inPython(script, {})).stdout).toBe('kms\n')
  })

  it('without an endpoint says what to do, and calls nobody', async () => {
    const { code, stderr } = await inPython(`import boto3; boto3.client("secretsmanager").list_secrets()`, {})
    expect(code).toBe(1)
    expect(stderr).toContain('there is no endpoint: set AWS_ENDPOINT_URL_SECRETS_MANAGER')
  })
})

describeUnless(lacking('aws', ['--version'], 'the AWS CLI'), 'the AWS CLI after `coffer env`', () => {
  let behind: Behind
  beforeAll(async () => {
    behind = await startBehindGateway(makeDirectory(), { basePath: '/v1' })
  })
  afterAll(() => behind.stop())

  it('does everything that is offered, at the path of each operation', async () => {
    const target: ApiTarget = { endpoint: behind.gateway.url, region, credentials: SESSION }
    const ran = await everyOperationInAwsCli(target)
    expect(ran).toEqual({ code: 0, stdout: AWS_CLI_OUTPUT, stderr: '' })
    expect([...new Set(behind.gateway.paths)].sort()).toEqual(USED_OPERATIONS.map((name) => `/v1/${name}`))
  }, 120_000)
})
