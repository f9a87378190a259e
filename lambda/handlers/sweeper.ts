/**
 * The sweeper's function.
 * @module
 */
import { Checkpoints } from '../adapters/aws/dynamo/checkpoints.ts'
import { dynamoDbClient } from '../adapters/aws/clients.ts'
import { taggedKeys } from '../adapters/aws/kms/tagged-keys.ts'
import { taggingClient } from '../adapters/aws/tagging-client.ts'
import { backgroundServices } from './edge/aws-services.ts'
import { readDeployment } from './edge/environment.ts'
import { rotationStarter } from './edge/rotation-starter.ts'
import { sweeperHandler } from './edge/sweeper-handler.ts'

const deployment = readDeployment(process.env)
const client = dynamoDbClient()

export const handler = sweeperHandler({
  services: backgroundServices(deployment, { client, findKeys: taggedKeys(taggingClient(), deployment.deployment) }),
  starter: rotationStarter(deployment),
  checkpoints: new Checkpoints({ client, ...deployment }),
})
