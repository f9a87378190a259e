import { spawnSync } from 'node:child_process'
import { ARN, bench, event, pythonFunction, said, type Files } from './support/runners.ts'

const hasPython = spawnSync('python3', ['--version']).status === 0
if (!hasPython) console.log('skipped: python3 is not installed here')

;(hasPython ? describe : describe.skip)('a Python function', () => {
  const { runner, folder } = bench()
  const runOnce = (files: Files | string, changes = {}, payload: unknown = {}) =>
    runner().invoke(
      pythonFunction(folder(typeof files === 'string' ? { 'app.py': files } : files), changes),
      event(payload),
    )

  it.each([
    ['in a module', { 'app.py': 'def handler(event, context): return {"got": event["word"]}' }, 'app.handler'],
    ['in a folder', { 'src/app.py': 'def main(event, context): return {"got": event["word"]}' }, 'src/app.main'],
    [
      'beside a module and a package of its own',
      {
        'app.py':
          'import helper, vendored.deep\ndef handler(event, context): return helper.wrap(vendored.deep.pick(event))',
        'helper.py': 'def wrap(word): return {"got": word}',
        'vendored/__init__.py': '',
        'vendored/deep.py': 'def pick(event): return event["word"]',
      },
      'app.handler',
    ],
  ])('is found %s', async (_what, files, handler) => {
    const result = await runOnce(files, { handler }, { word: 'grün' })
    expect(said(result)).toEqual({ got: 'grün' })
    expect(result.payload.toString()).toContain('grün')
  })

  it('gets the context of Lambda', async () => {
    const code = `
def handler(event, context):
    known = {name: getattr(context, name) for name in (
        "aws_request_id", "function_name", "function_version", "invoked_function_arn", "memory_limit_in_mb", "log_group_name", "log_stream_name")}
    return {**known, "left": context.get_remaining_time_in_millis(), "city": context.client_context.custom["city"], "who": context.identity.cognito_identity_id}
`
    const requestId = '11111111-2222-4333-8444-555555555555'
    const clientContext = '{"custom":{"city":"Zürich"}}'
    const fn = pythonFunction(folder({ 'app.py': code }))
    const { left, ...context } = said(await runner().invoke(fn, event({}), { requestId, clientContext }))
    expect(context).toEqual({
      aws_request_id: requestId,
      function_name: 'rotate',
      function_version: '$LATEST',
      invoked_function_arn: ARN,
      memory_limit_in_mb: '128',
      log_group_name: '/aws/lambda/rotate',
      log_stream_name: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
      city: 'Zürich',
      who: null,
    })
    expect(left).toBeGreaterThan(10_000)
    expect(left).toBeLessThanOrEqual(20_000)
  })

  const throws = (code: string): string => `def handler(event, context):\n    ${code}`
  it.each([
    [
      'with what it raises',
      throws('raise ValueError("ResourceNotFound: ü")'),
      {
        errorType: 'ValueError',
        errorMessage: 'ResourceNotFound: ü',
        stackTrace: [expect.stringMatching(/^ {2}File ".*app.py", line 2, in handler\n {4}raise ValueError/)],
      },
    ],
    [
      'with an error that cannot be read',
      'class Odd(Exception):\n    def __str__(self): raise Exception()\ndef handler(event, context): raise Odd()',
      { errorType: 'Odd' },
    ],
    [
      'with a result that is no JSON',
      throws('return {1, 2}'),
      {
        errorType: 'Runtime.MarshalError',
        errorMessage: 'Unable to marshal response: Object of type set is not JSON serializable',
        stackTrace: [],
      },
    ],
    ['with a number that JSON does not have', throws('return float("nan")'), { errorType: 'Runtime.MarshalError' }],
    [
      'when a module is missing',
      'import not_there',
      {
        errorType: 'Runtime.ImportModuleError',
        errorMessage: "Unable to import module 'app': No module named 'not_there'",
      },
    ],
    [
      'when its code raises',
      'raise KeyError("x")',
      { errorType: 'KeyError', errorMessage: "'x'", stackTrace: [expect.stringContaining('app.py')] },
    ],
    [
      'when its syntax is wrong',
      'def handler(:',
      {
        errorType: 'Runtime.UserCodeSyntaxError',
        errorMessage: expect.stringMatching(/^Syntax error in module 'app': invalid syntax \(app\.py, line 1\)$/),
        stackTrace: [expect.stringMatching(/ {2}File ".*app\.py" Line 1\n {4}def handler\(:\n/)],
      },
    ],
    [
      'when the handler is missing',
      'x = 1',
      { errorType: 'Runtime.HandlerNotFound', errorMessage: "Handler 'handler' missing on module 'app'" },
    ],
  ])('fails %s', async (_what, code, document) => {
    const result = await runOnce(code)
    expect(result.status).toBe('failed')
    expect(said(result)).toEqual({
      requestId: expect.any(String),
      stackTrace: expect.any(Array),
      errorMessage: expect.any(String),
      ...document,
    })
    expect(result.logTail).toContain('[ERROR] ')
  })

  it.each([
    ['nothing.handler', 'Runtime.ImportModuleError', "Unable to import module 'nothing': No module named 'nothing'"],
    ['app', 'Runtime.MalformedHandlerName', "Bad handler 'app': not enough values to unpack (expected 2, got 1)"],
    ['sys.exit', 'Runtime.BuiltInModuleConflict', 'Cannot use built-in module sys as a handler module'],
  ])('fails when its handler is %s', async (handler, errorType, errorMessage) => {
    expect(said(await runOnce('def handler(event, context): pass', { handler }))).toMatchObject({
      errorType,
      errorMessage,
    })
  })

  it.each([
    ['sys.exit(3)', 'exit status 3'],
    ['os._exit(4)', 'exit status 4'],
    ['os.kill(os.getpid(), 9)', 'signal: killed'],
    ['os.abort()', 'signal: aborted'],
  ])('fails when it ends with %s', async (code, words) => {
    const result = await runOnce(`import os, sys\n${throws(code)}`)
    const errorMessage = `RequestId: ${result.requestId} Error: Runtime exited with error: ${words}`
    expect(said(result)).toEqual({ errorType: 'Runtime.ExitError', errorMessage })
  })

  it('is stopped at its time limit, in the middle of whatever it does', async () => {
    const result = await runOnce(throws('\n    while True: pass'), { timeoutSeconds: 1 })
    expect(result.status).toBe('timed-out')
    const errorMessage = `RequestId: ${result.requestId} Error: Task timed out after 1.00 seconds`
    expect(said(result)).toEqual({ errorType: 'Sandbox.Timedout', errorMessage })
  })

  it('gives decimals as numbers, and nothing as null', async () => {
    expect(
      said(await runOnce('import decimal\ndef handler(event, context): return [decimal.Decimal("1.5"), None]')),
    ).toEqual([1.5, null])
  })

  it("has its prints, its log and its standard error in the log, in Lambda's form", async () => {
    const code = `
import logging, sys
logger = logging.getLogger()
logger.setLevel(logging.INFO)
def handler(event, context):
    print("printed")
    logger.info("logged %s", "words")
    logger.debug("not shown")
    sys.stderr.write("aside")
    return "x" * 10
`
    const { logTail, requestId } = await runOnce(code)
    expect(logTail).toMatch(/^printed$/m)
    expect(logTail).toMatch(
      new RegExp(`^\\[INFO\\]\t\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z\t${requestId}\tlogged words$`, 'm'),
    )
    expect(logTail).toMatch(/^aside$/m)
    expect(logTail).not.toContain('not shown')
    expect(logTail).not.toContain('\0')
  })

  it('may write megabytes and return too much', async () => {
    const result = await runOnce('def handler(event, context):\n    print("y" * 3_000_000)\n    return "x" * 7_000_000')
    expect(said(result)).toMatchObject({ errorType: 'Function.ResponseSizeTooLarge' })
    expect(result.logTail).toMatch(/^y+\nEND RequestId: /)
  })

  it('fails with an event that is no JSON', async () => {
    const fn = pythonFunction(folder({ 'app.py': 'def handler(event, context): pass' }))
    expect(said(await runner().invoke(fn, Buffer.from('{')))).toMatchObject({ errorType: 'Runtime.UnmarshalError' })
  })

  it('has a limit on its memory, and a new process after it was reached', async () => {
    const code = 'def handler(event, context):\n    return len(bytearray(event * 1024 * 1024))'
    const fn = pythonFunction(folder({ 'app.py': code }))
    const all = runner()
    expect(said(await all.invoke(fn, event(20)))).toBe(20 * 1024 * 1024)
    expect(said(await all.invoke(fn, event(1000)))).toMatchObject({ errorType: 'MemoryError' })
    expect((await all.invoke(fn, event(1))).initMs).toBeGreaterThan(0)
  })

  it('leaves nothing in the code folder', async () => {
    const code = folder({
      'app.py': 'import helper\ndef handler(event, context):\n    import os\n    return os.listdir(os.getcwd())',
      'helper.py': '',
    })
    expect(said(await runner().invoke(pythonFunction(code), event({})))).toEqual(
      expect.arrayContaining(['app.py', 'helper.py']),
    )
    expect(said(await runner().invoke(pythonFunction(code), event({})))).toHaveLength(2)
  })

  it('says what to do when there is no Python', async () => {
    const fn = pythonFunction(folder({ 'app.py': '' }))
    const result = await runner({ python: '/no/such/python3' }).invoke(fn, event({}))
    expect(result.status).toBe('failed')
    expect(said(result)).toEqual({
      errorType: 'Runtime.InvalidEntrypoint',
      errorMessage: `RequestId: ${result.requestId} Error: Python functions need Python 3, and '/no/such/python3' cannot be run (ENOENT). Install it, or name another by --python (COFFER_PYTHON) of \`coffer serve\`.`,
    })
    expect(result).not.toHaveProperty('initMs')
    expect(result.logTail).toMatch(/REPORT (?!.*Init Duration)/)
  })
})
