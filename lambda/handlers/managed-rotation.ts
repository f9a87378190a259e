/**
 * The function of managed rotation.
 * @module
 */
import { coreSecretAccess } from '../managed-rotation/core-access.ts'
import { managedRotation } from '../managed-rotation/managed-rotation.ts'
import { outsideOnly } from '../managed-rotation/reachable-hosts.ts'
import { composeOnAws } from './edge/compose-on-aws.ts'
import { readManagedRotationSettings } from './edge/environment.ts'
import { managedRotationHandler } from './edge/managed-rotation-handler.ts'
import { reportFault } from './edge/telemetry.ts'

const { services, account, region } = composeOnAws(process.env)

export const handler = managedRotationHandler(
  managedRotation({
    secrets: coreSecretAccess({
      services,
      account,
      region,
      noteFault: (fault) => reportFault(fault, { operation: 'managed rotation', requestId: 'none' }),
    }),
    // What a function could reach so are only Lambda's own endpoints, which hold its credentials.
    mayReach: outsideOnly(),
    ...readManagedRotationSettings(process.env),
  }),
)
