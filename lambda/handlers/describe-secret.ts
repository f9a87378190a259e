/**
 * The function of DescribeSecret.
 * @module
 */
import { describeSecret } from '../core/operations/describe-secret.ts'
import { operationHandler } from './edge/operation-handler.ts'

export const handler = operationHandler(describeSecret)
