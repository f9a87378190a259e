/**
 * Managed rotation: a function that rotates the secrets of databases, in the user's VPC where the databases are.
 * @module
 */
import { Construct } from 'constructs'
import { operations } from '../../lambda/core/operations/index.ts'
import { MANAGED_ROTATION_ENTRY } from '../../lambda/handlers/edge/function-name.ts'
import type { RegionalDeployment } from '../deployment.ts'
import { grantsForManagedRotation } from '../grants.ts'
import { CofferFunction, accessEnvironment, serviceEnvironment } from './coffer-function.ts'

/** A step connects to a database and makes a few statements; the drivers' own times are shorter. */
const TIMEOUT_SECONDS = 300
const MEMORY_MB = 512

/** What it does with secrets (lambda/managed-rotation/secret-access.ts). */
const USED = [
  'DescribeSecret',
  'GetSecretValue',
  'PutSecretValue',
  'UpdateSecretVersionStage',
  'GetRandomPassword',
] as const

export class ManagedRotation extends Construct {
  readonly function: CofferFunction

  constructor(scope: Construct, id: string, { deployment }: { readonly deployment: RegionalDeployment }) {
    super(scope, id)
    const { config, region, place } = deployment
    const { vpc, webhookOrigins, allowPlaintext } = config.managedRotation
    const network = vpc?.[region]
    this.function = new CofferFunction(this, 'Function', {
      deployment,
      entry: MANAGED_ROTATION_ENTRY,
      description: 'Managed rotation: rotates the secrets of databases',
      memoryMb: MEMORY_MB,
      timeoutSeconds: TIMEOUT_SECONDS,
      grants: grantsForManagedRotation(
        USED.map((name) => operations[name]?.needs ?? []),
        place,
      ),
      environment: {
        ...serviceEnvironment(deployment),
        ...accessEnvironment(deployment),
        ...(webhookOrigins.length > 0 && { COFFER_WEBHOOK_ORIGINS: webhookOrigins.join(',') }),
        ...(allowPlaintext && { COFFER_ALLOW_PLAINTEXT: 'true' }),
      },
      ...(network && { network }),
    })
  }
}
