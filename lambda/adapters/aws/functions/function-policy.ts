/**
 * Reads the policy of a Lambda function.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { sendSigned, serviceEndpoint } from '../signed-request.ts'
import { parseFunctionArn } from '../../../core/domain/function-arn.ts'

/** `missing`: there is no such function. `none`: it has no policy. `denied`: we may not read it. */
export type FunctionPolicy =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'missing' | 'none' | 'denied' }

export type ReadFunctionPolicy = (functionArn: string) => Promise<FunctionPolicy>

export interface FunctionPolicyOptions {
  readonly region: string
  /** Of an emulator, where there is one. */
  readonly endpoint?: string | undefined
  /** Waits between attempts; tests do not. */
  readonly pause?: (milliseconds: number) => Promise<unknown>
}

/** @returns a function that throws when Lambda does not say */
export function readFunctionPolicy({
  region,
  endpoint,
  pause = (milliseconds) => sleep(milliseconds),
}: FunctionPolicyOptions): ReadFunctionPolicy {
  return async (functionArn) => {
    const url = urlOf(functionArn, endpoint ?? serviceEndpoint('lambda', region))
    for (let attempt = 1; ; attempt++) {
      const answer = await ask(region, url)
      if (answer !== undefined) return answer
      if (attempt === ATTEMPTS) throw new LambdaFailure('Lambda does not tell the policy of a function')
      await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1))
    }
  }
}

/** Says that it is Lambda, so that the log tells it from everything else; holds nothing of an answer. */
export class LambdaFailure extends Error {
  override readonly name = 'LambdaFailure'
}

const ATTEMPTS = 3
const FIRST_PAUSE_MS = 100
const ANSWER_TIMEOUT_MS = 3_000

/** GetPolicy (Lambda API reference): each version and alias has a policy of its own. */
function urlOf(functionArn: string, endpoint: string): URL {
  const { unqualified, qualifier } = parseFunctionArn(functionArn) ?? { unqualified: functionArn }
  const url = new URL(`/2015-03-31/functions/${encodeURIComponent(unqualified)}/policy`, endpoint)
  if (qualifier !== undefined && qualifier !== '$LATEST') url.searchParams.set('Qualifier', qualifier)
  return url
}

/** @returns undefined when it is worth another attempt */
async function ask(region: string, url: URL): Promise<FunctionPolicy | undefined> {
  const answer = await sendSigned({ service: 'lambda', region, url, method: 'GET', timeoutMs: ANSWER_TIMEOUT_MS }).then(
    async (response) => ({ status: response.status, body: await response.text() }),
    () => undefined,
  )
  if (answer === undefined || answer.status >= 500 || answer.status === 429) return undefined
  const { status, body } = answer
  if (status === 200) return { kind: 'text', text: memberOf(body, 'Policy') ?? '' }
  // The same code for both; only the words tell a function without a policy from none.
  if (status === 404) return { kind: /function not found/i.test(messageOf(body)) ? 'missing' : 'none' }
  if (status === 403) return { kind: 'denied' }
  throw new LambdaFailure(`Lambda refuses to tell the policy of a function: ${status}`)
}

const messageOf = (body: string): string => memberOf(body, 'Message') ?? memberOf(body, 'message') ?? ''

function memberOf(body: string, name: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(body)
    const value = typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>)[name] : undefined
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}
