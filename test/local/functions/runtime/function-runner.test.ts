import { spawnSync } from 'node:child_process'
import { RunnerClosed, type FunctionCredentials } from '../../../../local/functions/runtime/function-runner.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { ARN, bench, event, isAlive, nodeFunction, pythonFunction, said, until } from './support/runners.ts'

const PID = 'exports.handler = async () => process.pid'
const SLOW = 'exports.handler = (event) => new Promise((r) => setTimeout(r, event.ms ?? 200, process.pid))'
const HANGS = 'exports.handler = () => new Promise((r) => setTimeout(r, 60_000))'
const pids = (results: readonly { payload: Buffer }[]): number[] => results.map(({ payload }) => Number(payload))

describe('a function runner', () => {
  const { runner, folder } = bench()

  it('keeps a process for the next invocation: only the first one is a cold start', async () => {
    const fn = nodeFunction(folder({ 'index.js': PID }))
    const all = runner()
    const [first, second] = [await all.invoke(fn, event({})), await all.invoke(fn, event({}))]
    expect(first.initMs).toBeGreaterThan(0)
    expect(second.initMs).toBeUndefined()
    expect(pids([second])).toEqual(pids([first]))
    expect(second.requestId).not.toBe(first.requestId)
    expect(second.logTail).not.toContain(first.requestId)
  })

  it('uses a process again after an exception, and not after its end or its time limit', async () => {
    const code = `exports.handler = async (event) => {
      if (event.do === 'throw') throw new Error('x')
      if (event.do === 'exit') process.exit(1)
      if (event.do === 'hang') for (;;);
      return process.pid
    }`
    const fn = nodeFunction(folder({ 'index.js': code }), { timeoutSeconds: 1 })
    const all = runner()
    const seen: (number | undefined)[] = []
    for (const what of ['', 'throw', '', 'exit', '', 'hang', ''])
      seen.push((await all.invoke(fn, event({ do: what }))).initMs)
    expect(seen.map((initMs) => initMs !== undefined)).toEqual([true, false, false, false, true, false, true])
  })

  it('tries to load the code anew after it could not be loaded', async () => {
    const code = folder({ 'index.js': 'throw new Error("not yet")' })
    const all = runner()
    const results = [await all.invoke(nodeFunction(code), event({})), await all.invoke(nodeFunction(code), event({}))]
    expect(results.map((result) => said(result).errorMessage)).toEqual(['not yet', 'not yet'])
  })

  it('runs as many at the same time as the function may have, and the others after them in the order of their arrival', async () => {
    const fn = nodeFunction(folder({ 'index.js': SLOW }), { maxConcurrency: 2 })
    const all = runner()
    const warm = await Promise.all([all.invoke(fn, event({ ms: 500 })), all.invoke(fn, event({ ms: 500 }))])
    const before = all.logs(ARN).length
    const results = await Promise.all([0, 1, 2, 3, 4, 5].map(() => all.invoke(fn, event({ ms: 30 }))))
    expect(new Set(pids([...warm, ...results])).size).toBe(2)
    const lines = all.logs(ARN).slice(before)
    const starts = lines.flatMap(({ text }) => /^START RequestId: (\S+)/.exec(text)?.[1] ?? [])
    expect(starts).toEqual(results.map(({ requestId }) => requestId))
    let running = 0
    const counts = lines.map(({ text }) => (running += text.startsWith('START') ? 1 : text.startsWith('END') ? -1 : 0))
    expect(Math.max(...counts)).toBe(2)
  })

  it('throttles what has waited for too long, without running it', async () => {
    const fn = nodeFunction(folder({ 'index.js': SLOW }), { maxConcurrency: 1 })
    const all = runner({ queueMs: 50 })
    await all.invoke(fn, event({ ms: 1 }))
    const [ran, waited] = await Promise.all([all.invoke(fn, event({ ms: 400 })), all.invoke(fn, event({}))])
    expect(ran.status).toBe('returned')
    expect(waited.status).toBe('throttled')
    expect(said(waited)).toEqual({ errorType: 'TooManyRequestsException', errorMessage: 'Rate Exceeded.' })
    expect(all.logs(ARN).filter(({ text }) => text.includes(waited.requestId))).toEqual([])
    expect((await all.invoke(fn, event({ ms: 1 }))).status).toBe('returned')
  })

  it('throttles a function that may not run at all', async () => {
    const fn = nodeFunction(folder({ 'index.js': PID }), { maxConcurrency: 0 })
    expect((await runner().invoke(fn, event({}))).status).toBe('throttled')
  })

  it('kills the process at the time limit', async () => {
    const code = 'exports.handler = () => { console.log("pid " + process.pid); for (;;); }'
    const result = await runner().invoke(nodeFunction(folder({ 'index.js': code }), { timeoutSeconds: 1 }), event({}))
    const pid = Number(/pid (\d+)/.exec(result.logTail)![1])
    await until(() => !isAlive(pid))
  })

  it('has a limit for all functions together, and ends the process that was unused for longest to make room', async () => {
    const clock = new ManualClock()
    const code = folder({ 'index.js': PID })
    const all = runner({ maxProcesses: 2, now: () => clock.now() })
    const named = (name: string) => nodeFunction(code, { arn: `${ARN}-${name}`, name })
    const started: number[] = []
    for (const name of ['a', 'b', 'c']) {
      started.push(...pids([await all.invoke(named(name), event({}))]))
      clock.advance(1000)
    }
    const [a, b, c] = started as [number, number, number]
    await until(() => !isAlive(a))
    expect([isAlive(b), isAlive(c)]).toEqual([true, true])
  })

  it('waits for a process of another function when all are running', async () => {
    const code = folder({ 'index.js': SLOW })
    const all = runner({ maxProcesses: 1 })
    const results = await Promise.all(
      ['a', 'b', 'c'].map((name) => all.invoke(nodeFunction(code, { arn: `${ARN}-${name}`, name }), event({ ms: 20 }))),
    )
    expect(results.map(({ status }) => status)).toEqual(['returned', 'returned', 'returned'])
  })

  it('runs the new code after a change, lets what runs finish, and ends the old processes', async () => {
    const old = nodeFunction(folder({ 'index.js': SLOW }), { maxConcurrency: 3 })
    const changed = { ...old, revisionId: 'two', folder: folder({ 'index.js': 'exports.handler = async () => "new"' }) }
    const all = runner()
    const [idle] = pids([await all.invoke(old, event({ ms: 1 }))])
    const running = Promise.all([all.invoke(old, event({ ms: 500 })), all.invoke(old, event({ ms: 500 }))])
    await until(() => all.logs(ARN).filter(({ text }) => text.startsWith('START')).length === 3)
    expect(said(await all.invoke(changed, event({})))).toBe('new')
    const finished = await running
    expect(finished.map(({ status }) => status)).toEqual(['returned', 'returned'])
    await until(() => [...pids(finished), idle!].every((pid) => !isAlive(pid)))
    expect(said(await all.invoke(changed, event({})))).toBe('new')
  })

  describe('gives a process the environment of Lambda', () => {
    const dump = {
      'index.js': 'exports.handler = async () => process.env',
      'app.py': 'import os\ndef handler(event, context): return dict(os.environ)',
    }
    const credentials: FunctionCredentials = {
      accessKeyId: 'ASIAEXAMPLE',
      secretAccessKey: 'secret-key',
      sessionToken: 'session-token',
      expiresAt: 8e15,
    }

    it.each([['nodejs24.x' as const], ['python3.12' as const]])('on %s, and nothing of the server', async (runtime) => {
      const canary = 'canary-of-the-server'
      process.env.COFFER_MASTER_KEY = canary
      process.env.SOMETHING_ELSE = canary
      try {
        const code = folder(dump)
        const make = runtime === 'nodejs24.x' ? nodeFunction : pythonFunction
        const fn = make(code, {
          runtime,
          environment: { MINE: 'ü=1', AWS_REGION: 'wrong', AWS_LAMBDA_RUNTIME_API: 'wrong' },
          credentials: () => credentials,
        })
        const seen = said(await runner().invoke(fn, event({})))
        expect(JSON.stringify(seen)).not.toContain(canary)
        expect(Object.keys(seen).filter((name) => name.startsWith('COFFER'))).toEqual([])
        expect(seen).toMatchObject({
          MINE: 'ü=1',
          _HANDLER: fn.handler,
          AWS_REGION: 'eu-west-1',
          AWS_DEFAULT_REGION: 'eu-west-1',
          AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`,
          AWS_LAMBDA_FUNCTION_NAME: 'rotate',
          AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
          AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
          AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/rotate',
          AWS_LAMBDA_LOG_STREAM_NAME: expect.stringContaining('[$LATEST]'),
          AWS_LAMBDA_RUNTIME_API: expect.stringMatching(/^127\.0\.0\.1:\d+\/[\w-]{32}$/),
          AWS_ACCESS_KEY_ID: 'ASIAEXAMPLE',
          AWS_SECRET_ACCESS_KEY: 'secret-key',
          AWS_SESSION_TOKEN: 'session-token',
          LAMBDA_TASK_ROOT: code,
          LAMBDA_RUNTIME_DIR: expect.any(String),
          LANG: 'en_US.UTF-8',
          TZ: ':UTC',
          PATH: expect.stringContaining('/usr/bin'),
          _X_AMZN_TRACE_ID: expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/),
        })
      } finally {
        delete process.env.COFFER_MASTER_KEY
        delete process.env.SOMETHING_ELSE
      }
    })

    it('without credentials when it has none', async () => {
      const seen = said(await runner().invoke(nodeFunction(folder(dump)), event({})))
      expect(Object.keys(seen).filter((name) => /KEY|TOKEN|SECRET/.test(name))).toEqual([])
    })

    it('and does not use one again whose credentials end within ten minutes', async () => {
      const clock = new ManualClock()
      let asked = 0
      const fn = nodeFunction(folder({ 'index.js': PID }), {
        credentials: () => ({ ...credentials, sessionToken: String(asked++), expiresAt: clock.now() + 3_600_000 }),
      })
      const all = runner({ now: () => clock.now(), idleMs: 1e9 })
      const cold: boolean[] = []
      for (const minutes of [0, 49, 1.1]) {
        clock.advance(minutes * 60_000)
        cold.push((await all.invoke(fn, event({}))).initMs !== undefined)
      }
      expect(cold).toEqual([true, false, true])
      expect(asked).toBe(2)
    })

    it('and rejects when the credentials cannot be had', async () => {
      const fn = nodeFunction(folder(dump), {
        credentials: () => {
          throw new Error('no role')
        },
      })
      await expect(runner().invoke(fn, event({}))).rejects.toThrow('no role')
    })
  })

  it('ends processes that were not used for five minutes', async () => {
    const clock = new ManualClock()
    const fn = nodeFunction(folder({ 'index.js': PID }))
    const all = runner({ now: () => clock.now() })
    const [pid] = pids([await all.invoke(fn, event({}))])
    clock.advance(5 * 60_000 - 1)
    all.endIdle()
    expect((await all.invoke(fn, event({}))).initMs).toBeUndefined()
    clock.advance(5 * 60_000)
    all.endIdle()
    await until(() => !isAlive(pid!))
    expect((await all.invoke(fn, event({}))).initMs).toBeGreaterThan(0)
  })

  it('keeps the last lines of a function, bounded, and each of its processes in a stream of its own', async () => {
    const fn = nodeFunction(
      folder({
        'index.js': 'exports.handler = async (n) => { for (let i = 0; i < n; i++) console.log(i, "x".repeat(100)) }',
      }),
    )
    const all = runner()
    await all.invoke(fn, event(5000))
    const lines = all.logs(ARN)
    expect(lines.length).toBeGreaterThan(500)
    expect(lines.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(200_000)
    expect(lines.at(-1)!.text).toMatch(/^REPORT/)
    expect(lines.at(-3)!.text).toContain('4999 x')
    await all.invoke({ ...fn, revisionId: 'two' }, event(1))
    expect(new Set(all.logs(ARN).map(({ stream }) => stream)).size).toBe(2)
  })

  it('forgets a function: its processes end, what runs and what waits fails, its log is gone', async () => {
    const fn = nodeFunction(folder({ 'index.js': HANGS }), { maxConcurrency: 1 })
    const all = runner()
    const both = [all.invoke(fn, event({})), all.invoke(fn, event({}))]
    await until(() => all.logs(ARN).some(({ text }) => text.startsWith('START')))
    await all.forget(ARN)
    for (const result of await Promise.all(both)) {
      expect(result.status).toBe('failed')
      expect(said(result).errorMessage).toBe(`RequestId: ${result.requestId} Error: The function was removed`)
    }
    expect(all.logs(ARN)).toEqual([])
  })

  it('rejects what has not ended when it is closed, and what comes afterwards', async () => {
    const fn = nodeFunction(folder({ 'index.js': HANGS }), { maxConcurrency: 1 })
    const all = runner()
    const both = [all.invoke(fn, event({})), all.invoke(fn, event({}))].map((one) =>
      one.catch((error: unknown) => error),
    )
    await until(() => all.logs(ARN).some(({ text }) => text.startsWith('START')))
    await all.close()
    for (const error of await Promise.all(both)) expect(error).toBeInstanceOf(RunnerClosed)
    await expect(all.invoke(fn, event({}))).rejects.toBeInstanceOf(RunnerClosed)
  })

  it('can be closed while a process starts', async () => {
    const all = runner()
    const invoked = all.invoke(nodeFunction(folder({ 'index.js': PID })), event({})).catch((error: unknown) => error)
    await all.close()
    expect(await invoked).toBeInstanceOf(RunnerClosed)
  })

  it('ends the children of a process with it, and those that ignore SIGTERM', async () => {
    const code = `
      const { spawn } = require('node:child_process')
      process.on('SIGTERM', () => {})
      exports.handler = async () => [process.pid, spawn('sh', ['-c', 'trap "" TERM; sleep 600'], { stdio: 'inherit' }).pid]`
    const all = runner()
    const started = JSON.parse(
      (await all.invoke(nodeFunction(folder({ 'index.js': code })), event({}))).payload.toString(),
    ) as number[]
    expect(started.map(isAlive)).toEqual([true, true])
    await all.close()
    await until(() => started.every((pid) => !isAlive(pid)))
  })

  it('ends the children of a process that has ended by itself, though they hold its output open', async () => {
    const code = `
      const { spawn } = require('node:child_process')
      exports.handler = async () => {
        console.log('child ' + spawn('sleep', ['600'], { stdio: 'inherit' }).pid)
        process.exit(0)
      }`
    const result = await runner().invoke(nodeFunction(folder({ 'index.js': code })), event({}))
    expect(said(result).errorMessage).toMatch(/without providing a reason$/)
    const pid = Number(/child (\d+)/.exec(result.logTail)![1])
    await until(() => !isAlive(pid))
  })

  it('refuses an event of more than 6 MB, a client context that is no JSON, and a request id that is none', async () => {
    const fn = nodeFunction(folder({ 'index.js': 'exports.handler = async (e) => e.length' }))
    const all = runner()
    expect(said(await all.invoke(fn, event('x'.repeat(6 * 1024 * 1024 - 2))))).toBe(6 * 1024 * 1024 - 2)
    await expect(all.invoke(fn, Buffer.alloc(6 * 1024 * 1024 + 1))).rejects.toThrow(RangeError)
    await expect(all.invoke(fn, event({}), { clientContext: '{' })).rejects.toThrow('JSON')
    await expect(all.invoke(fn, event({}), { requestId: '../next' })).rejects.toThrow(RangeError)
  })

  it('says that the folder of the code is gone', async () => {
    const result = await runner().invoke(nodeFunction('/no/such/folder'), event({}))
    expect(said(result)).toMatchObject({
      errorType: 'Runtime.InvalidEntrypoint',
      errorMessage: expect.stringContaining('The folder of the code is not there.'),
    })
  })

  it('takes a few milliseconds for a warm invocation', async () => {
    const fn = nodeFunction(folder({ 'index.js': PID }))
    const all = runner()
    await all.invoke(fn, event({}))
    const times: number[] = []
    for (let i = 0; i < 200; i++) {
      const begin = performance.now()
      await all.invoke(fn, event({}))
      times.push(performance.now() - begin)
    }
    // A quarter of them: the machine may be busy with something else.
    expect(times.sort((a, b) => a - b)[50]).toBeLessThan(10)
  })

  it('runs boto3 where it is installed', async () => {
    if (spawnSync('python3', ['-c', 'import boto3']).status !== 0) {
      console.log('skipped: boto3 is not installed here')
      return
    }
    const code = `
import boto3
def handler(event, context):
    client = boto3.client("secretsmanager", endpoint_url="http://127.0.0.1:9")
    return [client.meta.region_name, boto3.Session().get_credentials().access_key]
`
    const credentials = () => ({ accessKeyId: 'ASIAX', secretAccessKey: 's', sessionToken: 't', expiresAt: 8e15 })
    const result = await runner().invoke(pythonFunction(folder({ 'app.py': code }), { credentials }), event({}))
    expect(said(result)).toEqual(['eu-west-1', 'ASIAX'])
  })
})
