import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { run } from '../../../local/cli/program.ts'
import { misplaced, whyUnanswered } from '../../../local/cli/unanswered.ts'
import { ADMIN, startForTest, type TestServer } from '../support/running-server.ts'
import { temporaryDirectories } from '../support/temporary-directory.ts'
import { certificate, privateKey } from '../support/tls-certificate.ts'

const newDirectory = temporaryDirectories()
const asAdmin = { AWS_ACCESS_KEY_ID: ADMIN.accessKeyId, AWS_SECRET_ACCESS_KEY: ADMIN.secretAccessKey }

const servers: Server[] = []
let coffer: TestServer['coffer']
let plain: number
let secure: number
let other: number

async function portOf(server: Server): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

beforeAll(async () => {
  ;({ coffer } = await startForTest(newDirectory()))
  plain = await portOf(createHttpServer((_, response) => response.end('hello')))
  secure = await portOf(createHttpsServer({ cert: certificate, key: privateKey }))
  other = await portOf(createServer((socket) => socket.on('error', () => undefined).write('220 ready\r\n')))
})
afterAll(async () => {
  for (const server of servers) server.close()
  await coffer.close()
})

async function complaintAbout(url: string, command = ['rotation', 'show', 'db'], environment: object = asAdmin) {
  let err = ''
  const code = await run([...command, '--url', url], {
    environment: { ...environment },
    print: () => undefined,
    complain: (text) => void (err += text),
  })
  return { code, err }
}

describe('a URL that leads to no Coffer', () => {
  it.each([
    [['rotation', 'show', 'db']],
    [['rotate', 'enable', 'db', '--every', '30d']],
    [['functions', 'list']],
    [['clock']],
  ])('with the stage of one on AWS is told apart: %j', async (command) => {
    const { code, err } = await complaintAbout(`${coffer.url}/v1`, command)
    expect(code).toBe(1)
    expect(err).toContain(`There is no Coffer at ${coffer.url}/v1. An embedded one has no /v1 in its URL`)
  })

  it('of https where http is spoken, and of http where https is, names the other', async () => {
    expect((await complaintAbout(`https://127.0.0.1:${plain}`)).err).toContain(
      `does not speak https. Is it http://127.0.0.1:${plain}?`,
    )
    expect((await complaintAbout(`http://127.0.0.1:${secure}`)).err).toContain(`Is it https://127.0.0.1:${secure}, or`)
  })

  it('with a certificate that is not trusted says how to trust it', async () => {
    expect((await complaintAbout(`https://127.0.0.1:${secure}`)).err).toMatch(
      /not trusted here \(DEPTH_ZERO_SELF_SIGNED_CERT\)\. NODE_EXTRA_CA_CERTS/,
    )
  })

  it('of another program says so', async () => {
    expect((await complaintAbout(`http://127.0.0.1:${other}`)).err).toContain('does not speak HTTP')
    expect((await complaintAbout(`http://127.0.0.1:${plain}`)).err).toContain(
      'answered with status 200: is it a Coffer?',
    )
  })

  it('where nobody listens says so', async () => {
    const server = createServer()
    const port = await portOf(server)
    await new Promise((resolve) => server.close(resolve))
    expect((await complaintAbout(`http://127.0.0.1:${port}`)).err).toContain('nothing listens there')
  })

  it('that does not answer in time says that it may go on', () => {
    const cause = new DOMException('The operation timed out', 'TimeoutError')
    expect(whyUnanswered(new URL('http://a/b'), cause, 300_000)).toBe(
      'http://a has not answered within 300 seconds. What it was asked for may go on there.',
    )
  })
})

describe('a path that is not there', () => {
  const api = 'https://abc.execute-api.eu-central-1.amazonaws.com'
  it.each([
    [`${api}/x`, { path: '/x', status: 403, code: undefined }, /with its stage/],
    [`${api}/v1/x`, { path: '/x', status: 403, code: undefined }, undefined],
    ['http://a/x', { path: '/x', status: 404, code: 'UnknownOperationException' }, undefined],
    ['http://a/coffer/x', { path: '/x', status: 404, code: 'ResourceNotFoundException' }, undefined],
    ['http://a/v1/x?Marker=m', { path: '/x?Marker=m', status: 404, code: undefined }, /no Coffer at http:\/\/a\/v1\./],
  ])('of %s with %j', (url, found, message) => {
    const text = misplaced(new URL(url), found)
    if (message === undefined) expect(text).toBeUndefined()
    else expect(text).toMatch(message)
  })
})

describe('credentials that are missing', () => {
  it('are asked of anybody whom policies let, and say that profiles are not read', async () => {
    expect(await complaintAbout(coffer.url, ['rotation', 'show', 'db'], {})).toMatchObject({
      code: 2,
      err: expect.stringMatching(
        /must be set to an access key of the admin, or of anybody whom policies let: profiles/,
      ),
    })
    const withProfile = await complaintAbout(coffer.url, ['rotation', 'show', 'db'], { AWS_PROFILE: 'work' })
    expect(withProfile.err).toContain(
      'AWS_PROFILE is not read. `eval "$(aws configure export-credentials --format env)"`',
    )
  })

  it('are those of the admin for what the admin alone may', async () => {
    expect((await complaintAbout(coffer.url, ['clock'], {})).err).toContain('must be set to the admin access key: ')
  })
})
