/**
 * The function that carries out the tasks of rotations.
 * @module
 */
import { Construct } from 'constructs'
import { WORKER_ENTRY } from '../../lambda/handlers/edge/function-name.ts'
import type { RegionalDeployment } from '../deployment.ts'
import { grantsForWorker } from '../grants.ts'
import { allEntries } from '../names.ts'
import { CofferFunction, accessEnvironment, rotationEnvironment, serviceEnvironment } from './coffer-function.ts'

/** Lambda's longest: it waits for the function that rotates, which may take as long. */
const TIMEOUT_SECONDS = 900

/** It waits; what it is paid for is the time. */
const MEMORY_MB = 256

export class RotationWorker extends Construct {
  readonly function: CofferFunction

  constructor(scope: Construct, id: string, { deployment }: { readonly deployment: RegionalDeployment }) {
    super(scope, id)
    this.function = new CofferFunction(this, 'Function', {
      deployment,
      entry: WORKER_ENTRY,
      description: 'Carries out rotations, task by task, and invokes the functions that rotate',
      memoryMb: MEMORY_MB,
      timeoutSeconds: TIMEOUT_SECONDS,
      grants: grantsForWorker(deployment.place, allEntries),
      environment: {
        ...serviceEnvironment(deployment),
        ...accessEnvironment(deployment),
        ...rotationEnvironment(deployment),
      },
    })
  }
}
