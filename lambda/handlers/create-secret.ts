/**
 * The function of CreateSecret.
 * @module
 */
import { createSecret } from '../core/operations/create-secret.ts'
import { operationHandler } from './edge/operation-handler.ts'

export const handler = operationHandler(createSecret)
