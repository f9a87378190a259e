/**
 * The function of RotateSecret: it looks at the function that shall rotate, and invokes none.
 * @module
 */
import { rotateSecret } from '../core/operations/rotate-secret.ts'
import { composeOnAws } from './edge/compose-on-aws.ts'
import { readDeployment, readRotationSettings } from './edge/environment.ts'
import { operationHandler } from './edge/operation-handler.ts'
import { functionServiceOf } from './edge/rotation-functions-of.ts'

export const handler = operationHandler(rotateSecret, {
  compose: (environment) =>
    composeOnAws(environment, {
      functions: functionServiceOf(readDeployment(environment), readRotationSettings(environment)),
    }),
})
