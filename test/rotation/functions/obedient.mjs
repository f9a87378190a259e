/**
 * A rotation function that does what a test says: CONTROL is a folder in which it writes what it does, and in which a file makes it stop at a point until that file is gone. What is in the secret's description makes it
 * misbehave in one step, such as `throw@setSecret`.
 */
import { Buffer } from 'node:buffer'
import { appendFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'

const client = new SecretsManagerClient({ endpoint: process.env.SECRETS_MANAGER_ENDPOINT, maxAttempts: 1 })
const folder = process.env.CONTROL

export async function handler(event) {
  const { Step, SecretId } = event
  const described = await client.send(new DescribeSecretCommand({ SecretId }))
  const { Name, Description = '' } = described
  await point('enter', event, Name)
  const [kind, step] = Description.split('@')
  const misbehave = step === Step || step === '*' ? misbehaviours[kind] : undefined
  const result = misbehave ? await misbehave(event) : await steps[Step]?.(event, described)
  await point('worked', event, Name)
  return result
}

async function point(phase, event, name) {
  const { Step: step, ClientRequestToken: version, RotationToken: token } = event
  if (folder === undefined) return
  const at = new Date().getTime()
  appendFileSync(
    join(folder, 'trace'),
    `${JSON.stringify({ phase, name, step, version, token, at, pid: process.pid })}\n`,
  )
  while (existsSync(join(folder, `hold-${name}-${phase}-${step}`))) await sleep(3)
}

const steps = {
  async createSecret({ SecretId, ClientRequestToken, RotationToken }) {
    const which = { SecretId, VersionId: ClientRequestToken, VersionStage: 'AWSPENDING' }
    const found = await client.send(new GetSecretValueCommand(which)).catch(unlessMissing)
    if (found !== undefined) return
    const value = { SecretString: `value of ${ClientRequestToken}`, VersionStages: ['AWSPENDING'] }
    await client.send(new PutSecretValueCommand({ SecretId, ClientRequestToken, RotationToken, ...value }))
  },
  async finishSecret({ SecretId, ClientRequestToken }, { VersionIdsToStages }) {
    const [current] = Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes('AWSCURRENT'))
    if (current === ClientRequestToken) return
    const move = { MoveToVersionId: ClientRequestToken, RemoveFromVersionId: current }
    await client.send(new UpdateSecretVersionStageCommand({ SecretId, VersionStage: 'AWSCURRENT', ...move }))
  },
}

function unlessMissing(error) {
  if (error.name !== 'ResourceNotFoundException') throw error
}

const misbehaviours = {
  throw: () => {
    throw new TypeError('the database is in a bad mood')
  },
  hang: () => sleep(600_000),
  exit: () => process.exit(3),
  circular: () => {
    const result = {}
    result.self = result
    return result
  },
  odd: () => ({ '': [null, '\u0000\ud800', 1e308, { constructor: 'x' }] }),
  nothing: () => undefined,
  'wrong-label': async ({ SecretId, ClientRequestToken }) => {
    const move = { VersionStage: 'GREEN', MoveToVersionId: ClientRequestToken }
    await client.send(new UpdateSecretVersionStageCommand({ SecretId, ...move }))
  },
  leak: async ({ SecretId, RotationToken }) => {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId, VersionStage: 'AWSCURRENT' }))
    const { password } = JSON.parse(SecretString)
    console.log(`token ${RotationToken} password ${password} all ${SecretString}`)
    console.error(Buffer.from(password).toString('base64'))
    throw new Error(
      `login with ${password} (${Buffer.from(password).toString('hex')}) for ${RotationToken}: ${SecretString}`,
    )
  },
}
