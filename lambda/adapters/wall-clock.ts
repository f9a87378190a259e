/**
 * The Clock port over the machine's own clock.
 * @module
 */
import type { Clock } from '../core/ports/clock.ts'

export const wallClock: Clock = {
  // eslint-disable-next-line no-restricted-properties -- this is the port's own source
  now: () => Date.now(),
}
