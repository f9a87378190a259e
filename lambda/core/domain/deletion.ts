/**
 * Scheduled deletion: the recovery window (behaviour 5.9).
 * @module
 */
import { DAY } from './dates.ts'
import { forceWithWindow, windowOutOfRange } from './errors.ts'

const DEFAULT_WINDOW_DAYS = 30
const MIN_WINDOW_DAYS = 7
const MAX_WINDOW_DAYS = 30

interface DeletionRequest {
  readonly RecoveryWindowInDays?: number
  readonly ForceDeleteWithoutRecovery?: boolean
}

/**
 * SM-DELETE-01..04
 * @returns epoch milliseconds from which the secret may be purged: `now` when forced
 * @throws {ServiceError} InvalidParameterException
 */
export function purgeDate(request: DeletionRequest, now: number): number {
  const { RecoveryWindowInDays: days, ForceDeleteWithoutRecovery: isForced = false } = request
  if (isForced && days !== undefined) throw forceWithWindow()
  if (isForced) return now
  if (days !== undefined && (days < MIN_WINDOW_DAYS || days > MAX_WINDOW_DAYS)) throw windowOutOfRange()
  return now + (days ?? DEFAULT_WINDOW_DAYS) * DAY
}
