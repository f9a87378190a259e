/**
 * Time, as the core sees it.
 * @module
 */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number
}
