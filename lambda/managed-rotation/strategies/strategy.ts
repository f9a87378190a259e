/**
 * A strategy: how a value of a secret is made, put to use, tested, and what is left to do about the old one. Every method may be repeated.
 * @module
 */
export interface Values {
  readonly current: string
  readonly pending: string
  /** What was current before. */
  readonly previous?: string
}

export interface Strategy {
  /** The value to rotate to. @param password calls for a new random one */
  next(current: string, password: () => Promise<string>): Promise<string>
  set(values: Values): Promise<void>
  test(values: Omit<Values, 'previous'>): Promise<void>
  /** After the new value has become the current one. */
  retire(values: { readonly old: string; readonly current: string }): Promise<void>
}
