/**
 * The function that keeps the snapshot of the account's identities: the only one that may read IAM.
 * @module
 */
import { randomUUID } from 'node:crypto'
import { dynamoDbClient } from '../adapters/aws/clients.ts'
import { iamClient } from '../adapters/aws/identity/iam-client.ts'
import { IdentitySnapshot } from '../adapters/aws/identity/identity-snapshot.ts'
import { wallClock } from '../adapters/wall-clock.ts'
import { readDeployment } from './edge/environment.ts'
import { identityHandler } from './edge/identity-handler.ts'

const deployment = readDeployment(process.env)

export const handler = identityHandler({
  snapshot: new IdentitySnapshot({
    ...deployment,
    client: dynamoDbClient(),
    iam: iamClient(),
    clock: wallClock,
    newId: randomUUID,
  }),
  deployment: deployment.deployment,
})
