/**
 * A rotation function for a PostgreSQL user, as AWS Lambda and Coffer invoke it: the example of docs/rotation.md. Every step may be repeated, so each looks first at what is done already.
 */
import { SecretsManager } from '@aws-sdk/client-secrets-manager'
import { Client } from 'pg'

const secrets = new SecretsManager({})

export async function handler({ Step, SecretId, ClientRequestToken: VersionId }) {
  const { RotationEnabled, VersionIdsToStages = {} } = await secrets.describeSecret({ SecretId })
  const stages = VersionIdsToStages[VersionId] ?? []
  if (!RotationEnabled) throw new Error('Rotation of the secret is off')
  if (stages.includes('AWSCURRENT')) return
  if (!stages.includes('AWSPENDING')) throw new Error('The version is not the one that is being made')
  await steps[Step]({ SecretId, VersionId, VersionIdsToStages })
}

const steps = {
  async createSecret({ SecretId, VersionId }) {
    if (await pendingOf(SecretId, VersionId)) return
    const current = await read({ SecretId, VersionStage: 'AWSCURRENT' })
    const { RandomPassword } = await secrets.getRandomPassword({ ExcludePunctuation: true })
    await secrets.putSecretValue({
      SecretId,
      ClientRequestToken: VersionId,
      SecretString: JSON.stringify({ ...current, password: RandomPassword }),
      VersionStages: ['AWSPENDING'],
    })
  },

  async setSecret({ SecretId, VersionId }) {
    const pending = await pendingOf(SecretId, VersionId)
    if (await canLogIn(pending)) return
    await asUser(await read({ SecretId, VersionStage: 'AWSCURRENT' }), (client) =>
      client.query(
        `ALTER ROLE ${client.escapeIdentifier(pending.username)} PASSWORD ${client.escapeLiteral(pending.password)}`,
      ),
    )
  },

  async testSecret({ SecretId, VersionId }) {
    await asUser(await pendingOf(SecretId, VersionId), (client) => client.query('SELECT 1'))
  },

  async finishSecret({ SecretId, VersionId, VersionIdsToStages }) {
    const [former] = Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes('AWSCURRENT')) ?? []
    await secrets.updateSecretVersionStage({
      SecretId,
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: VersionId,
      RemoveFromVersionId: former,
    })
  },
}

async function pendingOf(SecretId, VersionId) {
  try {
    return await read({ SecretId, VersionId, VersionStage: 'AWSPENDING' })
  } catch (error) {
    if (error.name === 'ResourceNotFoundException') return undefined
    throw error
  }
}

const read = async (which) => JSON.parse((await secrets.getSecretValue(which)).SecretString)

async function canLogIn(login) {
  try {
    await asUser(login, (client) => client.query('SELECT 1'))
    return true
  } catch (error) {
    // The password was refused; anything else is to be seen.
    if (error.code === '28P01') return false
    throw error
  }
}

async function asUser({ host, port, dbname: database, username: user, password, ssl = true }, work) {
  const client = new Client({ host, port, database, user, password, ssl })
  try {
    await client.connect()
    await work(client)
  } finally {
    await client.end()
  }
}
