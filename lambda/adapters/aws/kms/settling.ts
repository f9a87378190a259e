/**
 * KMS is eventually consistent: for a moment after CreateKey other hosts of KMS may not know the key (NotFound) or not have it ready (KMSInvalidState); a replica key is `Creating` for a while, too. For a
 * key that the service has made that is worth a short wait.
 * @module
 */
import { isCode, isPendingDeletion } from './kms-failures.ts'

/** 1.5 s in all: most keys are there at once, and an API call has 29 s. */
const DELAYS = [100, 200, 400, 800] as const
/** 12.7 s in all: a replica key is made "after a few seconds" (KMS developer guide, "Create multi-Region replica keys"), and nobody waits for the replicator. */
const CREATION_DELAYS = [100, 200, 400, 800, 1600, 3200, 6400] as const

/** @param milliseconds how long to wait */
export type Pause = (milliseconds: number) => Promise<void>

export const realPause: Pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** @param isPassing whether an error may be gone in a moment */
export async function whileSettling<T>(
  pause: Pause,
  call: () => Promise<T>,
  isPassing: (error: unknown) => boolean = isUnsettled,
): Promise<T> {
  for (const delay of DELAYS) {
    try {
      return await call()
    } catch (error) {
      if (!isPassing(error)) throw error
      await pause(delay)
    }
  }
  return call()
}

/** @param isReady asked before each pause; a key that is not ready in the end is found out by whoever uses it */
export async function whileCreating(pause: Pause, isReady: () => Promise<boolean>): Promise<void> {
  for (const delay of CREATION_DELAYS) {
    if (await isReady()) return
    await pause(delay)
  }
}

const isUnsettled = (error: unknown): boolean =>
  isCode(error, 'NotFoundException') || (isCode(error, 'KMSInvalidStateException') && !isPendingDeletion(error))
