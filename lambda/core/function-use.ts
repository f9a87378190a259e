/**
 * The use of a function for a secret.
 * @module
 */
import { arnOf } from './domain/names.ts'
import type { SecretHead } from './domain/secret.ts'
import type { FunctionUse } from './ports/functions.ts'

export const functionUse = (head: SecretHead, functionArn: string): FunctionUse => ({
  functionArn,
  secretArn: arnOf(head),
  secret: head.key,
})
