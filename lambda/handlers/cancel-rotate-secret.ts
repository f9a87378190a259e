/**
 * The function of CancelRotateSecret.
 * @module
 */
import { cancelRotateSecret } from '../core/operations/cancel-rotate-secret.ts'
import { operationHandler } from './edge/operation-handler.ts'

export const handler = operationHandler(cancelRotateSecret)
