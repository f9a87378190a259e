/**
 * The operation table of the KMS API: one row for each operation of the model that is served.
 * @module
 */
import type { Entropy } from '../../lambda/core/ports/entropy.ts'
import type { KmsCall } from './call.ts'
import type { OperationName, OperationTypes } from './model/kms.types.generated.ts'
import { aliasOperations } from './operations/aliases.ts'
import { attributeOperations } from './operations/attributes.ts'
import { cryptographyOperations } from './operations/cryptography.ts'
import { keyOperations } from './operations/keys.ts'

/** What an operation without an output resolves with is not looked at. */
type Result<Output> = Promise<Output extends undefined ? unknown : Output>

export type KmsOperations = {
  readonly [Name in OperationName]: (
    call: KmsCall<OperationTypes[Name]['input']> & { readonly entropy: Entropy },
  ) => Result<OperationTypes[Name]['output']>
}

export const operations: KmsOperations = {
  ...keyOperations,
  ...aliasOperations,
  ...attributeOperations,
  ...cryptographyOperations,
}
