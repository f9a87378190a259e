/**
 * The webhook of the generic strategy: told the new value to put to use, and again to test it.
 * @module
 */
import { createHmac } from 'node:crypto'
import { z } from 'zod'
import type { Clock } from '../../core/ports/clock.ts'
import { codeOf, RotationError } from '../rotation-error.ts'
import { badSettings } from '../settings.ts'
import { webhookUrlProblem } from '../webhook-url.ts'

export const SIGNATURE_HEADER = 'coffer-signature'
const TIMEOUT_MS = 10_000

export interface WebhookOptions {
  readonly url: string
  /** Where calls may go: origins, or URLs whose paths are beginnings. */
  readonly origins: readonly string[]
  readonly secretArn: string
  readonly versionId: string
  readonly clock: Clock
  readonly timeoutMs?: number
  /** Of the step. */
  readonly signal?: AbortSignal | undefined
}

export interface WebhookCall {
  readonly step: 'setSecret' | 'testSecret'
  /** Sensitive. */
  readonly current: string
  /** Sensitive. */
  readonly pending: string
}

/** @throws {RotationError} WebhookFailed for anything but 2xx */
export type Webhook = (call: WebhookCall) => Promise<void>

/** @throws {RotationError} BadSettings for a URL that may not be called */
export function webhookTo(options: WebhookOptions): Webhook {
  const url = allowedUrl(options)
  const { secretArn: secretId, versionId, clock, timeoutMs = TIMEOUT_MS, signal } = options
  return async ({ step, current, pending }) => {
    const body = JSON.stringify({ step, secretId, versionId, current, pending })
    const answer = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        [SIGNATURE_HEADER]: signature(body, { key: current, seconds: Math.floor(clock.now() / 1000) }),
      },
      body,
      // A redirect could lead to an origin that is not allowed.
      redirect: 'manual',
      signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]),
    }).catch((error: unknown) => {
      throw failed(url, step, troubleOf(error))
    })
    // What it says beyond the status is not read: it may repeat the value.
    await answer.body?.cancel()
    if (!answer.ok) throw failed(url, step, `it answered ${answer.status}`)
  }
}

/** `t=<seconds since 1970>,v1=<hex>`: HMAC-SHA256 of `<seconds>.<body>` under the current value, which both sides know. The body holds the version's id. */
export function signature(body: string, { key, seconds }: { readonly key: string; readonly seconds: number }): string {
  return `t=${seconds},v1=${createHmac('sha256', key).update(`${seconds}.${body}`).digest('hex')}`
}

function allowedUrl({ url, origins }: WebhookOptions): URL {
  const problem = webhookUrlProblem(url)
  if (problem !== undefined) throw badSettings(`webhookUrl ${problem}`)
  const parsed = new URL(url)
  if (origins.some((beginning) => leadsBelow(parsed, beginning))) return parsed
  if (origins.some((beginning) => URL.parse(beginning)?.origin === parsed.origin))
    throw badSettings(`webhookUrl leads to a path at ${parsed.origin} that may not be called`)
  throw badSettings(`webhookUrl leads to ${parsed.origin}, which is not among the origins that may be called`)
}

/** `https://a.example` allows all of the origin, `https://a.example/x` this path and those below it. Parsing has resolved dots; servers may read what is encoded as slashes. */
function leadsBelow(url: URL, beginning: string): boolean {
  const allowed = URL.parse(beginning)
  if (allowed?.origin !== url.origin) return false
  const { pathname } = allowed
  if (pathname === '/') return true
  if (/%2f|%5c|%25|;/i.test(url.pathname)) return false
  return url.pathname === pathname || url.pathname.startsWith(pathname.endsWith('/') ? pathname : `${pathname}/`)
}

const trouble = z.object({ name: z.string().optional(), cause: z.unknown() }).partial()

function troubleOf(error: unknown): string {
  const { name, cause } = trouble.safeParse(error).data ?? {}
  if (name === 'TimeoutError') return 'no answer in time'
  return codeOf(cause) ?? 'the call broke'
}

const failed = (url: URL, step: string, problem: string): RotationError =>
  new RotationError('WebhookFailed', `The webhook at ${url.origin} failed in ${step}: ${problem}.`)
