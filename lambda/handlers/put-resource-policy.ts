/**
 * The function of PutResourcePolicy.
 * @module
 */
import { putResourcePolicy } from '../core/operations/put-resource-policy.ts'
import { operationHandler } from './edge/operation-handler.ts'

export const handler = operationHandler(putResourcePolicy)
