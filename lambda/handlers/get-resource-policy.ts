/**
 * The function of GetResourcePolicy.
 * @module
 */
import { getResourcePolicy } from '../core/operations/get-resource-policy.ts'
import { operationHandler } from './edge/operation-handler.ts'

export const handler = operationHandler(getResourcePolicy)
