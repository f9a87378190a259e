import { policyAuthorizer } from '../../../lambda/auth/authorizer.ts'
import type { Principal } from '../../../lambda/auth/principal.ts'
import { explainAccess, operationOfAction, whoCan, type AccessSubject } from '../../../lambda/core/explain-access.ts'
import { makeCoffer, type Coffer, type Json } from '../../support/coffer.ts'
import { document, MemoryDirectory } from '../../support/memory-directory.ts'

let directory: MemoryDirectory
let coffer: Coffer
let owner: Principal
let arn: string

beforeEach(async () => {
  directory = new MemoryDirectory()
  coffer = makeCoffer({ authorizer: policyAuthorizer(directory) })
  owner = directory.user('owner', { allow: [{ Action: '*' }] })
  const made = await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v' }, { principal: owner })
  arn = String(made.ARN)
})
afterEach(() => coffer.close())

const subject = (more: Partial<AccessSubject> = {}): AccessSubject => ({
  action: 'GetSecretValue',
  secretId: 'a',
  home: { account: '123456789012', region: 'us-east-1' },
  given: {},
  ...more,
})
const put = (statements: Parameters<typeof document>[0], more: Json = {}): Promise<Json> =>
  coffer.call(
    'PutResourcePolicy',
    { SecretId: 'a', ResourcePolicy: document(statements), ...more },
    { principal: owner },
  )

