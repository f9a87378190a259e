/**
 * What the deployed functions are called: the stacks name them, and the router finds them, by this rule.
 * @module
 */

import { MANAGED_ROTATION_ENTRY } from '../../core/managed-function.ts'

/** `GetSecretValue` -> `get-secret-value`: the name of its file under lambda/handlers, and the end of its function's name. */
export const entryOf = (operation: string): string =>
  operation.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase()

/** @param deployment the prefix of all names of one deployment */
export const functionName = (deployment: string, entry: string): string => `${deployment}-${entry}`

/** The function that keeps the snapshot of identities, which operation functions ask for a new one. */
export const IDENTITY_ENTRY = 'identity'
/** The function that carries out the tasks of rotations. */
export const WORKER_ENTRY = 'rotation-worker'
/** The function that does this Region's part in replication. */
export const REPLICATOR_ENTRY = 'replicator'
/** Of the deployment's own functions, the one that may rotate secrets. */
export { MANAGED_ROTATION_ENTRY }

/** Functions that answer to no operation. */
export const backgroundEntries = [
  'router',
  'sweeper',
  'change-feed',
  'stream-arn',
  IDENTITY_ENTRY,
  'explain',
  WORKER_ENTRY,
  MANAGED_ROTATION_ENTRY,
  'rotation-admin',
  REPLICATOR_ENTRY,
  'replication-admin',
] as const
