/**
 * The function behind the table's stream that does this Region's part in replication.
 * @module
 */
import { setTimeout as pause } from 'node:timers/promises'
import { kmsClients } from '../adapters/aws/clients.ts'
import { secretKeyOf, type Item } from '../adapters/aws/dynamo/item-keys.ts'
import { reconcileSecret } from '../core/replication/reconcile-secret.ts'
import { sweepReplication } from '../core/replication/sweep-replication.ts'
import { composeOnAws } from './edge/compose-on-aws.ts'
import { readDeployment } from './edge/environment.ts'
import { replicatorHandler } from './edge/replicator-handler.ts'

const { deployment, region } = readDeployment(process.env)
const { services } = composeOnAws(process.env, { kmsIn: kmsClients() })

export const handler = replicatorHandler({
  reconcile: (key, noteFault) => reconcileSecret({ ...services, noteFault }, key),
  sweep: (noteFault) => sweepReplication({ ...services, noteFault }),
  region,
  deployment,
  secretKeyOf: (keys) => secretKeyOf(keys as Item),
  pause,
})
