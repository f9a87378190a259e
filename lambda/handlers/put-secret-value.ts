/**
 * The function of PutSecretValue.
 * @module
 */
import { putSecretValue } from '../core/operations/put-secret-value.ts'
import { operationHandler } from './edge/operation-handler.ts'

export const handler = operationHandler(putSecretValue)
