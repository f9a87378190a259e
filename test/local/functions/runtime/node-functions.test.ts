import { ARN, bench, event, nodeFunction, said, type Files } from './support/runners.ts'

describe('a Node function', () => {
  const { runner, folder } = bench()
  const runOnce = (files: Files | string, changes = {}, payload: unknown = {}) =>
    runner().invoke(
      nodeFunction(folder(typeof files === 'string' ? { 'index.js': files } : files), changes),
      event(payload),
    )

  describe('is found by its handler', () => {
    const body = 'async (event) => ({ got: event.word })'
    const cases: readonly [what: string, files: Files, handler: string][] = [
      ['in CommonJS', { 'index.js': `exports.handler = ${body}` }, 'index.handler'],
      [
        'in CommonJS with exports made in a loop',
        { 'index.js': `for (const n of ['handler']) exports[n] = ${body}` },
        'index.handler',
      ],
      ['as module.exports with an object', { 'index.cjs': `module.exports = { handler: ${body} }` }, 'index.handler'],
      ['in an ES module', { 'index.mjs': `export const handler = ${body}` }, 'index.handler'],
      [
        'in an ES module that waits when it is loaded',
        { 'index.mjs': `await Promise.resolve(); export const handler = ${body}` },
        'index.handler',
      ],
      [
        'in an ES module by package.json',
        { 'package.json': '{"type":"module"}', 'index.js': `export const handler = ${body}` },
        'index.handler',
      ],
      ['in an ES module that only its syntax tells', { 'index.js': `export const handler = ${body}` }, 'index.handler'],
      ['in a folder', { 'src/lib/rotate.js': `exports.main = ${body}` }, 'src/lib/rotate.main'],
      ['in an object', { 'index.js': `exports.a = { b: ${body} }` }, 'index.a.b'],
      [
        'beside a module of its own',
        { 'index.mjs': `import { f } from './f.mjs'; export const handler = f`, 'f.mjs': `export const f = ${body}` },
        'index.handler',
      ],
      [
        'with a CommonJS package of its own',
        {
          'index.js': `exports.handler = require('@scope/p').f`,
          'node_modules/@scope/p/index.js': `exports.f = ${body}`,
        },
        'index.handler',
      ],
      [
        'with an ES package of its own',
        {
          'index.mjs': `export { f as handler } from 'p'`,
          'node_modules/p/package.json': '{"name":"p","type":"module","exports":"./main.js"}',
          'node_modules/p/main.js': `export const f = ${body}`,
        },
        'index.handler',
      ],
    ]
    it.each(cases)('%s', async (_what, files, handler) => {
      const result = await runOnce(files, { handler }, { word: 'grün' })
      expect(said(result)).toEqual({ got: 'grün' })
      expect(result.status).toBe('returned')
    })

    it('and a package.json above the code folder does not count', async () => {
      const above = folder({
        'package.json': '{"type":"module"}',
        'code/index.js': `const { f } = require('./f.js'); exports.handler = f`,
        'code/f.js': `exports.f = ${body}`,
      })
      const result = await runner().invoke(nodeFunction(`${above}/code`), event({ word: 1 }))
      expect(said(result)).toEqual({ got: 1 })
    })
  })

  describe('gives its result', () => {
    const cases: readonly [what: string, code: string, result: string][] = [
      ['as a promise', 'exports.handler = async () => 7', '7'],
      ['as a value', 'exports.handler = () => [1]', '[1]'],
      ['as a thenable', 'exports.handler = () => ({ then: (f) => setTimeout(f, 5, "late") })', '"late"'],
      ['by the callback', 'exports.handler = (e, c, callback) => setTimeout(callback, 5, null, { a: 1 })', '{"a":1}'],
      [
        'by the callback, after the event loop is empty',
        'let n = 0; exports.handler = (e, c, callback) => { const o = {}; setTimeout(() => (o.n = 2), 20); callback(null, o) }',
        '{"n":2}',
      ],
      [
        'by the callback, before the event loop is empty, when it asks for that',
        'exports.handler = (e, c, callback) => { c.callbackWaitsForEmptyEventLoop = false; setInterval(() => {}, 1e6); callback(null, 3) }',
        '3',
      ],
      ['never, and the event loop is empty', 'exports.handler = () => new Promise(() => {})', 'null'],
      ['as nothing', 'exports.handler = async () => {}', 'null'],
      ['as a function, which JSON does not have', 'exports.handler = async () => () => 1', 'null'],
    ]
    it.each(cases)('%s', async (_what, code, result) => {
      const { status, payload } = await runOnce(code)
      expect([status, payload.toString()]).toEqual(['returned', result])
    })
  })

  it('gets the context of Lambda', async () => {
    const code = `exports.handler = async (event, context) => ({ ...context, left: context.getRemainingTimeInMillis(), event })`
    const fn = nodeFunction(folder({ 'index.js': code }), { memoryMb: 256 })
    const clientContext = '{"custom":{"city":"Zürich"}}'
    const requestId = '11111111-2222-4333-8444-555555555555'
    const result = await runner().invoke(fn, event({ a: 'ü' }), { clientContext, requestId })
    const { left, ...context } = said(result)
    expect(context).toEqual({
      event: { a: 'ü' },
      callbackWaitsForEmptyEventLoop: true,
      functionName: 'rotate',
      functionVersion: '$LATEST',
      invokedFunctionArn: ARN,
      memoryLimitInMB: '256',
      awsRequestId: requestId,
      logGroupName: '/aws/lambda/rotate',
      logStreamName: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
      clientContext: { custom: { city: 'Zürich' } },
    })
    expect(left).toBeGreaterThan(10_000)
    expect(left).toBeLessThanOrEqual(20_000)
    expect(result.requestId).toBe(requestId)
  })

  describe('fails as in Lambda', () => {
    const cases: readonly [what: string, code: string, document: object][] = [
      [
        'with what it throws',
        'exports.handler = () => { throw new TypeError("no") }',
        {
          errorType: 'TypeError',
          errorMessage: 'no',
          trace: expect.arrayContaining(['TypeError: no', expect.stringContaining('index.js:1')]),
        },
      ],
      [
        'with what it rejects with',
        'class Odd extends Error { name = "Odd" }; exports.handler = async () => { throw new Odd("x") }',
        { errorType: 'Odd', errorMessage: 'x' },
      ],
      [
        'with the error of the callback',
        'exports.handler = (e, c, callback) => callback(new RangeError("far"))',
        { errorType: 'RangeError', errorMessage: 'far' },
      ],
      [
        'with a string',
        'exports.handler = async () => { throw "words" }',
        { errorType: 'string', errorMessage: 'words', trace: [] },
      ],
      [
        'with nothing',
        'exports.handler = async () => { throw undefined }',
        { errorType: 'undefined', errorMessage: 'undefined', trace: [] },
      ],
      [
        'with an error that cannot be read',
        'exports.handler = async () => { throw { toString() { throw 1 } } }',
        { errorType: 'handled', trace: [] },
      ],
      [
        'with an error whose name fits in no header',
        'exports.handler = async () => { throw Object.assign(new Error("m"), { name: "ä\\n€" }) }',
        { errorType: 'ä\n€', errorMessage: 'm' },
      ],
      [
        'with a result that is no JSON',
        'exports.handler = async () => { const o = {}; o.o = o; return o }',
        { errorType: 'Runtime.JSONStringifyError', errorMessage: 'Unable to stringify response body' },
      ],
      [
        'with a rejection that nobody handles',
        'exports.handler = () => { Promise.reject(new Error("lost")); return new Promise((r) => setTimeout(r, 5000)) }',
        {
          errorType: 'Runtime.UnhandledPromiseRejection',
          errorMessage: 'Error: lost',
          reason: expect.objectContaining({ errorMessage: 'lost' }),
        },
      ],
      [
        'with an exception that nobody catches',
        'exports.handler = () => new Promise(() => setTimeout(() => { throw new Error("later") }, 5))',
        { errorType: 'Error', errorMessage: 'later' },
      ],
      ['when its code throws', 'throw new SyntaxError("mine") ', { errorType: 'Runtime.UserCodeSyntaxError' }],
      [
        'when its code throws something else',
        'throw new EvalError("mine") ',
        { errorType: 'EvalError', errorMessage: 'mine' },
      ],
      [
        'when its syntax is wrong',
        'exports.handler = async ( => 1',
        { errorType: 'Runtime.UserCodeSyntaxError', errorMessage: expect.stringMatching(/^SyntaxError: /) },
      ],
      [
        'when a package is missing',
        'require("not-there")',
        {
          errorType: 'Runtime.ImportModuleError',
          errorMessage: expect.stringMatching(/^Error: Cannot find module 'not-there'/),
        },
      ],
      [
        'when the handler is missing',
        'exports.other = 1',
        { errorType: 'Runtime.HandlerNotFound', errorMessage: 'index.handler is undefined or not exported' },
      ],
      [
        'when the handler is no function',
        'exports.handler = {}',
        { errorType: 'Runtime.HandlerNotFound', errorMessage: 'index.handler is not a function' },
      ],
    ]
    it.each(cases)('%s', async (_what, code, document) => {
      const result = await runOnce(code)
      expect(result.status).toBe('failed')
      expect(said(result)).toEqual(expect.objectContaining(document))
      expect(result.logTail).toContain('\tERROR\t')
    })

    it.each([
      ['nothing.handler', 'Runtime.ImportModuleError', /^Error: Cannot find module '.*nothing'/],
      ['index', 'Runtime.MalformedHandlerName', /^Bad handler$/],
      ['../index.handler', 'Runtime.MalformedHandlerName', /is not a valid handler name/],
    ])('when its handler is %s', async (handler, errorType, errorMessage) => {
      const result = await runOnce('exports.handler = () => 1', { handler })
      expect(said(result)).toMatchObject({ errorType, errorMessage: expect.stringMatching(errorMessage) })
    })

    it.each([
      [
        'exits with a status',
        'process.exit(3)',
        /^RequestId: [\w-]{36} Error: Runtime exited with error: exit status 3$/,
      ],
      [
        'exits without one',
        'process.exit()',
        /^RequestId: [\w-]{36} Error: Runtime exited without providing a reason$/,
      ],
      [
        'is killed',
        'process.kill(process.pid, "SIGKILL")',
        /^RequestId: [\w-]{36} Error: Runtime exited with error: signal: killed$/,
      ],
    ])('when it %s', async (_what, code, message) => {
      const result = await runOnce(
        `exports.handler = () => { ${code}; return new Promise((r) => setTimeout(r, 9000)) }`,
      )
      expect(result.status).toBe('failed')
      expect(said(result)).toEqual({ errorType: 'Runtime.ExitError', errorMessage: expect.stringMatching(message) })
    })

    it('when its memory is used up', async () => {
      const code =
        'exports.handler = async () => { const all = []; for (;;) all.push(new Array(1e5).fill(all.length)) }'
      const result = await runOnce(code, { memoryMb: 64 })
      expect(said(result)).toMatchObject({
        errorType: 'Runtime.ExitError',
        errorMessage: expect.stringContaining('aborted'),
      })
    })
  })

  it('is stopped at its time limit, in the middle of whatever it does', async () => {
    const results = await Promise.all([
      runOnce('exports.handler = () => { for (;;); }', { timeoutSeconds: 1 }),
      runOnce('exports.handler = () => new Promise((r) => setTimeout(r, 60_000))', { timeoutSeconds: 1 }),
    ])
    for (const result of results) {
      const errorMessage = `RequestId: ${result.requestId} Error: Task timed out after 1.00 seconds`
      expect(said(result)).toEqual({ errorType: 'Sandbox.Timedout', errorMessage })
      expect(result.status).toBe('timed-out')
      expect(result.durationMs).toBeGreaterThanOrEqual(990)
      expect(result.logTail).toMatch(/Z [\w-]{36} Task timed out after 1\.00 seconds\nEND/)
      expect(result.logTail).toMatch(/\tStatus: timeout/)
    }
  })

  it('may give results of up to 6 MB, and is told the limit beyond', async () => {
    const fn = nodeFunction(folder({ 'index.js': 'exports.handler = async (n) => "x".repeat(n - 2)' }))
    const all = runner()
    const large = await all.invoke(fn, event(6_291_556))
    expect([large.status, large.payload.length]).toEqual(['returned', 6_291_556])
    const tooLarge = await all.invoke(fn, event(7_000_000))
    expect(tooLarge.status).toBe('failed')
    expect(said(tooLarge)).toEqual({
      errorType: 'Function.ResponseSizeTooLarge',
      errorMessage: 'Response payload size (7000000 bytes) exceeded maximum allowed payload size (6291556 bytes).',
    })
    // The process lives on.
    const after = await all.invoke(fn, event(4))
    expect([after.payload.toString(), after.initMs]).toEqual(['"xx"', undefined])
  })

  it('fails with an event that is no JSON', async () => {
    const fn = nodeFunction(folder({ 'index.js': 'exports.handler = async () => 1' }))
    const result = await runner().invoke(fn, Buffer.from('{'))
    expect([result.status, said(result).errorType]).toEqual(['failed', 'SyntaxError'])
  })

  it("writes its log with Lambda's lines around it, and levels", async () => {
    const code = `
      console.log('while loading')
      exports.handler = async () => { console.error('one %s', 'two'); process.stdout.write('raw'); console.debug({ a: 1 }) }`
    const { logTail, requestId } = await runOnce(code)
    const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`
    for (const line of [
      `^START RequestId: ${requestId} Version: \\$LATEST$`,
      `^${time}\tundefined\tINFO\twhile loading$`,
      `^${time}\t${requestId}\tERROR\tone two$`,
      `^raw${time}\t${requestId}\tDEBUG\t\\{ a: 1 \\}$`,
      `^END RequestId: ${requestId}$`,
      `^REPORT RequestId: ${requestId}\tDuration: [\\d.]+ ms\tBilled Duration: \\d+ ms\tMemory Size: 128 MB\t(Max Memory Used: \\d+ MB\t)?Init Duration: [\\d.]+ ms$`,
    ])
      expect(logTail).toMatch(new RegExp(line, 'm'))
    expect(logTail).not.toContain('\0')
  })

  it('may write megabytes: the last 4 KB are the tail', async () => {
    const code = `exports.handler = async () => { for (let i = 0; i < 40; i++) console.log('€'.repeat(50_000)); process.stdout.write('y'.repeat(3_000_000)); return 'done' }`
    const result = await runOnce(code)
    expect(said(result)).toBe('done')
    expect(Buffer.byteLength(result.logTail)).toBeLessThanOrEqual(4096)
    expect(result.logTail).toMatch(/^y+\nEND RequestId: /)
    expect(result.logTail.endsWith(' ms\n')).toBe(true)
  })
})
