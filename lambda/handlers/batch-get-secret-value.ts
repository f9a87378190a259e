/**
 * The function of BatchGetSecretValue.
 * @module
 */
import { batchGetSecretValue } from '../core/operations/batch-get-secret-value.ts'
import { operationHandler } from './edge/operation-handler.ts'

export const handler = operationHandler(batchGetSecretValue)
