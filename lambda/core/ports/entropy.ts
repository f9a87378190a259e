/**
 * Randomness, as the core sees it: a cryptographically secure source in production, a seeded one in tests.
 * @module
 */
export interface Entropy {
  /** `count` fresh bytes. */
  bytes(count: number): Buffer
  /** An unbiased integer in `[0, limit)`; `limit` is at most 2^32. */
  below(limit: number): number
}
