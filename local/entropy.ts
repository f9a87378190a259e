/**
 * The Entropy port over the operating system's generator.
 * @module
 */
import { randomBytes, randomInt } from 'node:crypto'
import type { Entropy } from '../lambda/core/ports/entropy.ts'

export const systemEntropy: Entropy = { bytes: (count) => randomBytes(count), below: (limit) => randomInt(limit) }
