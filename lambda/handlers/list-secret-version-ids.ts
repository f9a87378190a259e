/**
 * The function of ListSecretVersionIds.
 * @module
 */
import { listSecretVersionIds } from '../core/operations/list-secret-version-ids.ts'
import { operationHandler } from './edge/operation-handler.ts'

export const handler = operationHandler(listSecretVersionIds)
