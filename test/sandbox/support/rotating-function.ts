/**
 * A function that rotates secrets, as its owner would write it for Lambda, but for two things: it tells a file which steps it was asked for, and with which RotationToken, and fails where a file says so.
 * @module
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { RotationEvent } from '../../../lambda/core/ports/functions.ts'
import { VALUE_MARK } from '../../conformance/target.ts'

export interface RotatingFunction {
  /** For POST /functions of the sandbox. */
  readonly wish: (name: string, more?: object) => object
  /** What it was asked for, oldest first. */
  readonly events: () => readonly RotationEvent[]
  /** Events of one secret. */
  readonly stepsOf: (secretArn: string) => readonly string[]
  /** From now on it throws in this step; undefined: in none. */
  readonly failIn: (step: string | undefined) => void
  /** From now on it does not come to an end in this step, until something else is said. */
  readonly hangIn: (step: string) => void
}

/** @param folder of the test: what the function is told by and tells to */
export function rotatingFunction(folder: string): RotatingFunction {
  const [told, failing] = [join(folder, 'events'), join(folder, 'failing')]
  const events = (): readonly RotationEvent[] =>
    existsSync(told)
      ? readFileSync(told, 'utf8')
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as RotationEvent)
      : []
  return {
    wish: (name, more = {}) => ({
      name,
      code: CODE,
      timeoutSeconds: 60,
      rolePolicy: ROLE_POLICY,
      environment: {
        CLIENT: resolve('client/create-client.ts'),
        TOLD: told,
        FAILING: failing,
        MARK: VALUE_MARK,
      },
      ...more,
    }),
    events,
    stepsOf: (secretArn) =>
      events()
        .filter(({ SecretId }) => SecretId === secretArn)
        .map(({ Step }) => Step),
    failIn: (step) => writeFileSync(failing, step ?? ''),
    hangIn: (step) => writeFileSync(failing, `${HANG}${step}`),
  }
}

const HANG = 'hang in '

/** As a role that rotates secrets under customers' keys has it. */
const ROLE_POLICY = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: [
        'execute-api:Invoke',
        'secretsmanager:DescribeSecret',
        'secretsmanager:GetSecretValue',
        'secretsmanager:PutSecretValue',
        'secretsmanager:UpdateSecretVersionStage',
        'kms:Decrypt',
        'kms:GenerateDataKey',
      ],
      Resource: '*',
    },
  ],
}

const CODE = `
const { appendFileSync, existsSync, readFileSync } = require('node:fs')
const { randomUUID } = require('node:crypto')
const { createSecretsManager } = require(process.env.CLIENT)
const client = createSecretsManager({ endpoint: process.env.SECRETS_MANAGER_ENDPOINT })

exports.handler = async (event) => {
  const { Step, SecretId, ClientRequestToken, RotationToken } = event
  appendFileSync(process.env.TOLD, JSON.stringify(event) + '\\n')
  const told = () => existsSync(process.env.FAILING) ? readFileSync(process.env.FAILING, 'utf8') : ''
  while (told() === '${HANG}' + Step) await new Promise((resolve) => setTimeout(resolve, 20))
  if (told() === Step)
    throw new RangeError('token ' + RotationToken + ', value ' + (await client.getSecretValue({ SecretId })).SecretString)
  const pending = { SecretId, VersionId: ClientRequestToken, VersionStage: 'AWSPENDING' }
  const { VersionIdsToStages } = await client.describeSecret({ SecretId })
  if (!VersionIdsToStages[ClientRequestToken]) throw new Error('no such version')
  if (Step === 'createSecret') {
    const { SecretString } = await client.getSecretValue({ SecretId, VersionStage: 'AWSCURRENT' })
    if (!SecretString) throw new Error('no value')
    try {
      await client.getSecretValue(pending)
    } catch (error) {
      if (error.name !== 'ResourceNotFoundException') throw error
      const value = process.env.MARK + ' rotated ' + randomUUID()
      const VersionStages = ['AWSPENDING']
      await client.putSecretValue({ SecretId, ClientRequestToken, RotationToken, SecretString: value, VersionStages })
    }
  } else if (Step === 'testSecret') {
    await client.getSecretValue(pending)
  } else if (Step === 'finishSecret') {
    const current = Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes('AWSCURRENT'))
    const move = { MoveToVersionId: ClientRequestToken, RemoveFromVersionId: current[0] }
    await client.updateSecretVersionStage({ SecretId, VersionStage: 'AWSCURRENT', ...move })
  }
}
`
