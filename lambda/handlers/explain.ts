/**
 * The function that explains access.
 * @module
 */
import { awsServices } from './edge/aws-services.ts'
import { readAccessSettings, readDeployment } from './edge/environment.ts'
import { explainHandler } from './edge/explain-handler.ts'

const deployment = readDeployment(process.env)

export const handler = explainHandler({
  services: awsServices(deployment, readAccessSettings(process.env)),
  ...deployment,
})
