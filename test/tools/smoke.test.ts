import { startBehindGateway } from '../client/support/embedded-behind-gateway.ts'
import { CREDENTIALS, type Answer, type Seen, type SigningServer } from '../client/support/signing-server.ts'
import { run, type Ran } from '../support/other-programs.ts'
import { suiteDirectories } from '../support/suite-directories.ts'

const makeDirectory = suiteDirectories()
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

/** As a person runs it after `cdk deploy`. */
function smoke(url: string, environment: Record<string, string> = {}, ...args: string[]): Promise<Ran> {
  const given = {
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_REGION: 'eu-central-1',
    // One attempt each: what is tested is not the SDK's patience.
    AWS_MAX_ATTEMPTS: '1',
    COFFER_URL: url,
    ...environment,
  }
  return run(process.execPath, ['tools/smoke.ts', ...args], { environment: given })
}

async function coffer(intercept: (seen: Seen) => Answer | undefined = () => undefined): Promise<SigningServer> {
  const behind = await startBehindGateway(makeDirectory(), { basePath: '/v1' }, intercept)
  stops.push(behind.stop)
  return behind.gateway
}

/** The values that went over the wire, to look for them where they must not be. */
function valuesIn(server: SigningServer): string[] {
  return server.seen.flatMap(({ body }) => /"SecretString":"([^"]+)"/.exec(body)?.[1] ?? [])
}

const failing = (operation: string, status: number, code: string, message = 'no') => {
  const answer = { status, headers: { 'x-amzn-errortype': code }, body: JSON.stringify({ message }) }
  return ({ target }: Seen): Answer | undefined => (target.endsWith(`.${operation}`) ? answer : undefined)
}

describe('the smoke test', () => {
  it('uses a whole API by operation paths and by the front door, says how each step went, and leaves nothing', async () => {
    const gateway = await coffer()
    const { code, stdout, stderr } = await smoke(gateway.url)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const said = stdout
      .replaceAll(/ +\d+ ms/g, ' # ms')
      .replace(/coffer-smoke\/\S+/, 'NAME')
      .replace(/[\d.]+ s$/m, '# s')
    expect(said.trim().split('\n')).toEqual([
      `${gateway.url}: using the secret NAME`,
      'ok # ms  make a secret (CreateSecret)',
      'ok # ms  read it (GetSecretValue)',
      'ok # ms  read it through the front door (POST /)',
      'ok # ms  store a new version (PutSecretValue)',
      'ok # ms  describe it (DescribeSecret)',
      'ok # ms  find it in a list (ListSecrets)',
      'ok # ms  tag it (TagResource, UntagResource)',
      'ok # ms  go back to the first version (UpdateSecretVersionStage)',
      'ok # ms  delete it for good (DeleteSecret, GetSecretValue)',
      'smoke test passed: 9 steps worked, # s',
    ])
    expect(valuesIn(gateway)).toHaveLength(2)
    for (const value of valuesIn(gateway)) expect(stdout).not.toContain(value)
    expect(gateway.paths.filter((path) => path === '/v1/')).toHaveLength(1)
    const deletion = gateway.seen.find(({ target }) => target.endsWith('.DeleteSecret'))
    expect(deletion?.body).toContain('"ForceDeleteWithoutRecovery":true')
  })

  it.each([
    ['GetSecretValue', 'read it'],
    ['ListSecrets', 'find it in a list'],
    ['UpdateSecretVersionStage', 'go back to the first version'],
  ])('deletes what it made when %s fails', async (operation, step) => {
    const gateway = await coffer(failing(operation, 500, 'InternalServiceError'))
    const { code, stdout } = await smoke(gateway.url)
    expect(code).toBe(1)
    expect(stdout).toMatch(new RegExp(`FAIL +\\d+ ms  ${step}.*InternalServiceError`))
    expect(stdout).toMatch(/ the secret coffer-smoke\/\S+ is deleted\nsmoke test FAILED: \d steps worked/)
    const last = gateway.seen.at(-1)
    expect(last).toMatchObject({ target: 'secretsmanager.DeleteSecret' })
  })

  it('deletes what it may have made when the first answer is lost', async () => {
    let isFirst = true
    const gateway = await coffer(({ target }) => {
      if (!isFirst || !target.endsWith('.CreateSecret')) return undefined
      isFirst = false
      return { status: 504, body: '{"message":"Endpoint request timed out"}' }
    })
    const { code, stdout } = await smoke(gateway.url)
    expect(code).toBe(1)
    expect(gateway.seen.at(-1)?.target).toBe('secretsmanager.DeleteSecret')
    // It had not been made.
    expect(stdout).not.toContain('MAY STILL BE THERE')
  })

  it('says how to delete by hand when it cannot', async () => {
    const gateway = await coffer(failing('DeleteSecret', 403, 'AccessDeniedException'))
    const { code, stdout } = await smoke(gateway.url)
    expect(code).toBe(1)
    expect(stdout).toMatch(/THE SECRET coffer-smoke\/\S+ MAY STILL BE THERE/)
    expect(stdout).toMatch(/aws secretsmanager delete-secret --secret-id coffer-smoke\/\S+ --force-delete/)
  })

  it('notices a value that is not the one it stored, without printing either', async () => {
    const gateway = await coffer(({ target }) =>
      target.endsWith('.GetSecretValue') ? { status: 200, body: '{"SecretString":"another"}' } : undefined,
    )
    const { code, stdout } = await smoke(gateway.url)
    expect([code, stdout]).toEqual([1, expect.stringContaining('AWSCURRENT is not the value that was stored')])
    for (const value of ['another', ...valuesIn(gateway)]) expect(stdout).not.toContain(value)
  })

  it('notices a secret that can still be read after its deletion', async () => {
    const gateway = await coffer(({ target }) =>
      target.endsWith('.DeleteSecret') ? { status: 200, body: '{}' } : undefined,
    )
    const { code, stdout } = await smoke(gateway.url)
    expect([code, stdout]).toEqual([1, expect.stringContaining('it can still be read')])
  })
})

