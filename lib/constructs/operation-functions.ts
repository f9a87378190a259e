/**
 * A function for each row of the operation table, each with the rights that its row needs, and those that it takes to know the callers.
 * @module
 */
import { Alias, type IFunction, type IVersion } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import type { Operation } from '../../lambda/core/operation.ts'
import { operations } from '../../lambda/core/operations/index.ts'
import type { RegionalDeployment } from '../deployment.ts'
import { grantsForOperation } from '../grants.ts'
import { operationEntries, type OperationEntry } from '../names.ts'
import { accessEnvironment, CofferFunction, rotationEnvironment, serviceEnvironment } from './coffer-function.ts'

/**
 * API Gateway answers 504 after 29 seconds, and the router wants a moment of them: what takes longer has been given up by the caller. Retries and timeouts of the SDK
 * clients are shorter.
 */
const TIMEOUT_SECONDS = 27

/** A call waits for DynamoDB and KMS; memory buys the processor for TLS and JSON, and at half a GB a cold start is no longer ruled by it. */
const MEMORY_MB = 512

/** The one that everybody waits for: twice the share of a processor halves what a cold start and an unwrap take, and costs what it saves in time. */
const READING_MEMORY_MB = 1024

export const LIVE_ALIAS = 'live'

export interface DeployedOperation extends OperationEntry {
  readonly function: CofferFunction
  /** What API Gateway and the router call: the function, or its alias where there is provisioned concurrency. */
  readonly target: IFunction
  readonly alias?: string
}

export class OperationFunctions extends Construct {
  readonly all: readonly DeployedOperation[]

  constructor(scope: Construct, id: string, { deployment }: { readonly deployment: RegionalDeployment }) {
    super(scope, id)
    this.all = operationEntries.map((each) => this.#deploy(each, deployment))
  }

  #deploy({ operation, entry }: OperationEntry, deployment: RegionalDeployment): DeployedOperation {
    const isRead = operation === 'GetSecretValue'
    const { reserved, provisioned } = isRead ? deployment.config.getSecretValueConcurrency : {}
    const { needs } = rowOf(operation)
    const made = new CofferFunction(this, operation, {
      deployment,
      entry,
      description: `secretsmanager:${operation}`,
      memoryMb: isRead ? READING_MEMORY_MB : MEMORY_MB,
      timeoutSeconds: TIMEOUT_SECONDS,
      grants: grantsForOperation(needs, deployment.place),
      environment: {
        ...serviceEnvironment(deployment),
        ...accessEnvironment(deployment),
        ...(needs.includes('functions:check') && rotationEnvironment(deployment)),
      },
      ...(reserved !== undefined && { reservedConcurrency: reserved }),
    })
    if (provisioned === undefined) return { operation, entry, function: made, target: made.function }
    const alias = new Alias(made, 'Alias', {
      aliasName: LIVE_ALIAS,
      // CDK's own types do not agree about optional members.
      version: made.function.currentVersion as IVersion,
      provisionedConcurrentExecutions: provisioned,
    })
    return { operation, entry, function: made, target: alias as IFunction, alias: LIVE_ALIAS }
  }
}

function rowOf(operation: OperationEntry['operation']): Operation {
  const row = operations[operation]
  if (!row) throw new Error(`${operation} is not in the operation table`)
  return row
}
