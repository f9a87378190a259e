/**
 * The front door for clients that cannot set a path. It may invoke the operation functions and nothing else.
 * @module
 */
import { Stack } from 'aws-cdk-lib'
import { Construct } from 'constructs'
import type { RegionalDeployment } from '../deployment.ts'
import { grantsForRouter } from '../grants.ts'
import { CofferFunction } from './coffer-function.ts'
import type { DeployedOperation } from './operation-functions.ts'

/** It waits for an operation function, whose own end is a second earlier, and API Gateway's a second later. */
const TIMEOUT_SECONDS = 28

/** It copies an event of up to 10 MB; the work is elsewhere. */
const MEMORY_MB = 512

export interface RouterFunctionProps {
  readonly deployment: RegionalDeployment
  readonly operations: readonly DeployedOperation[]
}

export class RouterFunction extends Construct {
  readonly function: CofferFunction

  constructor(scope: Construct, id: string, { deployment, operations }: RouterFunctionProps) {
    super(scope, id)
    const { names, config } = deployment
    const called = operations.map(
      ({ entry, alias }) => names.function(entry) + (alias === undefined ? '' : `:${alias}`),
    )
    // Called by alias, a function must be named so to the router too: its right is for the alias alone.
    const aliases = operations.flatMap(({ entry, alias }) => (alias === undefined ? [] : [`${entry}:${alias}`]))
    this.function = new CofferFunction(this, 'Router', {
      deployment,
      entry: 'router',
      description: 'POST /: hands a call on to the function of its X-Amz-Target',
      memoryMb: MEMORY_MB,
      timeoutSeconds: TIMEOUT_SECONDS,
      grants: grantsForRouter(
        called.map((name) =>
          Stack.of(this)
            .formatArn({ service: 'lambda', resource: `function:${name}` })
            .replace(/\/$/, ''),
        ),
      ),
      environment: {
        COFFER_DEPLOYMENT: config.prefix,
        ...(aliases.length > 0 && { COFFER_ALIASES: aliases.join(',') }),
      },
    })
  }
}
