/**
 * The function that shows, resumes and aborts rotations.
 * @module
 */
import { Construct } from 'constructs'
import type { RegionalDeployment } from '../deployment.ts'
import { grantsForOperation } from '../grants.ts'
import { accessEnvironment, CofferFunction, serviceEnvironment } from './coffer-function.ts'

/** Of the core that it calls (lambda/core/rotation/administer.ts); an execution is started by the change feed. */
const NEEDS = ['store:read', 'store:write', 'values:drop', 'rotation:read', 'events:tell'] as const

/** Behind the 29 seconds of API Gateway, as the operations are. */
const TIMEOUT_SECONDS = 27

const MEMORY_MB = 512

export class RotationAdminFunction extends Construct {
  readonly function: CofferFunction

  constructor(scope: Construct, id: string, { deployment }: { readonly deployment: RegionalDeployment }) {
    super(scope, id)
    this.function = new CofferFunction(this, 'Function', {
      deployment,
      entry: 'rotation-admin',
      description: 'Shows, resumes and aborts rotations',
      memoryMb: MEMORY_MB,
      timeoutSeconds: TIMEOUT_SECONDS,
      grants: grantsForOperation(NEEDS, deployment.place),
      environment: { ...serviceEnvironment(deployment), ...accessEnvironment(deployment) },
    })
  }
}
