/**
 * The function that shows replication, says beforehand whether it will work, and has a Region step down for another.
 * @module
 */
import { Construct } from 'constructs'
import type { RegionalDeployment } from '../deployment.ts'
import { grantsForReplicationAdmin } from '../grants.ts'
import { accessEnvironment, CofferFunction, serviceEnvironment } from './coffer-function.ts'

/** Behind the 29 seconds of API Gateway, as the operations are. */
const TIMEOUT_SECONDS = 27

const MEMORY_MB = 512

export class ReplicationAdminFunction extends Construct {
  readonly function: CofferFunction

  constructor(scope: Construct, id: string, { deployment }: { readonly deployment: RegionalDeployment }) {
    super(scope, id)
    this.function = new CofferFunction(this, 'Function', {
      deployment,
      entry: 'replication-admin',
      description: 'Shows replication, checks it beforehand, and has a Region step down',
      memoryMb: MEMORY_MB,
      timeoutSeconds: TIMEOUT_SECONDS,
      grants: grantsForReplicationAdmin(deployment.place),
      environment: { ...serviceEnvironment(deployment), ...accessEnvironment(deployment) },
    })
  }
}
