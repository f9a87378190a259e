/**
 * The function of UntagResource.
 * @module
 */
import { untagResource } from '../core/operations/untag-resource.ts'
import { operationHandler } from './edge/operation-handler.ts'

export const handler = operationHandler(untagResource)
