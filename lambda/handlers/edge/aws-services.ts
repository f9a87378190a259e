/**
 * The core's ports over AWS: what every operation function is wired to.
 * @module
 */
import { dynamoDbClient, kmsClient } from '../../adapters/aws/clients.ts'
import { DynamoDbSecretStore } from '../../adapters/aws/dynamo/dynamodb-secret-store.ts'
import { ServiceKeyRegistry } from '../../adapters/aws/dynamo/service-key-registry.ts'
import { KmsKeyService, type KmsKeyServiceOptions } from '../../adapters/aws/kms/kms-key-service.ts'
import { systemEntropy } from '../../adapters/system-entropy.ts'
import { wallClock } from '../../adapters/wall-clock.ts'
import { sameAccountOnly } from '../../auth/authorizer.ts'
import type { Services } from '../../core/services.ts'
import type { Deployment } from './environment.ts'

export interface AwsMeans extends Pick<KmsKeyServiceOptions, 'findKeys'> {
  /** For who has work of their own with the table. */
  readonly client?: ReturnType<typeof dynamoDbClient>
}

/** @param means `findKeys`: how service keys are found by their tags: only the sweeper does, and brings the client for it */
export function awsServices(
  { deployment, table, keyMode, account, region }: Deployment,
  { client = dynamoDbClient(), ...finding }: AwsMeans = {},
): Services {
  const registry = new ServiceKeyRegistry({ client, table })
  return {
    store: new DynamoDbSecretStore({ client, table, clock: wallClock, region }),
    keys: new KmsKeyService({
      kms: kmsClient(),
      registry,
      mode: keyMode,
      deployment,
      account,
      region,
      clock: wallClock,
      ...finding,
    }),
    clock: wallClock,
    entropy: systemEntropy,
    authorizer: sameAccountOnly,
    // DeleteSecret's function has no right to destroy anything: the change feed sees the head and purges.
    purgeSoon: async () => undefined,
  }
}
