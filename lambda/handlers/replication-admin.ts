/**
 * The function that administers replication.
 * @module
 */
import { replicationAdminHandler } from './edge/replication-admin-handler.ts'

export const handler = replicationAdminHandler()
