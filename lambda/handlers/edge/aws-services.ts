/**
 * The core's ports over AWS: what every operation function is wired to, and the part of it that work in the background needs.
 * @module
 */
import { dynamoDbClient, kmsClient } from '../../adapters/aws/clients.ts'
import { DynamoDbReplicationStore } from '../../adapters/aws/dynamo/dynamodb-replication-store.ts'
import { DynamoDbSecretStore } from '../../adapters/aws/dynamo/dynamodb-secret-store.ts'
import { ServiceKeyRegistry } from '../../adapters/aws/dynamo/service-key-registry.ts'
import { awsDirectory } from '../../adapters/aws/identity/aws-directory.ts'
import { refreshOnDemand } from '../../adapters/aws/identity/refresh-on-demand.ts'
import { rotationArns } from '../../adapters/aws/rotation/rotation-names.ts'
import { snsEvents } from '../../adapters/aws/sns-events.ts'
import { KmsKeyService, type KmsKeyServiceOptions } from '../../adapters/aws/kms/kms-key-service.ts'
import { systemEntropy } from '../../adapters/system-entropy.ts'
import { wallClock } from '../../adapters/wall-clock.ts'
import { policyAuthorizer } from '../../auth/authorizer.ts'
import type { FunctionService } from '../../core/ports/functions.ts'
import type { Services } from '../../core/services.ts'
import type { AccessSettings, Deployment } from './environment.ts'
import { functionName, IDENTITY_ENTRY, MANAGED_ROTATION_ENTRY } from './function-name.ts'
import { reportFault } from './telemetry.ts'

export interface ServiceMeans extends Pick<KmsKeyServiceOptions, 'kmsIn'> {
  /** By default none: only RotateSecret's function looks at functions, and only the worker invokes them. */
  readonly functions?: FunctionService
  /** Of an emulator, where there is one. */
  readonly snsEndpoint?: string | undefined
}

export function awsServices(
  deployment: Deployment,
  access: AccessSettings,
  { functions = noFunctions(deployment), snsEndpoint, ...keyMeans }: ServiceMeans = {},
): Services {
  const client = dynamoDbClient()
  const directory = awsDirectory({
    ...deployment,
    client,
    clock: wallClock,
    graceMinutes: access.graceMinutes,
    refresh: refreshOnDemand({
      region: deployment.region,
      functionName: functionName(deployment.deployment, IDENTITY_ENTRY),
      endpoint: access.lambdaEndpoint,
    }),
  })
  const enforced = new Set(access.enforcedAtApi.map((key) => key.toLowerCase()))
  return {
    ...backgroundServices(deployment, { client, ...keyMeans }),
    entropy: systemEntropy,
    authorizer: policyAuthorizer(directory, enforced),
    // DeleteSecret's function has no right to destroy anything: the change feed sees the head and purges.
    purgeSoon: async () => undefined,
    functions,
    events: snsEvents({
      topicArn: rotationArns(deployment).eventTopic,
      region: deployment.region,
      endpoint: snsEndpoint,
      noteFault: (fault) => reportFault(fault, { operation: 'events', requestId: 'none' }),
    }),
    // The change feed sees the head and starts the execution: RotateSecret's function has no right to.
    rotateSoon: async () => undefined,
  }
}

function noFunctions({ deployment }: Deployment): FunctionService {
  const refuse = () => Promise.reject(new Error('this function has no business with functions that rotate secrets'))
  return { managedName: functionName(deployment, MANAGED_ROTATION_ENTRY), check: refuse, invoke: refuse }
}

export interface BackgroundMeans extends Pick<KmsKeyServiceOptions, 'findKeys' | 'kmsIn'> {
  /** For who has work of their own with the table. */
  readonly client?: ReturnType<typeof dynamoDbClient>
}

/** @param means `findKeys`: how service keys are found by their tags: only the sweeper does, and brings the client for it; `kmsIn`: only the replicator has other Regions' keys */
export function backgroundServices(
  { deployment, table, keyMode, account, region, regions }: Deployment,
  { client = dynamoDbClient(), ...keyMeans }: BackgroundMeans = {},
): Pick<Services, 'store' | 'replication' | 'regions' | 'keys' | 'clock'> {
  const registry = new ServiceKeyRegistry({ client, table })
  return {
    store: new DynamoDbSecretStore({ client, table, clock: wallClock, region }),
    replication: new DynamoDbReplicationStore({ client, table, region, regions }),
    regions,
    keys: new KmsKeyService({
      kms: kmsClient(),
      registry,
      mode: keyMode,
      deployment,
      account,
      region,
      clock: wallClock,
      ...keyMeans,
    }),
    clock: wallClock,
  }
}
