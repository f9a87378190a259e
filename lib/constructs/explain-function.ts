/**
 * The function that tells who may do what to which secret, and why.
 * @module
 */
import { Construct } from 'constructs'
import type { RegionalDeployment } from '../deployment.ts'
import { grantsForExplain } from '../grants.ts'
import { accessEnvironment, CofferFunction, serviceEnvironment } from './coffer-function.ts'

/** Within the 29 seconds of API Gateway: an account with thousands of principals is asked about one by one. */
const TIMEOUT_SECONDS = 27

/** The work is deciding: memory buys the processor. */
const MEMORY_MB = 1024

export class ExplainFunction extends Construct {
  readonly function: CofferFunction

  constructor(scope: Construct, id: string, { deployment }: { readonly deployment: RegionalDeployment }) {
    super(scope, id)
    this.function = new CofferFunction(this, 'Function', {
      deployment,
      entry: 'explain',
      description: 'Tells who may do what to which secret, and by which policy',
      memoryMb: MEMORY_MB,
      timeoutSeconds: TIMEOUT_SECONDS,
      grants: grantsForExplain(deployment.place),
      environment: { ...serviceEnvironment(deployment), ...accessEnvironment(deployment) },
    })
  }
}
