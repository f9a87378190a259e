/**
 * The function of RemoveRegionsFromReplication.
 * @module
 */
import { removeRegionsFromReplication } from '../core/operations/remove-regions-from-replication.ts'
import { operationHandler } from './edge/operation-handler.ts'

export const handler = operationHandler(removeRegionsFromReplication)
