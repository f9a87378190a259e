/**
 * KMS is eventually consistent: for a moment after CreateKey other hosts of KMS may not know the key (NotFound) or not have it ready (KMSInvalidState). For a
 * key that the service has made that is worth a short wait.
 * @module
 */
import { isCode, isPendingDeletion } from './kms-failures.ts'

/** 1.5 s in all: most keys are there at once, and an API call has 29 s. */
const DELAYS = [100, 200, 400, 800] as const

/** @param milliseconds how long to wait */
export type Pause = (milliseconds: number) => Promise<void>

export const realPause: Pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

export async function whileSettling<T>(pause: Pause, call: () => Promise<T>): Promise<T> {
  for (const delay of DELAYS) {
    try {
      return await call()
    } catch (error) {
      if (!isUnsettled(error)) throw error
      await pause(delay)
    }
  }
  return call()
}

const isUnsettled = (error: unknown): boolean =>
  isCode(error, 'NotFoundException') || (isCode(error, 'KMSInvalidStateException') && !isPendingDeletion(error))
