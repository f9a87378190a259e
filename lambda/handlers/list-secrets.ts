/**
 * The function of ListSecrets.
 * @module
 */
import { listSecrets } from '../core/operations/list-secrets.ts'
import { operationHandler } from './edge/operation-handler.ts'

export const handler = operationHandler(listSecrets)
