// First: it tells the handlers how to print.
import { Printed } from '../support/printed.ts'
import { policyAuthorizer } from '../../../lambda/auth/authorizer.ts'
import type { Principal } from '../../../lambda/auth/principal.ts'
import { replicationAdminHandler } from '../../../lambda/handlers/edge/replication-admin-handler.ts'
import { ACCOUNT, makeCoffer, REGION, REGIONS, type Coffer } from '../../support/coffer.ts'
import { MemoryDirectory } from '../../support/memory-directory.ts'
import { IDENTITY, lambdaContext, proxyEvent } from '../support/proxy-event.ts'

const there = REGIONS[1]!

let directory: MemoryDirectory
let coffer: Coffer
let owner: Principal
let secret: string
beforeEach(async () => {
  // Silences the log.
  new Printed()
  directory = new MemoryDirectory()
  coffer = makeCoffer({ authorizer: policyAuthorizer(directory) })
  owner = directory.user('owner', { allow: [{ Action: '*' }] })
  const request = { Name: 'db', SecretString: 'v', AddReplicaRegions: [{ Region: there }] }
  secret = String((await coffer.call('CreateSecret', request, { principal: owner })).ARN)
})
afterEach(() => {
  coffer.close()
  jest.restoreAllMocks()
})

/** @param region that the function is in */
async function call(path: string, caller: Principal, body: object, region = REGION) {
  const handler = replicationAdminHandler({ compose: () => ({ services: coffer.services, account: ACCOUNT, region }) })
  const { account: accountId, arn: userArn, userId: user, accessKeyId: accessKey } = caller
  const identity = { ...IDENTITY, accountId, userArn, user, accessKey }
  const event = { ...proxyEvent({ identity, body }), resource: path, path }
  const { statusCode, body: answer } = await handler(event, lambdaContext)
  return { statusCode, answer: JSON.parse(answer) as Record<string, unknown> }
}

describe('the function that administers replication', () => {
  it('answers by the path, for whom policies let', async () => {
    const operator = directory.user('operator', { allow: [{ Action: 'coffer:ShowReplication' }] })
    expect(await call('/_coffer/replication/status', operator, { secret: 'db' })).toMatchObject({
      statusCode: 200,
      answer: { secret, role: 'primary', replicas: [{ region: there, status: 'InProgress' }] },
    })
    expect(await call('/_coffer/replication/reprimary', operator, { secret: 'db', to: there })).toMatchObject({
      statusCode: 400,
      answer: {
        __type: 'AccessDeniedException',
        Message: expect.stringContaining('coffer:ReprimaryReplication') as string,
      },
    })
    const refused = await call('/_coffer/replication/reprimary', owner, { secret: 'db', to: there })
    expect(refused).toMatchObject({ statusCode: 400, answer: { __type: 'InvalidRequestException' } })
  })

  it('says in the Region of a copy whether it will work', async () => {
    const checks = [
      { check: 'region', isFine: true },
      { check: 'name', isFine: true },
      { check: 'key', isFine: true },
    ]
    expect(await call('/_coffer/replication/preflight', owner, { secret, region: there }, there)).toMatchObject({
      statusCode: 200,
      answer: { region: there, isFine: true, checks },
    })
    expect(await call('/_coffer/replication/preflight', owner, { secret: 'db' })).toMatchObject({
      statusCode: 200,
      answer: { isFine: false, checks: [{}, { check: 'name', isFine: false }, {}] },
    })
  })

  it('looks after its own Region alone', async () => {
    const elsewhere = { secret: 'db', region: there }
    for (const path of ['status', 'preflight', 'reprimary'])
      expect(await call(`/_coffer/replication/${path}`, owner, { ...elsewhere, to: REGION })).toMatchObject({
        statusCode: 400,
        answer: { __type: 'ValidationException' },
      })
  })

  it('knows no other path', async () => {
    expect(await call('/_coffer/replication/delete', owner, { secret: 'db' })).toMatchObject({
      statusCode: 400,
      answer: { __type: 'UnknownOperationException' },
    })
  })
})
