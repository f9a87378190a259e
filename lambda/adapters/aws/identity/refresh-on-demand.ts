/**
 * Asks the identity function for a new snapshot, now, because of a principal that is not in the present one.
 * @module
 */
import { sendSigned, serviceEndpoint } from '../signed-request.ts'

export interface RefreshOptions {
  readonly region: string
  readonly functionName: string
  /** By default Lambda's own in the Region: an emulator's, as the SDK would be told. */
  readonly endpoint?: string | undefined
}

/** @returns a function that throws when there was no new snapshot, or none yet */
export function refreshOnDemand({
  region,
  functionName,
  endpoint,
}: RefreshOptions): (uniqueId: string) => Promise<void> {
  const url = new URL(
    `/2015-03-31/functions/${functionName}/invocations`,
    endpoint ?? serviceEndpoint('lambda', region),
  )
  return async (uniqueId) => {
    const answer = await sendSigned({
      service: 'lambda',
      region,
      url,
      method: 'POST',
      contentType: 'application/json',
      body: JSON.stringify({ task: 'refresh', uniqueId }),
      timeoutMs: ANSWER_TIMEOUT_MS,
    })
    // What a function that failed says is in its own log.
    await answer.arrayBuffer()
    if (!answer.ok) throw new Error(`${functionName} could not be invoked: ${answer.status}`)
    if (answer.headers.has('x-amz-function-error')) throw new Error(`${functionName} failed`)
  }
}

/** The request of whoever waits for it has a good quarter of a minute left. A longer pass goes on by itself. */
const ANSWER_TIMEOUT_MS = 10_000
