import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GetFunctionCommand, type LambdaClient } from '@aws-sdk/client-lambda'
import { run } from '../../../local/cli/program.ts'
import { packCode } from '../../../local/cli/code-package.ts'
import { FunctionRunner } from '../../../local/functions/runtime/function-runner.ts'
import { readZip } from '../../../local/functions/zip-reader.ts'
import { suiteDirectories } from '../../support/suite-directories.ts'
import {
  ACCOUNT,
  REGION,
  startFunctions,
  type FunctionsServer,
  type Signer,
} from '../functions/support/functions-server.ts'

const makeDirectory = suiteDirectories()
let server: FunctionsServer
let admin: Signer
let lambda: LambdaClient

beforeAll(async () => {
  server = await startFunctions({ directory: makeDirectory(), runner: new FunctionRunner() })
  await server.role('rotation')
  admin = await server.admin()
  lambda = server.client(admin)
})
afterAll(() => server.close())

interface Done {
  readonly code: number | undefined
  readonly out: string
  readonly err: string
}

async function coffer(args: readonly string[], signer: Signer = admin): Promise<Done> {
  let [out, err] = ['', '']
  const code = await run(['functions', ...args], {
    environment: {
      AWS_ENDPOINT_URL: server.url,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: signer.accessKeyId,
      AWS_SECRET_ACCESS_KEY: signer.secretAccessKey,
    },
    print: (text) => void (out += text),
    complain: (text) => void (err += text),
  })
  return { code, out, err }
}

function file(name: string, text: string): string {
  const path = join(makeDirectory(), name)
  writeFileSync(path, text)
  return path
}

const HELLO = `export const handler = async (event, context) => {
  console.log('seen', context.functionName)
  if (event.fails) throw new Error('on purpose')
  return { event, greeting: process.env.GREETING, endpoint: process.env.SECRETS_MANAGER_ENDPOINT, key: process.env.AWS_ACCESS_KEY_ID }
}`

