import { GetSecretValueCommand, paginateListSecrets, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import {
  createSecretsManager,
  createSecretsManagerClient,
  EndpointProblem,
  ExecuteApiSigner,
  useOperationPaths,
} from '../../client/index.ts'
import { operationModels } from '../../lambda/core/model/secrets-manager.shapes.generated.ts'
import { suiteDirectories } from '../support/suite-directories.ts'
import { startBehindGateway } from './support/embedded-behind-gateway.ts'
import { everyOperationInJavaScript, USED_OPERATIONS } from './support/every-operation.ts'
import { CREDENTIALS, SESSION, SigningServer, type Answer, type Seen } from './support/signing-server.ts'

const makeDirectory = suiteDirectories()
const region = 'eu-central-1'
const started: { stop: () => Promise<void> }[] = []
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop()
})

async function serve(basePath: string, answer?: (seen: Seen) => Answer): Promise<SigningServer> {
  const server = await SigningServer.start({ basePath, ...(answer === undefined ? {} : { answer }) })
  started.push(server)
  return server
}

const read = new GetSecretValueCommand({ SecretId: 'a' })

describe('the JavaScript client', () => {
  it.each(['', '/v1', '/apps/secrets'])('calls every operation at its own path below %j, signed', async (basePath) => {
    const server = await serve(basePath)
    const client = createSecretsManager({ endpoint: server.url, region, credentials: CREDENTIALS })
    const operations = Object.keys(operationModels)
    for (const operation of operations) await methodOf(client, operation)({})
    expect(server.paths).toEqual(operations.map((operation) => `${basePath}/${operation}`))
    expect(server.seen.map(({ signedFor }) => signedFor)).toEqual(operations.map(() => 'execute-api'))
    expect(operations.length).toBeGreaterThanOrEqual(23)
  })

  it('takes an endpoint with a slash at its end', async () => {
    const server = await serve('/v1')
    await createSecretsManagerClient({ endpoint: `${server.url}/`, region, credentials: CREDENTIALS }).send(read)
    expect(server.paths).toEqual(['/v1/GetSecretValue'])
  })

  it('calls the front door when it is told to', async () => {
    const server = await serve('/v1')
    const options = { endpoint: server.url, region, credentials: CREDENTIALS, paths: 'root' } as const
    await createSecretsManagerClient(options).send(read)
    expect(server.seen).toMatchObject([
      { path: '/v1/', target: 'secretsmanager.GetSecretValue', signedFor: 'execute-api' },
    ])
  })

  it('can be one of the caller, made to sign and to call the same way', async () => {
    const server = await serve('/v1')
    const options = { endpoint: server.url, region, credentials: CREDENTIALS, signerConstructor: ExecuteApiSigner }
    const client = new SecretsManagerClient(options)
    await client.send(read)
    useOperationPaths(client)
    await client.send(read)
    expect(server.seen.map(({ path, signedFor }) => [path, signedFor])).toEqual([
      ['/v1/', 'execute-api'],
      ['/v1/GetSecretValue', 'execute-api'],
    ])
  })

  it('signs for execute-api even if an endpoint rule names another service', async () => {
    const server = await serve('')
    const scheme = { name: 'sigv4' as const, signingName: 'secretsmanager', signingRegion: region, properties: {} }
    const properties = { authSchemes: [scheme] }
    const client = createSecretsManagerClient({
      endpoint: server.url,
      region,
      credentials: CREDENTIALS,
      endpointProvider: () => ({ url: new URL(server.url), properties, headers: {} }),
    })
    await client.send(read)
    expect(server.seen).toMatchObject([{ signedFor: 'execute-api' }])
  })

  it('retries as the stock client does, at the same path and with a new signature', async () => {
    let attempts = 0
    const server = await serve('/v1', () =>
      ++attempts < 3 ? { status: 500, body: '{"__type":"InternalServiceError"}' } : { status: 200, body: '{}' },
    )
    const client = createSecretsManagerClient({ endpoint: server.url, region, credentials: CREDENTIALS })
    const { $metadata } = await client.send(read)
    expect($metadata.attempts).toBe(3)
    expect(server.paths).toEqual(Array.from({ length: 3 }, () => '/v1/GetSecretValue'))
  })

  it('asks a credential provider again when what it gave has expired, and sends session tokens', async () => {
    const server = await serve('')
    const given = [{ ...CREDENTIALS, expiration: new Date(Date.now() - 1000) }, SESSION]
    const credentials = jest.fn(() => Promise.resolve(given.shift() ?? SESSION))
    const client = createSecretsManagerClient({ endpoint: server.url, region, credentials })
    await client.send(read)
    await client.send(read)
    await client.send(read)
    expect(credentials).toHaveBeenCalledTimes(2)
    expect(server.seen.map(({ signedFor }) => signedFor)).toEqual(['execute-api', 'execute-api', 'execute-api'])
  })

  it('turns errors into the exceptions of the SDK', async () => {
    const body = JSON.stringify({ __type: 'ResourceNotFoundException', Message: 'not there' })
    const server = await serve('', () => ({ status: 400, body }))
    const client = createSecretsManagerClient({ endpoint: server.url, region, credentials: CREDENTIALS })
    await expect(client.send(read)).rejects.toMatchObject({ name: 'ResourceNotFoundException', message: 'not there' })
  })

  it('is refused by a server that checks, when the secret key is wrong', async () => {
    const server = await serve('')
    const credentials = { ...CREDENTIALS, secretAccessKey: 'not-the-one' }
    const client = createSecretsManagerClient({ endpoint: server.url, region, credentials })
    await expect(client.send(read)).rejects.toMatchObject({ name: 'InvalidSignatureException' })
    expect(server.seen).toMatchObject([{ signedFor: undefined }])
  })

  it('pages through lists', async () => {
    const server = await serve('/v1', ({ body }) => ({
      status: 200,
      body: body.includes('NextToken') ? '{"SecretList":[]}' : '{"SecretList":[],"NextToken":"more"}',
    }))
    const client = createSecretsManagerClient({ endpoint: server.url, region, credentials: CREDENTIALS })
    let pages = 0
    for await (const _ of paginateListSecrets({ client }, {})) pages++
    expect([pages, server.paths]).toEqual([2, ['/v1/ListSecrets', '/v1/ListSecrets']])
  })

  it.each(['operation', 'root'] as const)('does everything that is offered, by %s paths', async (paths) => {
    const behind = await startBehindGateway(makeDirectory(), { basePath: '/v1' })
    started.push(behind)
    const { gateway } = behind
    await everyOperationInJavaScript({ endpoint: gateway.url, region, credentials: CREDENTIALS }, { paths })
    const used = new Set(gateway.seen.map(({ target }) => target.replace('secretsmanager.', '')))
    expect([...used].sort()).toEqual(USED_OPERATIONS)
    const expected = paths === 'root' ? ['/v1/'] : USED_OPERATIONS.map((operation) => `/v1/${operation}`)
    expect([...new Set(gateway.paths)].sort()).toEqual(expected)
  })
})

