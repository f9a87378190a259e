/**
 * The function of DeleteResourcePolicy.
 * @module
 */
import { deleteResourcePolicy } from '../core/operations/delete-resource-policy.ts'
import { operationHandler } from './edge/operation-handler.ts'

export const handler = operationHandler(deleteResourcePolicy)
