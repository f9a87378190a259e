/**
 * The function of ValidateResourcePolicy.
 * @module
 */
import { validateResourcePolicy } from '../core/operations/validate-resource-policy.ts'
import { operationHandler } from './edge/operation-handler.ts'

export const handler = operationHandler(validateResourcePolicy)