describe('what went wrong is said, and nothing is left', () => {
  it('when the caller may not use the API', async () => {
    const gateway = await coffer(failing('CreateSecret', 403, 'AccessDeniedException'))
    const { code, stdout } = await smoke(gateway.url)
    expect([code, stdout]).toEqual([1, expect.stringContaining('needs execute-api:Invoke on this API')])
    // Nothing was made, so there is nothing to delete.
    expect(gateway.seen).toHaveLength(1)
  })

  it('missing credentials', async () => {
    const none = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }
    const { code, stdout } = await smoke('http://127.0.0.1:1', none)
    expect([code, stdout]).toEqual([1, expect.stringContaining('No AWS credentials were found')])
  })

  it('an address where nobody is', async () => {
    const { code, stdout } = await smoke('http://127.0.0.1:1')
    expect([code, stdout]).toEqual([1, expect.stringContaining('http://127.0.0.1:1 cannot be reached')])
    expect(stdout).not.toContain('MAY STILL BE THERE')
  })

  it.each([
    ['', [], '--url (COFFER_URL) is missing'],
    ['nonsense', [], 'The URL of the API is "nonsense"'],
    ['https://a1.execute-api.eu-central-1.amazonaws.com/v1', ['--region', 'us-east-1'], 'is in eu-central-1'],
    ['https://a1.execute-api.eu-central-1.amazonaws.com/v1', ['--paths', 'x'], '--paths is "x"'],
  ])('the URL %j with %j', async (url, args, message) => {
    const { code, stdout, stderr } = await smoke(url, {}, ...args)
    expect([code, stdout, stderr]).toEqual([1, expect.stringContaining(`smoke test failed: `), ''])
    expect(stdout).toContain(message)
  })
})
