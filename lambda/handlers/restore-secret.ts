/**
 * The function of RestoreSecret.
 * @module
 */
import { restoreSecret } from '../core/operations/restore-secret.ts'
import { operationHandler } from './edge/operation-handler.ts'

export const handler = operationHandler(restoreSecret)
