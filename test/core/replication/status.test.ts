import type { Answer } from '../../../lambda/core/domain/replication.ts'
import { replicationStatus, statusOfRequests } from '../../../lambda/core/replication/status.ts'
import { answerOf, CREATED, headIn, linkOf } from './support/heads.ts'
import { AP, EU, HOME } from './support/regions.ts'

const stamp = { born: CREATED, revision: 4 }
const primary = headIn(HOME, { replicas: [{ region: EU, at: 7, force: false, kmsKeyId: 'asked' }] }, { revision: 4 })

async function shown(answer?: Partial<Answer>, accessedDay = 0) {
  const link = answer && linkOf({ answers: { [HOME]: answerOf({ request: 7, acted: 7, stamp, ...answer }) } })
  const replication = { replicaViews: async () => [{ link, accessedDay }] }
  const [status] = await replicationStatus({ replication } as never, primary)
  return status
}

describe('SM-REPLICA-03 the status of a copy', () => {
  it.each<[string, Partial<Answer> | undefined, object]>([
    ['before anything was heard', undefined, { Status: 'InProgress' }],
    ['that was made of this very head', {}, { Status: 'InSync', StatusMessage: 'Replication succeeded' }],
    ['that was made of an earlier head', { stamp: { ...stamp, revision: 3 } }, { Status: 'InProgress' }],
    ['that was made of a head of another time', { stamp: { ...stamp, born: 1 } }, { Status: 'InProgress' }],
    ['without a state that it was made of', { stamp: undefined as never }, { Status: 'InProgress' }],
    ['of an earlier request', { request: 6, status: 'Failed', message: 'm' }, { Status: 'InProgress' }],
    ['of an earlier secret', { suffix: 'OtherX', status: 'Failed', message: 'm' }, { Status: 'InProgress' }],
    ['that has failed', { status: 'Failed', message: 'do this' }, { Status: 'Failed', StatusMessage: 'do this' }],
    [
      'that has met trouble which passes',
      { status: 'InProgress', message: 'm' },
      { Status: 'InProgress', StatusMessage: 'm' },
    ],
    ['that is gone', { status: 'Removed' }, { Status: 'InProgress' }],
    ['that was promoted', { status: 'Detached' }, { Status: 'InProgress' }],
  ])('%s', async (_, answer, expected) => {
    const status = await shown(answer)
    expect(status).toMatchObject({ Region: EU, ...expected })
    if (!('StatusMessage' in expected)) expect(status).not.toHaveProperty('StatusMessage')
  })

  it('SM-REPLICA-04 shows the key that was asked for until there is a copy, and then its own', async () => {
    expect(await shown()).toMatchObject({ KmsKeyId: 'asked' })
    expect(await shown({ status: 'Failed', stamp: undefined as never })).toMatchObject({ KmsKeyId: 'asked' })
    expect(await shown({ kmsKeyId: 'own' })).toMatchObject({ KmsKeyId: 'own' })
    expect(await shown({})).toMatchObject({ KmsKeyId: 'alias/aws/secretsmanager' })
  })

  it('SM-REPLICA-04 shows the day of its last read, if there was one', async () => {
    expect(await shown({}, CREATED)).toMatchObject({ LastAccessedDate: CREATED })
    expect(await shown({})).not.toHaveProperty('LastAccessedDate')
  })

  it('SM-REPLICA-01 of a request that was made a moment ago is InProgress', () => {
    const replicas = [{ region: AP, at: 1, force: true }, ...(primary.replication?.replicas ?? [])]
    expect(statusOfRequests(headIn(HOME, { replicas }))).toEqual([
      { Region: AP, KmsKeyId: 'alias/aws/secretsmanager', Status: 'InProgress' },
      { Region: EU, KmsKeyId: 'asked', Status: 'InProgress' },
    ])
  })

  it('is asked of nobody where there are no replicas', async () => {
    expect(await replicationStatus({ replication: {} } as never, headIn(HOME))).toEqual([])
    expect(statusOfRequests(headIn(HOME))).toEqual([])
  })
})
