import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PAYLOAD_LIMIT } from '../../../sandbox/functions/function-host.ts'
import { suiteDirectories } from '../../support/suite-directories.ts'
import { hostFixture } from '../support/fixture-functions.ts'

const makeDirectory = suiteDirectories()

const { host, logs, clock, define } = hostFixture({ longestTimeoutMs: 1500 })

const answerOf = async (name: string, code: string, event: unknown = {}, more = {}) => {
  const outcome = await host.invoke(define(name, code, more), JSON.stringify(event))
  if (outcome.kind === 'refused') throw new Error(outcome.message)
  return { ...outcome, value: JSON.parse(outcome.payload) as Record<string, unknown> }
}

it('a function sees its declared environment, what Lambda sets, and nothing of this process', async () => {
  const { value } = await answerOf('env', 'exports.handler = async () => process.env')
  const ours = [
    'GREETING',
    'AWS_ENDPOINT_URL',
    'AWS_CONFIG_FILE',
    'AWS_SHARED_CREDENTIALS_FILE',
    'LANG',
    'TZ',
    '_HANDLER',
  ]
  expect(
    Object.keys(value)
      .filter((name) => !/^(AWS_LAMBDA|LAMBDA)_/.test(name))
      .sort(),
  ).toEqual(
    [
      ...ours,
      'AWS_ACCESS_KEY_ID',
      'AWS_DEFAULT_REGION',
      'AWS_EXECUTION_ENV',
      'AWS_REGION',
      'AWS_SECRET_ACCESS_KEY',
      'AWS_SESSION_TOKEN',
    ].sort(),
  )
  expect(value).toMatchObject({
    GREETING: 'hello',
    AWS_REGION: 'eu-central-1',
    AWS_LAMBDA_FUNCTION_NAME: 'env',
    _HANDLER: 'index.handler',
  })
})

it('it gets the event and a context with its time left, and may answer by callback', async () => {
  const code = `exports.handler = (event, context, done) => done(null, {
    event, name: context.functionName, arn: context.invokedFunctionArn, id: context.awsRequestId, left: context.getRemainingTimeInMillis() })`
  const { value, requestId } = await answerOf('context', code, { a: 1 })
  expect(value).toMatchObject({ event: { a: 1 }, name: 'context', id: requestId })
  expect(value.left).toBeGreaterThan(500)
  expect(value.left).toBeLessThanOrEqual(1500)
})

it('dates follow the clock of the sandbox, at once and also where they are kept', async () => {
  const code = `const D = Date; exports.handler = async () => [Date.now(), new D().getTime(), new Date(5).getTime(), new Date() instanceof Date, D.UTC(1970, 0)]`
  const definition = define('dates', code)
  const read = async (): Promise<number[]> => {
    const outcome = await host.invoke(definition, '{}')
    return JSON.parse(outcome.kind === 'answered' ? outcome.payload : '[]') as number[]
  }
  const before = await read()
  clock.advance(86_400_000)
  const after = await read()
  expect(after[0]! - before[0]!).toBeGreaterThanOrEqual(86_400_000)
  expect(after[1]! - after[0]!).toBeLessThan(1000)
  expect(after.slice(2)).toEqual([5, true, 0])
})

it('what it throws is answered as Lambda answers it', async () => {
  const thrown = await answerOf('throws', 'exports.handler = async () => { throw new TypeError("no") }')
  expect(thrown).toMatchObject({ functionError: 'Unhandled', value: { errorType: 'TypeError', errorMessage: 'no' } })
  expect(thrown.value.trace).toEqual(expect.arrayContaining(['TypeError: no']))
  const missing = await answerOf('missing', 'exports.other = 1')
  expect(missing.value).toMatchObject({ errorType: 'Runtime.HandlerNotFound' })
  const broken = await answerOf('broken', 'throw new Error("at start")')
  expect(broken).toMatchObject({ functionError: 'Unhandled', value: { errorMessage: 'at start' } })
})

it('one that ends its thread fails, and the next event finds a fresh one', async () => {
  const definition = define(
    'exits',
    'let n = 0; exports.handler = async ({ exit }) => { if (exit) process.exit(3); return ++n }',
  )
  const invoke = (event: object) => host.invoke(definition, JSON.stringify(event))
  expect(await invoke({})).toMatchObject({ payload: '1' })
  expect(await invoke({ exit: true })).toMatchObject({
    functionError: 'Unhandled',
    payload: expect.stringContaining('Runtime.ExitError'),
  })
  expect(await invoke({})).toMatchObject({ payload: '1' })
})

