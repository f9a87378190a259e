/**
 * The front door for clients that cannot set a path: looks at X-Amz-Target and hands the event on to the function of that operation. It may invoke those and nothing
 * else.
 * @module
 */
import { lambdaInvoker } from '../adapters/aws/invoke-function.ts'
import { operations } from '../core/operations/index.ts'
import { routerHandler } from './edge/router-handler.ts'

export const handler = routerHandler({ invoke: lambdaInvoker(), isOffered: (operation) => operation in operations })
