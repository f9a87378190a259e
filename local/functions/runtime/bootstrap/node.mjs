/**
 * The process of a Node function: loads the handler, takes events from the Runtime API one at a time, and reports what the handler returns or throws.
 * @module
 */
import { callHandler, contextOf } from './call-handler.mjs'
import { beginLines, endLines, patchConsole, writeLine } from './console-lines.mjs'
import { errorDocument, RuntimeError } from './error-document.mjs'
import { loadHandler } from './load-handler.mjs'
import { RuntimeClient } from './runtime-client.mjs'

const { AWS_LAMBDA_RUNTIME_API: address = '', LAMBDA_TASK_ROOT: folder = '', _HANDLER: name = '' } = process.env
// Taken before the function's code can replace it.
const exit = process.exit.bind(process)
const client = new RuntimeClient(address)
/** What runs; undefined between two events. */
let running
let isLoaded = false

patchConsole()
process.on('uncaughtException', (error) => void giveUp('Uncaught Exception', errorDocument(error), 129))
process.on('unhandledRejection', (reason) => void giveUp('Unhandled Promise Rejection', rejection(reason), 128))
const handler = await load()
isLoaded = true
// What is below has to be functions: this module is never done.
await serve()

async function serve() {
  for (;;) {
    running = await client.next()
    await run(running)
    running = undefined
  }
}

async function run(invocation) {
  const { requestId, traceId } = invocation
  beginLines(requestId)
  process.env._X_AMZN_TRACE_ID = traceId
  try {
    const event = JSON.parse(invocation.event)
    const result = textOf(await callHandler(handler, event, contextOf(invocation, process.env)))
    endLines(requestId)
    await client.respond(requestId, result)
  } catch (error) {
    const document = errorDocument(error)
    writeLine('ERROR', `Invoke Error \t${textOfError(document)}`)
    endLines(requestId)
    await client.fail(requestId, document.errorType, JSON.stringify(document))
  }
}

async function load() {
  try {
    return await loadHandler(folder, name)
  } catch (error) {
    await giveUp('Uncaught Exception', errorDocument(error), 1)
    return exit(1)
  }
}

/** The process cannot go on: what it runs fails, and it ends. */
async function giveUp(what, document, status) {
  try {
    writeLine('ERROR', `${what} \t${textOfError(document)}`)
    const text = JSON.stringify(document)
    if (running !== undefined) {
      endLines(running.requestId)
      await client.fail(running.requestId, document.errorType, text)
    } else if (!isLoaded) await client.failInit(document.errorType, text)
  } finally {
    exit(status)
  }
}

/** Nothing is `null`, as in Lambda. @throws {RuntimeError} for a circle or a bigint */
function textOf(result) {
  try {
    const text = JSON.stringify(result)
    return text ?? 'null'
  } catch {
    throw new RuntimeError('JSONStringifyError', 'Unable to stringify response body')
  }
}

function textOfError({ errorType, errorMessage, trace }) {
  return JSON.stringify({ errorType, errorMessage, stack: trace })
}

function rejection(reason) {
  const document = errorDocument(reason)
  const errorMessage =
    reason instanceof Error ? `${document.errorType}: ${document.errorMessage}` : document.errorMessage
  return {
    errorType: 'Runtime.UnhandledPromiseRejection',
    errorMessage,
    trace: [`Runtime.UnhandledPromiseRejection: ${errorMessage}`, ...document.trace],
    reason: document,
  }
}