it('one whose thread ends between two events is replaced', async () => {
  const definition = define(
    'leaves',
    `exports.handler = async ({ leave }) => {
       if (leave) setTimeout(() => process.exit(0), 20)
       return process.env.AWS_ACCESS_KEY_ID
     }`,
  )
  const calm = await host.invoke(definition, '{}')
  const key = JSON.parse(calm.kind === 'answered' ? calm.payload : '""') as string
  const { worker } = host.holderOf(key)!
  await host.invoke(definition, '{"leave":true}')
  while (!worker.isDead) await new Promise((resolve) => setImmediate(resolve))
  expect(await host.invoke(definition, '{}')).toMatchObject({ payload: expect.stringMatching(/^"ASIA/) })
  expect(host.holderOf(key)).toBeUndefined()
})

it('one that takes too long is ended, with the words of Lambda, and does not disturb the next', async () => {
  const definition = define(
    'hangs',
    'exports.handler = ({ hang }) => hang ? new Promise(() => {}) : Promise.resolve(1)',
    { timeoutMs: 200 },
  )
  expect(await host.invoke(definition, '{"hang":true}')).toMatchObject({
    functionError: 'Unhandled',
    payload: expect.stringMatching(/Task timed out after 0\.20 seconds/),
  })
  expect(await host.invoke(definition, '{}')).toMatchObject({ payload: '1' })
})

it('events beyond the threads wait their turn; each thread has one at a time and credentials of its own', async () => {
  const code = `let busy = false
    exports.handler = async () => { if (busy) throw new Error('two at a time'); busy = true; await new Promise((r) => setTimeout(r, 20)); busy = false
      return process.env.AWS_ACCESS_KEY_ID }`
  const definition = define('busy', code)
  const outcomes = await Promise.all(Array.from({ length: 6 }, () => host.invoke(definition, '{}')))
  const keys = outcomes.map((outcome) =>
    outcome.kind === 'answered' && outcome.functionError === undefined ? outcome.payload : 'failed',
  )
  expect(keys).not.toContain('failed')
  expect(new Set(keys).size).toBe(2)
})

it('reserved concurrency refuses what is beyond it', async () => {
  const definition = define('reserved', 'exports.handler = async () => 1', { reservedConcurrency: 1 })
  const outcomes = await Promise.all([host.invoke(definition, '{}'), host.invoke(definition, '{}')])
  expect(outcomes[1]).toMatchObject({ kind: 'refused', status: 429, code: 'TooManyRequestsException' })
  expect(outcomes[0]).toMatchObject({ kind: 'answered' })
})

it('payloads of more than 6 MB are refused on the way in and an error on the way out', async () => {
  const definition = define('large', 'exports.handler = async ({ size }) => "x".repeat(size)')
  expect(await host.invoke(definition, JSON.stringify('x'.repeat(PAYLOAD_LIMIT)))).toMatchObject({
    kind: 'refused',
    status: 413,
  })
  expect(await host.invoke(definition, JSON.stringify({ size: PAYLOAD_LIMIT - 2 }))).not.toHaveProperty('functionError')
  expect(await host.invoke(definition, JSON.stringify({ size: PAYLOAD_LIMIT }))).toMatchObject({
    functionError: 'Unhandled',
    payload: expect.stringContaining('ResponseSizeTooLarge'),
  })
})

it('code is CommonJS, with its source maps, also below a package.json that says otherwise', async () => {
  const checkout = makeDirectory()
  const codeFolder = join(checkout, 'cdk.out', 'asset.abc')
  mkdirSync(codeFolder, { recursive: true })
  writeFileSync(join(checkout, 'package.json'), '{"type":"module"}')
  writeFileSync(
    join(codeFolder, 'other.js'),
    'exports.fail = () => { throw new Error("here") }\n//# sourceMappingURL=other.js.map',
  )
  const map = { version: 3, sources: ['/written/as.ts'], names: [], mappings: 'AAoBA' }
  writeFileSync(join(codeFolder, 'other.js.map'), JSON.stringify(map))
  writeFileSync(
    join(codeFolder, 'index.js'),
    'const { fail } = require("./other.js")\nmodule.exports.handler = async () => fail()',
  )
  const environment = { NODE_OPTIONS: '--enable-source-maps' }
  const { value } = await answerOf('below', '', {}, { codeFolder, environment })
  expect(value).toMatchObject({ errorType: 'Error', errorMessage: 'here' })
  expect(String(value.trace)).toContain('/written/as.ts:21')
})

it('code with a package.json of its own is what that says', async () => {
  const codeFolder = makeDirectory()
  writeFileSync(join(codeFolder, 'package.json'), '{"type":"module"}')
  writeFileSync(join(codeFolder, 'index.js'), 'export const handler = async () => "a module"')
  const outcome = await host.invoke(define('own', '', { codeFolder }), '{}')
  expect(outcome).toMatchObject({ payload: '"a module"' })
})

it('what it writes is in its log', async () => {
  await answerOf('writes', 'exports.handler = async () => { console.log("seen"); console.error("too"); return 1 }')
  const text = (): string => logs.all['eu-central-1/writes'] ?? ''
  // It comes from the thread on its own way.
  for (let turn = 0; turn < 1e5 && !text().includes('too'); turn++)
    await new Promise((resolve) => setImmediate(resolve))
  expect(text()).toContain('seen')
  expect(text()).toContain('too')
})
