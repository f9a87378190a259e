/**
 * The function of UpdateSecret.
 * @module
 */
import { updateSecret } from '../core/operations/update-secret.ts'
import { operationHandler } from './edge/operation-handler.ts'

export const handler = operationHandler(updateSecret)