describe('the Region', () => {
  const before = process.env.AWS_REGION
  afterEach(() => {
    if (before === undefined) delete process.env.AWS_REGION
    else process.env.AWS_REGION = before
  })
  const regionOf = (endpoint: string, asked: { region?: string } = {}): Promise<string> =>
    createSecretsManagerClient({ endpoint, ...asked }).config.region()

  it('is read from a standard host name, whatever the environment says', async () => {
    process.env.AWS_REGION = 'us-east-1'
    expect(await regionOf('https://abc123.execute-api.eu-central-1.amazonaws.com/v1')).toBe('eu-central-1')
  })

  it('of a custom domain is the one of the environment, unless it is given', async () => {
    process.env.AWS_REGION = 'us-east-1'
    expect(await regionOf('https://secrets.example.com')).toBe('us-east-1')
    expect(await regionOf('https://secrets.example.com', { region: 'eu-west-1' })).toBe('eu-west-1')
  })

  it.each([undefined, ''])('must be known: with AWS_REGION %j it is asked for', (value) => {
    delete process.env.AWS_REGION
    if (value !== undefined) process.env.AWS_REGION = value
    expect(() => createSecretsManagerClient({ endpoint: 'https://secrets.example.com' })).toThrow(
      '`region` is missing, and https://secrets.example.com does not tell it: give the Region of the API, or set AWS_REGION',
    )
  })

  it('must be the one of the host name', () => {
    const endpoint = 'https://abc123.execute-api.eu-central-1.amazonaws.com/v1'
    expect(() => createSecretsManagerClient({ endpoint, region: 'us-east-1' })).toThrow(EndpointProblem)
  })

  it('may come from a function', async () => {
    const region = () => Promise.resolve('eu-west-3')
    const client = createSecretsManagerClient({ endpoint: 'https://secrets.example.com', region })
    expect(await client.config.region()).toBe('eu-west-3')
  })
})

describe('the endpoint', () => {
  it('must be given', () => {
    for (const endpoint of ['', undefined as unknown as string])
      expect(() => createSecretsManagerClient({ endpoint })).toThrow('`endpoint` is missing: the URL of the API')
  })

  it('is used also where the environment asks for FIPS endpoints of AWS', async () => {
    const server = await serve('')
    process.env.AWS_USE_FIPS_ENDPOINT = 'true'
    try {
      await createSecretsManagerClient({ endpoint: server.url, region, credentials: CREDENTIALS }).send(read)
    } finally {
      delete process.env.AWS_USE_FIPS_ENDPOINT
    }
    expect(server.paths).toEqual(['/GetSecretValue'])
  })
})

function methodOf(client: object, operation: string): (input: object) => Promise<unknown> {
  const name = operation.charAt(0).toLowerCase() + operation.slice(1)
  const method: unknown = Reflect.get(client, name)
  if (typeof method !== 'function') throw new Error(`the SDK has no ${name}`)
  return (input) => Promise.resolve(method.call(client, input))
}