describe('explainAccess', () => {
  it('names the statement that allows', async () => {
    const principal = directory.user('reader', {
      allow: [{ Action: 'kms:*' }, { Sid: 'Read', Action: 'secretsmanager:Get*' }],
    })
    const { isAllowed, actions } = await explainAccess(coffer.services, subject(), {
      principal: principal,
      isImagined: false,
    })
    expect(isAllowed).toBe(true)
    expect(actions).toMatchObject([
      {
        action: 'secretsmanager:GetSecretValue',
        resource: arn,
        decision: {
          verdict: 'allow',
          layer: 'identity',
          statement: { source: `policy of ${principal.arn}`, number: 2, sid: 'Read' },
        },
        statements: [{ number: 2, applies: true }],
      },
    ])
  })

  it('names the statement that denies, whatever else allows', async () => {
    await put([{ Sid: 'Keep', Effect: 'Deny', Principal: '*', Action: 'secretsmanager:GetSecretValue' }])
    const { isAllowed, actions } = await explainAccess(coffer.services, subject(), {
      principal: owner,
      isImagined: false,
    })
    expect(isAllowed).toBe(false)
    expect(actions[0]?.decision).toMatchObject({
      verdict: 'explicit-deny',
      layer: 'resource',
      statement: { source: `resource policy of ${arn}`, number: 1, sid: 'Keep' },
    })
  })

  it('says which kind of policy does not allow, and which condition fails', async () => {
    const Condition = { StringEquals: { 'aws:ResourceTag/team': 'red' } }
    const principal = directory.user('reader', { allow: [{ Action: 'secretsmanager:GetSecretValue', Condition }] })
    const { actions } = await explainAccess(coffer.services, subject(), { principal: principal, isImagined: false })
    expect(actions[0]).toMatchObject({
      decision: { verdict: 'implicit-deny', layer: 'identity' },
      statements: [
        {
          applies: false,
          conditions: [{ operator: 'StringEquals', key: 'aws:ResourceTag/team', outcome: false }],
        },
      ],
      dependsOn: [],
    })
  })

  it('says on which keys of a request the answer depends, and takes them when they are given', async () => {
    const Condition = {
      IpAddress: { 'aws:SourceIp': '192.0.2.0/24' },
      Bool: { 'aws:MultiFactorAuthPresent': 'true' },
    }
    const principal = directory.user('reader', { allow: [{ Action: 'secretsmanager:GetSecretValue', Condition }] })
    const without = await explainAccess(coffer.services, subject(), { principal: principal, isImagined: false })
    expect(without).toMatchObject({
      isAllowed: false,
      actions: [{ dependsOn: ['aws:SourceIp', 'aws:MultiFactorAuthPresent'] }],
    })
    const given = { 'aws:SourceIp': '192.0.2.7', 'AWS:MultiFactorAuthPresent': 'true' }
    expect(
      await explainAccess(coffer.services, subject({ given }), { principal: principal, isImagined: false }),
    ).toMatchObject({ isAllowed: true })
    const wrong = { ...given, 'aws:SourceIp': '198.51.100.1' }
    expect(
      await explainAccess(coffer.services, subject({ given: wrong }), { principal: principal, isImagined: false }),
    ).toMatchObject({
      isAllowed: false,
      actions: [{ dependsOn: [] }],
    })
  })

  it('comes to the same answer as the call itself', async () => {
    await put([{ Effect: 'Deny', Principal: { AWS: directory.user('out').arn }, Action: 'secretsmanager:*' }])
    const principals = [
      owner,
      directory.user('out', { allow: [{ Action: '*' }] }),
      directory.user('nobody'),
      directory.user('bound', { allow: [{ Action: '*' }], boundary: [{ Action: 'kms:*' }] }),
      directory.role('app/worker', { allow: [{ Action: 'secretsmanager:GetSecretValue', Resource: arn }] }),
      directory.user('far', { account: '222222222222', allow: [{ Action: '*' }] }),
    ]
    for (const principal of principals) {
      const call = coffer.call('GetSecretValue', { SecretId: arn }, { principal })
      const succeeded = await call.then(
        () => true,
        () => false,
      )
      const { isAllowed } = await explainAccess(coffer.services, subject({ secretId: arn }), {
        principal: principal,
        isImagined: false,
      })
      expect([principal.arn, isAllowed]).toEqual([principal.arn, succeeded])
    }
  })

  it("includes the customer's key that reading comes down to", async () => {
    const KmsKeyId = coffer.keys.addKey('mine')
    await coffer.call('CreateSecret', { Name: 'k', SecretString: 'v', KmsKeyId }, { principal: owner })
    const principal = directory.user('reader', { allow: [{ Action: 'secretsmanager:*' }] })
    const { isAllowed, actions } = await explainAccess(coffer.services, subject({ secretId: 'k' }), {
      principal: principal,
      isImagined: false,
    })
    expect(isAllowed).toBe(false)
    expect(actions).toMatchObject([
      { action: 'secretsmanager:GetSecretValue', decision: { verdict: 'allow' } },
      { action: 'kms:Decrypt', resource: KmsKeyId, decision: { verdict: 'implicit-deny' } },
    ])
  })

  it('says that the default key is closed to other accounts', async () => {
    await put([{ Principal: { AWS: '222222222222' }, Action: 'secretsmanager:*' }])
    const principal = directory.user('far', { account: '222222222222', allow: [{ Action: '*' }] })
    const explained = await explainAccess(coffer.services, subject({ secretId: arn }), {
      principal: principal,
      isImagined: false,
    })
    expect(explained).toMatchObject({ isAllowed: false, actions: [{ decision: { verdict: 'allow' } }] })
    expect(explained.notes).toEqual([expect.stringContaining('default key')])
  })

  it('asks what the call asks: for a batch its own action on all resources, and reading of each secret', async () => {
    const Resource = arn
    const principal = directory.user('reader', { allow: [{ Action: 'secretsmanager:*', Resource }] })
    const asked = { principal, isImagined: false }
    const { isAllowed, actions } = await explainAccess(
      coffer.services,
      subject({ action: 'BatchGetSecretValue' }),
      asked,
    )
    expect(isAllowed).toBe(false)
    expect(actions.map(({ action, resource, decision }) => [action, resource, decision.verdict])).toEqual([
      ['secretsmanager:BatchGetSecretValue', '*', 'implicit-deny'],
      ['secretsmanager:GetSecretValue', arn, 'allow'],
    ])
  })

  it('asks for what an action needs beside itself', async () => {
    const principal = directory.user('checker', { allow: [{ Action: 'secretsmanager:ValidateResourcePolicy' }] })
    const asked = { principal, isImagined: false }
    const { isAllowed, actions } = await explainAccess(
      coffer.services,
      subject({ action: 'ValidateResourcePolicy' }),
      asked,
    )
    expect(isAllowed).toBe(false)
    expect(actions[1]).toMatchObject({
      action: 'secretsmanager:PutResourcePolicy',
      decision: { verdict: 'implicit-deny' },
    })
  })

  it('says that a secret is scheduled for deletion, for actions that refuse it then', async () => {
    await coffer.call('DeleteSecret', { SecretId: 'a' }, { principal: owner })
    const asked = { principal: owner, isImagined: false }
    expect(await explainAccess(coffer.services, subject(), asked)).toMatchObject({
      isAllowed: false,
      notes: ['The secret is scheduled for deletion.'],
    })
    const restoring = await explainAccess(coffer.services, subject({ action: 'RestoreSecret' }), asked)
    expect(restoring.isAllowed).toBe(true)
  })

  it('does not know the name of a session that is only imagined', async () => {
    const principal = directory.role('worker', {
      allow: [
        { Action: '*' },
        { Effect: 'Deny', Action: '*', Condition: { StringNotLike: { 'aws:userid': '*:session' } } },
      ],
    })
    expect(await explainAccess(coffer.services, subject(), { principal, isImagined: false })).toMatchObject({
      isAllowed: true,
    })
    expect(await explainAccess(coffer.services, subject(), { principal, isImagined: true })).toMatchObject({
      isAllowed: false,
      actions: [{ dependsOn: ['aws:userid'] }],
      notes: [expect.stringContaining('It is a role')],
    })
  })

  it('says that there is no such secret, and what policies say of its name', async () => {
    const explained = await explainAccess(coffer.services, subject({ secretId: 'missing' }), {
      principal: owner,
      isImagined: false,
    })
    expect(explained).toMatchObject({
      isAllowed: true,
      actions: [{ resource: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:missing' }],
      notes: [expect.stringContaining('There is no secret missing')],
    })
  })

  it('knows actions in any case, with and without the service, and no others', () => {
    expect(
      ['secretsmanager:getsecretvalue', 'GetSecretValue', 'kms:Decrypt', 'nothing'].map(operationOfAction),
    ).toEqual(['GetSecretValue', 'GetSecretValue', undefined, undefined])
  })
})

describe('whoCan', () => {
  it('lists every known principal that can, those for whom it depends, and those named that nobody knows here', async () => {
    directory.user('nobody')
    const reader = directory.user('reader', { allow: [{ Action: 'secretsmanager:GetSecretValue' }] })
    const atHome = directory.user('at-home', {
      allow: [{ Action: 'secretsmanager:*', Condition: { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } } }],
    })
    const named = directory.user('named')
    await put([
      { Principal: { AWS: [named.arn, '222222222222'] }, Action: 'secretsmanager:GetSecretValue' },
      { Principal: { Service: 'lambda.amazonaws.com' }, Action: 'secretsmanager:GetSecretValue' },
    ])
    const answer = await whoCan(coffer.services, subject())
    expect(answer.allowed.map(({ principal }) => principal)).toEqual([owner.arn, reader.arn, named.arn])
    expect(answer.depends.map(({ principal }) => principal)).toEqual([atHome.arn])
    expect(answer.alsoNamed).toEqual(['222222222222', 'lambda.amazonaws.com'])
    expect(answer).toMatchObject({ resource: arn, considered: 5 })
  })
})
