/**
 * Doing something later, by real time: what waits for a machine and not for the domain's clock. Tests have their own.
 * @module
 */

/** Milliseconds. @returns what calls it off */
export type After = (milliseconds: number, work: () => void) => () => void

/** Keeps no process alive. */
export const afterRealTime: After = (milliseconds, work) => {
  const timer = setTimeout(work, milliseconds).unref()
  return () => clearTimeout(timer)
}
