/**
 * The function of TagResource.
 * @module
 */
import { tagResource } from '../core/operations/tag-resource.ts'
import { operationHandler } from './edge/operation-handler.ts'

export const handler = operationHandler(tagResource)
