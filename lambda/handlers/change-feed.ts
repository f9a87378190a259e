/**
 * The function behind the table's stream.
 * @module
 */
import { secretKeyOf, type Item } from '../adapters/aws/dynamo/item-keys.ts'
import { backgroundServices } from './edge/aws-services.ts'
import { changeFeedHandler } from './edge/change-feed-handler.ts'
import { readDeployment } from './edge/environment.ts'
import { rotationStarter } from './edge/rotation-starter.ts'

const deployment = readDeployment(process.env)

export const handler = changeFeedHandler({
  services: backgroundServices(deployment),
  starter: rotationStarter(deployment),
  region: deployment.region,
  secretKeyOf: (keys) => secretKeyOf(keys as Item),
})
