/**
 * The function of DeleteSecret.
 * @module
 */
import { deleteSecret } from '../core/operations/delete-secret.ts'
import { operationHandler } from './edge/operation-handler.ts'

export const handler = operationHandler(deleteSecret)
