import { policyAuthorizer } from '../../../lambda/auth/authorizer.ts'
import type { Principal } from '../../../lambda/auth/principal.ts'
import { explainHandler } from '../../../lambda/handlers/edge/explain-handler.ts'
import { ACCOUNT, makeCoffer, REGION, type Coffer } from '../../support/coffer.ts'
import { document, MemoryDirectory, type PolicyStatement } from '../../support/memory-directory.ts'
import { Printed } from '../support/printed.ts'
import { IDENTITY, lambdaContext, proxyEvent } from '../support/proxy-event.ts'

let directory: MemoryDirectory
let coffer: Coffer
let printed: Printed
let arn: string
beforeEach(async () => {
  printed = new Printed()
  directory = new MemoryDirectory()
  coffer = makeCoffer({ authorizer: policyAuthorizer(directory) })
  const principal = directory.user('owner', { allow: [{ Action: '*' }] })
  arn = String((await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v' }, { principal })).ARN)
})
afterEach(() => {
  coffer.close()
  jest.restoreAllMocks()
})

async function call(path: string, caller: Principal, body: object) {
  const handler = explainHandler({ compose: () => ({ services: coffer.services, account: ACCOUNT, region: REGION }) })
  const { account: accountId, arn: userArn, userId: user, accessKeyId: accessKey } = caller
  const identity = { ...IDENTITY, accountId, userArn, user, accessKey }
  const event = { ...proxyEvent({ identity, body }), resource: path, path }
  const { statusCode, body: answer } = await handler(event, lambdaContext)
  return { statusCode, answer: JSON.parse(answer) as Record<string, unknown> }
}

const asking = { action: 'secretsmanager:GetSecretValue', secret: 'a' }

describe('the function that explains', () => {
  it('answers whom policies allow coffer:ExplainAccess on the secret', async () => {
    const auditor = directory.user('auditor', {
      allow: [{ Action: 'coffer:ExplainAccess', Resource: `arn:aws:secretsmanager:*:*:secret:a-??????` }],
    })
    const principal = directory.user('nobody').arn
    expect(await call('/_coffer/explain', auditor, { ...asking, principal })).toMatchObject({
      statusCode: 200,
      answer: { principal, isAllowed: false, actions: [{ resource: arn, decision: { verdict: 'implicit-deny' } }] },
    })
    const { answer } = await call('/_coffer/who-can', auditor, asking)
    // That API Gateway has a say is said.
    expect(answer.notes).toEqual([expect.stringContaining('execute-api:Invoke')])
    expect(answer).toMatchObject({ resource: arn, allowed: [{ principal: expect.stringMatching(/owner$/) as string }] })
    expect(printed.metrics).toEqual([])
    expect((await call('/_coffer/who-can', auditor, { ...asking, secret: 'other' })).statusCode).toBe(400)
  })

  it.each(['/_coffer/explain', '/_coffer/who-can'])('%s is refused to everybody else', async (path) => {
    const reader = directory.user('reader', { allow: [{ Action: 'secretsmanager:*' }] })
    const far = directory.user('far', { account: '222222222222', allow: [{ Action: '*' }] })
    for (const caller of [reader, far])
      expect(await call(path, caller, { ...asking, principal: reader.arn })).toMatchObject({
        statusCode: 400,
        answer: { __type: 'AccessDeniedException', Message: expect.stringContaining('coffer:ExplainAccess') as string },
      })
  })

  it('a Deny in the policy of the secret counts, and an Allow opens it to no other account', async () => {
    const owner = directory.user('owner', { allow: [{ Action: '*' }] })
    const put = (statement: PolicyStatement) =>
      coffer.call('PutResourcePolicy', { SecretId: 'a', ResourcePolicy: document([statement]) }, { principal: owner })
    await put({ Effect: 'Deny', Principal: '*', Action: 'coffer:*' })
    expect((await call('/_coffer/who-can', owner, asking)).statusCode).toBe(400)
    await put({ Principal: { AWS: '222222222222' }, Action: 'coffer:*' })
    const far = directory.user('far', { account: '222222222222', allow: [{ Action: '*' }] })
    expect((await call('/_coffer/who-can', owner, asking)).statusCode).toBe(200)
    expect((await call('/_coffer/who-can', far, { ...asking, secret: arn })).statusCode).toBe(400)
  })

  it('tells what is wrong with a request', async () => {
    const owner = directory.user('owner', { allow: [{ Action: '*' }] })
    expect(await call('/_coffer/explain', owner, asking)).toMatchObject({
      statusCode: 400,
      answer: { __type: 'ValidationException' },
    })
    expect(await call('/_coffer/nothing', owner, asking)).toMatchObject({
      statusCode: 400,
      answer: { __type: 'UnknownOperationException' },
    })
  })
})