describe('coffer functions', () => {
  it('adds, lists, shows, invokes and removes a function without a role', async () => {
    const code = file('hello.mjs', HELLO)
    const added = await coffer([
      'add',
      'hello',
      '--runtime',
      'nodejs24.x',
      '--handler',
      'hello.handler',
      '--code',
      code,
      '--env',
      'GREETING=a=b',
      '--memory',
      '256',
    ])
    expect(added).toMatchObject({ code: 0, err: '' })
    expect(added.out).toContain(`added arn:aws:lambda:${REGION}:${ACCOUNT}:function:hello\n`)

    expect((await coffer(['list'])).out).toMatch(/^NAME .*\nhello +nodejs24\.x +hello\.handler +\d{4}-/)

    const shown = (await coffer(['show', 'hello'])).out
    expect(shown).toMatch(/Role +none: it has no credentials/)
    expect(shown).toMatch(/Timeout +30 s\nMemory +256 MB/)
    expect(shown).toMatch(/Variables +GREETING\n/)
    expect(shown).not.toContain('a=b')
    expect(shown).toContain(`secretsmanager.amazonaws.com (SecretsManager), AWS:SourceAccount ${ACCOUNT}`)

    const invoked = await coffer(['invoke', 'hello', '--payload', '{"a":1}', '--log'])
    expect(invoked.code).toBe(0)
    expect(JSON.parse(invoked.out)).toEqual({ event: { a: 1 }, greeting: 'a=b', endpoint: server.url })
    expect(invoked.err).toMatch(/START RequestId[^]*seen hello[^]*REPORT/)

    expect((await coffer(['logs', 'hello'])).out).toMatch(/^\d{4}-\S+Z [^]*seen hello/m)
    expect(await coffer(['remove', 'hello'])).toEqual({ code: 0, out: 'removed hello\n', err: '' })
    expect((await coffer(['list'])).out).toContain(`There are no functions in ${REGION} of account ${ACCOUNT}.`)
  })

  it('gives the function the permission that rotation asks for, and no more', async () => {
    await coffer([
      'add',
      'permitted',
      '--runtime',
      'nodejs24.x',
      '--handler',
      'hello.handler',
      '--code',
      file('hello.mjs', HELLO),
    ])
    const use = (account: string) => ({
      functionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:permitted`,
      secretArn: `arn:aws:secretsmanager:${REGION}:${account}:secret:db-AbCdEf`,
      secret: { account, region: REGION, name: 'db' },
    })
    expect(await server.service.check(use(ACCOUNT))).toBe('allowed')
    expect(await server.service.check(use('222222222222'))).toBe('not-allowed')
  })

  it('gives the function credentials of its role', async () => {
    const role = `arn:aws:iam::${ACCOUNT}:role/rotation`
    const args = [
      '--runtime',
      'nodejs24.x',
      '--handler',
      'hello.handler',
      '--code',
      file('hello.mjs', HELLO),
      '--role',
      role,
    ]
    expect((await coffer(['add', 'with-role', ...args])).code).toBe(0)
    const { out } = await coffer(['invoke', 'with-role'])
    expect(JSON.parse(out)).toMatchObject({ key: expect.stringMatching(/^ASIA/) })
  })

  it('changes what is given of a function that is there, and leaves the rest', async () => {
    const variables = file('variables', '# why\nGREETING="hello there"\nOTHER=2\n')
    await coffer([
      'add',
      'again',
      '--runtime',
      'nodejs24.x',
      '--handler',
      'hello.handler',
      '--code',
      file('hello.mjs', HELLO),
      '--environment-file',
      variables,
      '--timeout',
      '7',
    ])
    const before = await lambda.send(new GetFunctionCommand({ FunctionName: 'again' }))
    const same = await coffer(['add', 'again', '--code', file('hello.mjs', HELLO)])
    expect(same.out).toMatch(/^updated /)
    expect((await lambda.send(new GetFunctionCommand({ FunctionName: 'again' }))).Configuration).toEqual(
      before.Configuration,
    )
    await coffer([
      'add',
      'again',
      '--code',
      file('hello.mjs', 'export const handler = () => process.env.GREETING'),
      '--concurrency',
      '2',
    ])
    expect(await lambda.send(new GetFunctionCommand({ FunctionName: 'again' }))).toMatchObject({
      Configuration: { Timeout: 7, Environment: { Variables: { GREETING: 'hello there', OTHER: '2' } } },
      Concurrency: { ReservedConcurrentExecutions: 2 },
    })
    expect((await coffer(['invoke', 'again'])).out).toBe('"hello there"\n')
  })

  it('needs no code to change something else, and says when nothing is given', async () => {
    const args = ['--runtime', 'nodejs24.x', '--handler', 'hello.handler', '--code', file('hello.mjs', HELLO)]
    const { out } = await coffer(['add', 'partial', ...args])
    expect(out).toContain('coffer rotate enable <secret> --every 30d --function partial\n')
    const before = await lambda.send(new GetFunctionCommand({ FunctionName: 'partial' }))
    expect(await coffer(['add', 'partial', '--timeout', '60'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^updated/),
    })
    const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName: 'partial' }))
    expect(Configuration).toMatchObject({ Timeout: 60, CodeSha256: before.Configuration?.CodeSha256 })
    expect((await coffer(['add', 'partial'])).out).toMatch(/^nothing was given to change of arn:/)
  })

  it('says what --concurrency 0 means', async () => {
    const args = ['--runtime', 'nodejs24.x', '--handler', 'hello.handler', '--code', file('hello.mjs', HELLO)]
    expect((await coffer(['add', 'stopped', ...args, '--concurrency', '0'])).out).toContain('it is never run')
    expect((await coffer(['show', 'stopped'])).out).toMatch(/At once +0: it is never run/)
  })

  it('says of an event that is none of a rotation what would be one', async () => {
    const args = ['--runtime', 'nodejs24.x', '--handler', 'a.handler', '--code']
    await coffer(['add', 'picky', ...args, file('a.mjs', 'export const handler = () => { throw new Error("no") }')])
    const failed = await coffer(['invoke', 'picky'])
    expect([failed.code, failed.err]).toEqual([1, expect.stringContaining('coffer rotation rehearse <secret>')])
    const payload = JSON.stringify({ Step: 'testSecret', SecretId: 'db', ClientRequestToken: 't' })
    expect(await coffer(['invoke', 'picky', '--payload', payload])).toMatchObject({ code: 1, err: '' })
  })

  it('ends with 1 where the function fails, and shows how', async () => {
    await coffer([
      'add',
      'fails',
      '--runtime',
      'nodejs24.x',
      '--handler',
      'hello.handler',
      '--code',
      file('hello.mjs', HELLO),
    ])
    const { code, out } = await coffer(['invoke', 'fails', '--payload', '{"fails":true}'])
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({ errorType: 'Error', errorMessage: 'on purpose' })
  })

  it('runs a Python function from a folder', async () => {
    const folder = makeDirectory()
    mkdirSync(join(folder, 'helpers'))
    writeFileSync(join(folder, 'helpers', '__init__.py'), 'def twice(n):\n    return 2 * n\n')
    writeFileSync(
      join(folder, 'lambda_function.py'),
      'from helpers import twice\ndef lambda_handler(event, context):\n    return twice(event["n"])\n',
    )
    await coffer([
      'add',
      'python',
      '--runtime',
      'python3.x',
      '--handler',
      'lambda_function.lambda_handler',
      '--code',
      folder,
    ])
    expect(await coffer(['invoke', 'python', '--payload', '{"n": 21}'])).toMatchObject({ code: 0, out: '42\n' })
  })

  it('does not let what a function writes move the cursor', async () => {
    const code = file('hello.mjs', 'export const handler = () => console.log("\\u001b[2Jgone")')
    await coffer(['add', 'screen', '--runtime', 'nodejs24.x', '--handler', 'hello.handler', '--code', code])
    await coffer(['invoke', 'screen'])
    const { out } = await coffer(['logs', 'screen'])
    expect(out).toContain('[2Jgone')
    expect(out).not.toContain('\u001b')
  })

  it.each([
    [
      ['add', 'x', '--code', '/nowhere', '--runtime', 'nodejs24.x', '--handler', 'a.b'],
      2,
      '--code /nowhere is not there',
    ],
    [
      ['add', 'x', '--code', __filename, '--handler', 'a.b'],
      2,
      '--runtime, such as nodejs24.x or python3.x, is missing',
    ],
    [['add', 'x', '--code', __filename, '--runtime', 'nodejs24.x'], 2, '--handler, such as rotate.handler, is missing'],
    [['add', 'x', '--code', __filename, '--runtime', 'cobol', '--handler', 'a.b'], 1, 'Value "cobol" at \'runtime\''],
    [['add', 'x', '--code', __filename, '--timeout', '1h'], 2, '--timeout is "1h", expected a whole number'],
    [['add', 'x', '--code', __filename, '--env', 's3cret'], 2, '--env expects a name and a value'],
    [
      ['add', 'x', '--code', __filename, '--environment-file', '/nowhere'],
      2,
      '--environment-file is /nowhere, which cannot be read',
    ],
    [['add', 'x', '--env-file', '/nowhere'], 2, 'Node takes for itself: use --environment-file'],
    [['add', 'x', '--runtime', 'nodejs24.x', '--handler', 'a.b'], 2, '--code, such as ./rotate.mjs, is missing'],
    [['add', '--code', __filename], 2, "missing required argument 'name'"],
    [['add', 'x', '--code', __filename, '--concurrency', '1001'], 2, '--concurrency is 1001, expected 1 to 1000'],
    [['show', 'nobody'], 1, 'ResourceNotFoundException: Function not found'],
    [['remove', 'nobody'], 1, 'ResourceNotFoundException: Function not found'],
    [['invoke', 'nobody', '--payload', '{no'], 2, '--payload is not JSON'],
    [['fly'], 2, 'unknown command'],
    [['list', '--url', 'ftp://x'], 2, 'expected a URL'],
    [['list', '--url', 'http://127.0.0.1:1'], 1, 'cannot be reached'],
  ])('says what is wrong: %j', async (args, code, message) => {
    const done = await coffer(args)
    expect(done.code).toBe(code)
    expect(done.err).toContain(message)
    expect(done.err).not.toContain('s3cret')
  })

  it('says who may not', async () => {
    const done = await coffer(['list'], await server.user('nobody', []))
    expect(done).toMatchObject({ code: 1, err: expect.stringContaining('AccessDeniedException: User: ') })
  })

  it.each([[[]], [['add']], [['list']], [['show']], [['logs']], [['invoke']], [['remove']]])(
    'has help for %j',
    async (args) => {
      const { code, out } = await coffer([...args, '--help'])
      expect(code).toBe(0)
      expect(out).toContain('Usage: coffer functions')
    },
  )
})

describe('the code of a function', () => {
  const contentOf = async (zip: Buffer): Promise<Map<string, string>> =>
    new Map(
      await Promise.all(
        readZip(zip, { bytes: 1e6, entries: 100 }).map(
          async (one) => [one.path, (await one.read()).toString()] as const,
        ),
      ),
    )

  it('is the files of a folder, links followed, what no function needs left out', async () => {
    const folder = makeDirectory()
    mkdirSync(join(folder, 'lib'))
    mkdirSync(join(folder, '.git'))
    writeFileSync(join(folder, 'index.mjs'), '1')
    writeFileSync(join(folder, 'lib', 'two.mjs'), '2')
    writeFileSync(join(folder, '.git', 'config'), 'x')
    symlinkSync(join(folder, 'lib', 'two.mjs'), join(folder, 'link.mjs'))
    symlinkSync(join(folder, 'lib'), join(folder, 'linked'))
    symlinkSync(folder, join(folder, 'lib', 'round'))
    symlinkSync('/nowhere', join(folder, 'dangling'))
    expect(await contentOf(packCode(folder))).toEqual(
      new Map([
        ['index.mjs', '1'],
        ['lib/two.mjs', '2'],
        ['link.mjs', '2'],
        ['linked/two.mjs', '2'],
      ]),
    )
  })

  it('is the same zip file again for the same files', () => {
    const text = 'export const handler = 1'
    expect(packCode(file('a.mjs', text))).toEqual(packCode(file('a.mjs', text)))
  })

  it('is a zip file as it is', () => {
    const zip = packCode(file('a.mjs', 'x'))
    const path = join(makeDirectory(), 'code.ZIP')
    writeFileSync(path, zip)
    expect(packCode(path)).toEqual(zip)
  })

  it('cannot be nothing', () => {
    expect(() => packCode(makeDirectory())).toThrow('holds no files')
  })
})
