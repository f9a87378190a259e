/**
 * The function of StopReplicationToReplica.
 * @module
 */
import { stopReplicationToReplica } from '../core/operations/stop-replication-to-replica.ts'
import { operationHandler } from './edge/operation-handler.ts'

export const handler = operationHandler(stopReplicationToReplica)
