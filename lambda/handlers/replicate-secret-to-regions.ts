/**
 * The function of ReplicateSecretToRegions.
 * @module
 */
import { replicateSecretToRegions } from '../core/operations/replicate-secret-to-regions.ts'
import { operationHandler } from './edge/operation-handler.ts'

export const handler = operationHandler(replicateSecretToRegions)
