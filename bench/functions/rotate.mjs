/**
 * A rotation function as people write them, with the SDK in it: says how long each of its invocations took.
 */
import { appendFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import {
  DescribeSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'

const client = new SecretsManagerClient({ endpoint: process.env.SECRETS_MANAGER_ENDPOINT })

export async function handler(event) {
  const began = performance.now()
  await work(event)
  appendFileSync(process.env.TIMES, `${performance.now() - began}\n`)
}

async function work({ Step, SecretId, ClientRequestToken, RotationToken }) {
  if (Step === 'createSecret') {
    const value = { SecretString: `value of ${ClientRequestToken}`, VersionStages: ['AWSPENDING'] }
    await client.send(new PutSecretValueCommand({ SecretId, ClientRequestToken, RotationToken, ...value }))
  }
  if (Step === 'finishSecret') {
    const { VersionIdsToStages } = await client.send(new DescribeSecretCommand({ SecretId }))
    const [current] = Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes('AWSCURRENT'))
    const move = { MoveToVersionId: ClientRequestToken, RemoveFromVersionId: current }
    await client.send(new UpdateSecretVersionStageCommand({ SecretId, VersionStage: 'AWSCURRENT', ...move }))
  }
}
