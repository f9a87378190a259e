/**
 * Managed rotation is a function like any other, with a name of its own: RotateSecret with its ARN turns it on. It is the service's, so nobody needs a permission to invoke it.
 * @module
 */
import { partitionOf } from './domain/names.ts'
import type { SecretKey } from './domain/secret.ts'

/** What it is called after the deployment's prefix. */
export const MANAGED_ROTATION_ENTRY = 'managed-rotation'

/** Embedded there is one Coffer, and so one name. */
export const EMBEDDED_MANAGED_NAME = `coffer-${MANAGED_ROTATION_ENTRY}`

type Place = Omit<SecretKey, 'name'>

export const managedFunctionArn = ({ account, region }: Place, name: string): string =>
  `arn:${partitionOf(region)}:lambda:${region}:${account}:function:${name}`

/** Of the secret's own account and Region: it works there alone. */
export const isManagedFunction = (functionArn: string, place: Place, name: string): boolean =>
  functionArn === managedFunctionArn(place, name)
