/**
 * Functions that are run elsewhere: by anything that speaks Lambda's Invoke over HTTP, such as the runtime interface emulator of Lambda's container images.
 * @module
 */
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { IncomingMessage } from 'node:http'
import type { FunctionOutcome } from '../../lambda/core/ports/functions.ts'
import { failedOutcome } from './invocation-outcome.ts'

/** A little more than a function may run. */
const LIMIT_MS = 15 * 60_000 + 30_000
/** Lambda's limit of a result. */
const ANSWER_LIMIT = 6 * 1024 * 1024

export interface RemoteFunctionsOptions {
  /** The base, or a whole path that ends in `/invocations`, which every function is then invoked at. */
  readonly url: string
  readonly limitMs?: number
}

/** Invokes a function and waits for its end. @param named as the secret's owner named it @throws never: what goes wrong is an outcome */
export type InvokeRemote = (named: string, event: object) => Promise<FunctionOutcome>

export function remoteFunctions({ url, limitMs = LIMIT_MS }: RemoteFunctionsOptions): InvokeRemote {
  return async (named, event) => {
    const limit = AbortSignal.timeout(limitMs)
    try {
      return outcomeOf(await post(targetOf(url, named), JSON.stringify(event), limit))
    } catch {
      if (limit.aborted) return { kind: 'timed-out', message: `There was no answer within ${limitMs / 1000} seconds` }
      return { kind: 'not-invoked', reason: 'unreachable' }
    }
  }
}

function targetOf(base: string, named: string): URL {
  const url = new URL(base)
  if (url.pathname.endsWith('/invocations')) return url
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/2015-03-31/functions/${encodeURIComponent(named)}/invocations`
  return url
}

interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

/** Not fetch, which gives up after five minutes without an answer. Redirects are not followed: the event is for this address alone. */
function post(url: URL, body: string, signal: AbortSignal): Promise<Answer> {
  const send = url.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const request = send(url, {
      method: 'POST',
      signal,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'x-amz-invocation-type': 'RequestResponse',
      },
    })
    request.on('error', reject)
    request.on('response', (response) => {
      readAll(response).then(
        (content) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: content }),
        reject,
      )
    })
    request.end(body)
  })
}

async function readAll(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > ANSWER_LIMIT) throw new Error('The answer is larger than 6 MB')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function outcomeOf({ status, headers, body }: Answer): FunctionOutcome {
  const id = headers['x-amzn-requestid']
  const told = typeof id === 'string' && REQUEST_ID.test(id) ? { requestId: id } : {}
  const isError = headers['x-amz-function-error'] !== undefined
  if (status >= 200 && status < 300) return isError ? failedOutcome(body, told) : { kind: 'returned', ...told }
  switch (status) {
    case 403:
      return { kind: 'not-invoked', reason: 'not-allowed' }
    case 404:
      return { kind: 'not-invoked', reason: 'missing' }
    case 429:
      return { kind: 'not-invoked', reason: 'throttled' }
    case 502:
    case 503:
    case 504:
      return { kind: 'not-invoked', reason: 'unreachable' }
    default:
      if (status >= 300 && status < 400) return { kind: 'not-invoked', reason: 'unreachable' }
      return { kind: 'failed', errorType: `Http${status}`, ...told, message: `Answered with status ${status}` }
  }
}

const REQUEST_ID = /^[\w-]{1,64}$/
