/**
 * The thread of a function: Lambda's runtime for Node in small. It loads the handler from the code folder, gives it events one at a time, and reports what it
 * returns or throws in Lambda's form. `process.env` is what the sandbox gave the thread, and nothing else.
 * @module
 */
import { existsSync } from 'node:fs'
import { createRequire, registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import { READY, type ErrorPayload, type InvokeMessage, type ResultMessage, type WorkerSetup } from './protocol.ts'

type Handler = (event: unknown, context: object, callback: (error: unknown, result: unknown) => void) => unknown

const setup = workerData as WorkerSetup
shiftDate(new BigInt64Array(setup.clock))
standAlone(setup.codeFolder)
if (setup.bringsSdk) bringSdk()
const loaded = loadHandler()

parentPort?.on('message', (message: InvokeMessage) => {
  void run(message).then((result) => parentPort?.postMessage(result))
})
parentPort?.postMessage(READY)

async function run({ requestId, event, deadline }: InvokeMessage): Promise<ResultMessage> {
  try {
    if ('error' in loaded) return { requestId, kind: 'error', error: loaded.error }
    const result = await call(loaded.handler, JSON.parse(event), contextOf(requestId, deadline))
    // Lambda answers `null` for a handler that returns nothing.
    return { requestId, kind: 'result', payload: textOf(result) }
  } catch (error) {
    return { requestId, kind: 'error', error: errorPayload(error) }
  }
}

const textOf = (result: unknown): string => {
  const text = JSON.stringify(result) as string | undefined
  return text ?? 'null'
}

function call(handler: Handler, event: unknown, context: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const returned = handler(event, context, (error, result) => {
      if (error === null || error === undefined) resolve(result)
      // A handler may fail with anything, as in Lambda.
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      else reject(error)
    })
    if (returned instanceof Promise) returned.then(resolve, reject)
    else if (isThenable(returned) || handler.length < 3) resolve(returned)
  })
}

const isThenable = (value: unknown): boolean => typeof value === 'object' && value !== null && 'then' in value

function contextOf(requestId: string, deadline: number): object {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: setup.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: setup.functionArn,
    memoryLimitInMB: String(setup.memoryMb),
    awsRequestId: requestId,
    logGroupName: setup.logGroup,
    logStreamName: setup.logStream,
    identity: undefined,
    clientContext: undefined,
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(deadline - (performance.timeOrigin + performance.now()))),
  }
}

/**
 * In Lambda nothing is above the code folder: a package.json there, such as that of the checkout in which cdk.out is, must not make ES modules of its `.js` files.
 * One in the folder itself counts there too.
 */
function standAlone(folder: string): void {
  if (existsSync(join(folder, 'package.json'))) return
  const inside = pathToFileURL(join(folder, '/')).href
  registerHooks({
    load: (url, context, nextLoad) => {
      const isCommonJs = context.format === 'module' && url.startsWith(inside) && url.endsWith('.js')
      return nextLoad(url, isCommonJs ? { ...context, format: 'commonjs' } : context)
    },
  })
}

/** Packages that a function's folder has not are looked for in the sandbox's own. */
function bringSdk(): void {
  const own = createRequire(import.meta.url)
  registerHooks({
    resolve: (specifier, context, nextResolve) => {
      try {
        return nextResolve(specifier, context)
      } catch (error) {
        if (!/^@(aws-sdk|smithy)\//.test(specifier)) throw error
        return { url: pathToFileURL(own.resolve(specifier)).href, shortCircuit: true }
      }
    },
  })
}

function loadHandler(): { readonly handler: Handler } | { readonly error: ErrorPayload } {
  const [, file = '', name = ''] = /^(.+)\.([^.]+)$/.exec(setup.handler) ?? []
  try {
    const require = createRequire(join(setup.codeFolder, 'bootstrap.js'))
    const module = require(`./${file}`) as Readonly<Record<string, unknown>>
    const handler = module[name]
    if (typeof handler === 'function') return { handler: handler as Handler }
    return {
      error: {
        errorType: 'Runtime.HandlerNotFound',
        errorMessage: `${setup.handler} is undefined or not exported`,
        trace: [],
      },
    }
  } catch (error) {
    return { error: errorPayload(error) }
  }
}

function errorPayload(error: unknown): ErrorPayload {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] }
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') }
}

/** `new Date()` and `Date.now()` tell the sandbox's time; everything else about dates stays. */
function shiftDate(offset: BigInt64Array): void {
  const RealDate = Date
  const now = (): number => RealDate.now() + Number(Atomics.load(offset, 0))
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as Date,
    apply: () => new RealDate(now()).toString(),
    get: (target, property, receiver) =>
      property === 'now' ? now : (Reflect.get(target, property, receiver) as unknown),
  })
}
