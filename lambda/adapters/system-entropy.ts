/**
 * The Entropy port over the operating system's generator. Small requests are served from a block that is filled at once and wiped as it is used: a call into the
 * generator costs about ten microseconds, whatever it is asked for.
 * @module
 */
import { randomFillSync, randomInt } from 'node:crypto'
import type { Entropy } from '../core/ports/entropy.ts'

const BLOCK_BYTES = 8 * 1024
/** Larger requests go to the generator themselves. */
const LARGEST_SHARE = 256

const block = Buffer.alloc(BLOCK_BYTES)
let used = BLOCK_BYTES

export const systemEntropy: Entropy = {
  bytes(count) {
    const result = Buffer.alloc(count)
    if (count > LARGEST_SHARE) return randomFillSync(result)
    if (used + count > BLOCK_BYTES) {
      randomFillSync(block)
      used = 0
    }
    block.copy(result, 0, used, used + count)
    block.fill(0, used, used + count)
    used += count
    return result
  },
  below: (limit) => randomInt(limit),
}
