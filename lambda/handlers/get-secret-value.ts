/**
 * The function of GetSecretValue.
 * @module
 */
import { getSecretValue } from '../core/operations/get-secret-value.ts'
import { operationHandler } from './edge/operation-handler.ts'

export const handler = operationHandler(getSecretValue)
