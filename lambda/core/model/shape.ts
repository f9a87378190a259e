/**
 * The form of the generated model tables: what validation and encoding read.
 * @module
 */

interface Bounds {
  /** Least length of a string, blob or list; least value of a number. */
  readonly min?: number
  readonly max?: number
}

export type Shape =
  | ({
      readonly type: 'string'
      readonly pattern?: string
      readonly enum?: readonly string[]
      readonly sensitive?: boolean
    } & Bounds)
  | ({ readonly type: 'blob'; readonly sensitive?: boolean } & Bounds)
  | ({ readonly type: 'integer' | 'long'; readonly box?: boolean } & Bounds)
  | { readonly type: 'boolean' | 'timestamp' }
  | ({ readonly type: 'list'; readonly of: string } & Bounds)
  | { readonly type: 'map'; readonly key: string; readonly value: string }
  | {
      readonly type: 'structure'
      readonly members: Readonly<Record<string, string>>
      readonly required?: readonly string[]
    }

export type Shapes = Readonly<Record<string, Shape>>

export interface OperationModel {
  readonly input?: string
  readonly output?: string
  /** The member that an SDK fills in by itself. */
  readonly idempotencyToken?: string
  readonly errors: readonly string[]
}
