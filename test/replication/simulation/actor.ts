/**
 * Who does something in the simulation: a call of the API or of administration, or a background worker of a Region.
 * @module
 */
export interface Actor {
  readonly kind: 'operation' | 'replicator' | 'sweeper'
  /** Such as `PutSecretValue`. */
  readonly name: string
  readonly region: string
}
