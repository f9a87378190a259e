// First: it tells the handlers how to print.
import { Printed } from '../support/printed.ts'
import { policyAuthorizer } from '../../../lambda/auth/authorizer.ts'
import type { Principal } from '../../../lambda/auth/principal.ts'
import { rotationAdminHandler } from '../../../lambda/handlers/edge/rotation-admin-handler.ts'
import { ACCOUNT, makeCoffer, REGION, token, type Coffer } from '../../support/coffer.ts'
import { MemoryDirectory } from '../../support/memory-directory.ts'
import { functionArn } from '../../support/rotation-walk.ts'
import { IDENTITY, lambdaContext, proxyEvent } from '../support/proxy-event.ts'

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
  const caller = { principal: owner }
  secret = String((await coffer.call('CreateSecret', { Name: 'db', SecretString: 'v' }, caller)).ARN)
  const rotation = { SecretId: 'db', ClientRequestToken: token('t'), RotationLambdaARN: functionArn('f') }
  await coffer.call('RotateSecret', rotation, caller)
})
afterEach(() => {
  coffer.close()
  jest.restoreAllMocks()
})

async function call(path: string, caller: Principal, body: object) {
  const handler = rotationAdminHandler({
    compose: () => ({ services: coffer.services, account: ACCOUNT, region: REGION }),
  })
  const { account: accountId, arn: userArn, userId: user, accessKeyId: accessKey } = caller
  const identity = { ...IDENTITY, accountId, userArn, user, accessKey }
  const event = { ...proxyEvent({ identity, body }), resource: path, path }
  const { statusCode, body: answer } = await handler(event, lambdaContext)
  return { statusCode, answer: JSON.parse(answer) as Record<string, unknown> }
}

describe('the function that administers rotations', () => {
  it('answers by the path, for whom policies let', async () => {
    const operator = directory.user('operator', { allow: [{ Action: 'coffer:ShowRotation' }] })
    expect(await call('/_coffer/rotation/show', operator, { secret: 'db' })).toMatchObject({
      statusCode: 200,
      answer: { secret, running: { versionId: token('t') } },
    })
    expect(await call('/_coffer/rotation/abort', operator, { secret: 'db' })).toMatchObject({
      statusCode: 400,
      answer: { __type: 'AccessDeniedException', Message: expect.stringContaining('coffer:AbortRotation') as string },
    })
    expect(await call('/_coffer/rotation/abort', owner, { secret: 'db' })).toMatchObject({ statusCode: 200 })
    expect(await call('/_coffer/rotation/resume', owner, { secret: 'db' })).toMatchObject({
      statusCode: 400,
      answer: { __type: 'InvalidRequestException' },
    })
  })

  it('looks after its own Region alone', async () => {
    expect(await call('/_coffer/rotation/show', owner, { secret: 'db', region: 'eu-west-1' })).toMatchObject({
      statusCode: 400,
      answer: { __type: 'ValidationException' },
    })
  })

  it('knows no other path', async () => {
    expect(await call('/_coffer/rotation/delete', owner, { secret: 'db' })).toMatchObject({
      statusCode: 400,
      answer: { __type: 'UnknownOperationException' },
    })
  })
})
