/**
 * Where a deployment remembers the one key of an account and Region that all its secrets share (`keyMode: shared`). Keys are made at run time, so no template names them.
 * @module
 */
export interface KeyPlace {
  readonly account: string
  readonly region: string
}

export interface SharedKeyRegistry {
  /** ARN of the key on record, read with strong consistency. */
  find(place: KeyPlace): Promise<string | undefined>
  /**
   * Puts a key on record unless there is one.
   * @returns the ARN on record: another than `keyArn` when somebody was first
   */
  record(place: KeyPlace, keyArn: string): Promise<string>
}
