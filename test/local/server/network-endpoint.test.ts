import { composeServices } from '../../../local/compose.ts'
import { suiteDirectories } from '../../support/suite-directories.ts'
import { ADMIN, callSigned, startForTest, type TestServer } from '../support/running-server.ts'

const PATH = '/_coffer/replication/network'
const makeDirectory = suiteDirectories()

let server: TestServer
beforeAll(async () => {
  server = await startForTest(
    makeDirectory(),
    { regions: 'us-east-1,eu-west-1', clock: '2026-03-01', replicationLag: '90s' },
    { compose: composeServices },
  )
})
afterAll(() => server.coffer.close())

async function network(body?: object | string, credentials = ADMIN) {
  const response = await callSigned(server.coffer.url, {
    method: body === undefined ? 'GET' : 'POST',
    path: PATH,
    service: 'coffer',
    headers: {},
    credentials,
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

async function call(operation: string, input: object, region = 'us-east-1'): Promise<Record<string, unknown>> {
  const response = await callSigned(server.coffer.url, {
    region,
    headers: { 'x-amz-target': `secretsmanager.${operation}`, 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify(input),
  })
  return (await response.json()) as Record<string, unknown>
}

it('tells what the network is like, from the start on', async () => {
  expect(await network()).toEqual({ status: 200, body: { lagSeconds: 90, cut: [], pending: {} } })
})

it('is changed in part, and has delivered what it may when it answers', async () => {
  await call('CreateSecret', {
    Name: 'db',
    SecretString: 'first',
    AddReplicaRegions: [{ Region: 'eu-west-1' }],
    ClientRequestToken: 'a'.repeat(32),
  })
  const cut = await network({ lagSeconds: 0.5, cut: ['eu-west-1'] })
  expect(cut.body).toMatchObject({ lagSeconds: 0.5, cut: ['eu-west-1'] })
  expect((cut.body.pending as Record<string, number>)['eu-west-1']).toBeGreaterThan(0)
  expect((await network({ lagSeconds: 0 })).body).toMatchObject({ lagSeconds: 0, cut: ['eu-west-1'] })
  expect(await call('GetSecretValue', { SecretId: 'db' }, 'eu-west-1')).toMatchObject({
    __type: 'ResourceNotFoundException',
  })
  expect((await network({ cut: [] })).body).toEqual({ lagSeconds: 0, cut: [], pending: {} })
  expect(await call('GetSecretValue', { SecretId: 'db' }, 'eu-west-1')).toMatchObject({ SecretString: 'first' })
})

it.each([
  ['nonsense', 'Expected {"lagSeconds": 5'],
  [{ lagSeconds: -1 }, 'Expected'],
  [{ lagSeconds: 1e12 }, 'Expected'],
  [{ cut: 'eu-west-1' }, 'Expected'],
  [{ lag: 5 }, 'Expected'],
  [{ cut: ['eu-west-1', 'mars-north-1'] }, 'does not serve the Region "mars-north-1"'],
])('refuses %j, and leaves the network as it is', async (body, message) => {
  const before = await network()
  const { status, body: answer } = await network(body)
  expect(status).toBe(400)
  expect(answer).toMatchObject({ __type: 'ValidationException' })
  expect(answer.message).toContain(message)
  expect(await network()).toEqual(before)
})

it('takes no other method, and is for the admin alone', async () => {
  const response = await callSigned(server.coffer.url, { method: 'PUT', path: PATH, service: 'coffer', headers: {} })
  expect(response.status).toBe(400)
  expect(await network({}, { accessKeyId: 'AKIAUNKNOWNUNKNOWN00', secretAccessKey: 'x'.repeat(40) })).toMatchObject({
    status: 400,
  })
})
