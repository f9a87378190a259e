import type { Replication } from '../../../lambda/core/domain/replication.ts'
import type { SecretHead } from '../../../lambda/core/domain/secret.ts'
import { operations } from '../../../lambda/core/operations/index.ts'
import { policyAuthorizer } from '../../../lambda/auth/authorizer.ts'
import type { OperationName } from '../../../lambda/core/model/secrets-manager.types.generated.ts'
import { ApiError, makeCoffer, token, type Coffer, type Json } from '../../support/coffer.ts'
import { document, MemoryDirectory } from '../../support/memory-directory.ts'

const POLICY = document([{ Principal: { AWS: '123456789012' }, Action: 'secretsmanager:DescribeSecret' }])

/** A call of each operation that succeeds when it is allowed; a new operation has to join. */
const calls: Readonly<Record<string, Json>> = {
  BatchGetSecretValue: { SecretIdList: ['a'] },
  CancelRotateSecret: { SecretId: 'a' },
  CreateSecret: { Name: 'new', SecretString: 'v' },
  DeleteResourcePolicy: { SecretId: 'a' },
  DeleteSecret: { SecretId: 'a' },
  DescribeSecret: { SecretId: 'a' },
  GetRandomPassword: {},
  GetResourcePolicy: { SecretId: 'a' },
  GetSecretValue: { SecretId: 'a' },
  ListSecretVersionIds: { SecretId: 'a' },
  ListSecrets: {},
  PutResourcePolicy: { SecretId: 'a', ResourcePolicy: POLICY },
  PutSecretValue: { SecretId: 'a', SecretString: 'w' },
  RemoveRegionsFromReplication: { SecretId: 'a', RemoveReplicaRegions: ['eu-west-1'] },
  ReplicateSecretToRegions: { SecretId: 'a', AddReplicaRegions: [{ Region: 'eu-west-1' }] },
  RestoreSecret: { SecretId: 'a' },
  // Its own, which takes no permission on a function.
  RotateSecret: {
    SecretId: 'a',
    RotationLambdaARN: 'arn:aws:lambda:us-east-1:123456789012:function:coffer-managed-rotation',
  },
  StopReplicationToReplica: { SecretId: 'a' },
  TagResource: { SecretId: 'a', Tags: [{ Key: 'k', Value: 'v' }] },
  UntagResource: { SecretId: 'a', TagKeys: ['k'] },
  UpdateSecret: { SecretId: 'a', Description: 'd' },
  UpdateSecretVersionStage: { SecretId: 'a', VersionStage: 'S', MoveToVersionId: token('v1') },
  ValidateResourcePolicy: { SecretId: 'a', ResourcePolicy: POLICY },
}

/** Actions that an operation needs beside its own. */
const also: Partial<Record<OperationName, readonly string[]>> = { ValidateResourcePolicy: ['PutResourcePolicy'] }
/** What the secret has to be for an operation to have something to do. */
const replicated: Partial<Record<OperationName, Replication>> = {
  RemoveRegionsFromReplication: { replicas: [{ region: 'eu-west-1', at: 1, force: false }] },
  StopReplicationToReplica: { source: { region: 'eu-west-1', stamp: { born: 1, revision: 1 } } },
}
const withoutResource = ['BatchGetSecretValue', 'GetRandomPassword', 'ListSecrets']
const names = Object.keys(operations) as OperationName[]

let directory: MemoryDirectory
let coffer: Coffer
let arn: string

beforeEach(async () => {
  directory = new MemoryDirectory()
  coffer = makeCoffer({ authorizer: policyAuthorizer(directory) })
  const principal = directory.user('owner', { allow: [{ Action: '*' }] })
  arn = String(
    (
      await coffer.call(
        'CreateSecret',
        { Name: 'a', SecretString: 'v', ClientRequestToken: token('v1') },
        { principal },
      )
    ).ARN,
  )
  // CancelRotateSecret has something to do.
  await change({ rotation: { isEnabled: true, base: 0, runs: 0 } })
})
afterEach(() => coffer.close())

async function change(members: Partial<SecretHead>): Promise<void> {
  const { head } = (await coffer.store.load({ account: '123456789012', region: 'us-east-1', name: 'a' }))!
  await coffer.store.commit({ head: { ...head, ...members, revision: head.revision + 1 }, put: [], drop: [] })
}

async function prepare(name: OperationName): Promise<void> {
  const replication = replicated[name]
  if (replication) await change({ replication })
}

const attempt = (name: OperationName, principal: ReturnType<MemoryDirectory['user']>): Promise<Json> =>
  coffer.call(name, calls[name], { principal })

describe('every operation of the table', () => {
  it('has a call in this suite', () => {
    expect(Object.keys(calls).sort()).toEqual([...names].sort())
  })

  it.each(names)('%s is refused to a caller without any permission, and changes nothing', async (name) => {
    await prepare(name)
    const before = await coffer.store.load({ account: '123456789012', region: 'us-east-1', name: 'a' })
    const on = withoutResource.includes(name) ? '' : ` on resource: ${name === 'CreateSecret' ? 'new' : arn}`
    await expect(attempt(name, directory.user('nobody'))).rejects.toMatchObject({
      status: 400,
      code: 'AccessDeniedException',
      message: `User: arn:aws:iam::123456789012:user/nobody is not authorized to perform: secretsmanager:${name}${on} because no identity-based policy allows the secretsmanager:${name} action`,
    })
    expect(await coffer.store.load({ account: '123456789012', region: 'us-east-1', name: 'a' })).toEqual(before)
  })

  it.each(names)('%s is refused to a caller who may do everything else', async (name) => {
    await prepare(name)
    const principal = directory.user('some', { allow: [{ NotAction: `secretsmanager:${name}` }] })
    await expect(attempt(name, principal)).rejects.toMatchObject({ code: 'AccessDeniedException' })
  })

  it.each(names)('%s succeeds for a caller with exactly its permission', async (name) => {
    await prepare(name)
    const actions = [name, ...(also[name] ?? [])].map((action) => `secretsmanager:${action}`)
    // What tags must not take away is kept as well (SM-TAG-05); the policy that is put must leave the caller a way back.
    const allow = [{ Action: actions }]
    const answer = await attempt(name, directory.user('exact', { allow }))
    if (name === 'BatchGetSecretValue')
      expect(answer.Errors).toMatchObject([{ SecretId: 'a', ErrorCode: 'AccessDeniedException' }])
  })

  it.each(names.filter((name) => !withoutResource.includes(name)))(
    '%s needs its permission on this very secret',
    async (name) => {
      await prepare(name)
      const actions = [name, ...(also[name] ?? [])].map((action) => `secretsmanager:${action}`)
      const Resource = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:other-*'
      const principal = directory.user('other', { allow: [{ Action: actions, Resource }] })
      await expect(attempt(name, principal)).rejects.toMatchObject({ code: 'AccessDeniedException' })
    },
  )

  it.each(withoutResource as OperationName[])(
    'SM-BATCH-04 %s is allowed on all resources or not at all',
    async (name) => {
      const Resource = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:*'
      const principal = directory.user('other', { allow: [{ Action: `secretsmanager:${name}`, Resource }] })
      await expect(attempt(name, principal)).rejects.toMatchObject({ code: 'AccessDeniedException' })
    },
  )
})

describe('dependent permissions', () => {
  it.each([
    ['tags', { Tags: [{ Key: 'k', Value: 'v' }] }, 'TagResource'],
    ['replicas', { AddReplicaRegions: [{ Region: 'us-west-2' }] }, 'ReplicateSecretToRegions'],
  ])('SM-ACCESS-04 CreateSecret with %s needs that permission too', async (_, members, action) => {
    const principal = directory.user('maker', { allow: [{ Action: 'secretsmanager:CreateSecret' }] })
    await expect(coffer.call('CreateSecret', { Name: 'n', ...members }, { principal })).rejects.toMatchObject({
      message: expect.stringContaining(`is not authorized to perform: secretsmanager:${action} on resource: n because`),
    })
  })

  it('CreateSecret with an empty list of tags needs none', async () => {
    const principal = directory.user('maker', { allow: [{ Action: 'secretsmanager:CreateSecret' }] })
    await coffer.call('CreateSecret', { Name: 'n', Tags: [] }, { principal })
  })

  it('BatchGetSecretValue with filters needs ListSecrets', async () => {
    const Action = ['secretsmanager:BatchGetSecretValue', 'secretsmanager:GetSecretValue']
    const principal = directory.user('batch', { allow: [{ Action }] })
    const input = { Filters: [{ Key: 'name', Values: ['a'] }] }
    await expect(coffer.call('BatchGetSecretValue', input, { principal })).rejects.toMatchObject({
      message:
        'User: arn:aws:iam::123456789012:user/batch is not authorized to perform: secretsmanager:ListSecrets because no identity-based policy allows the secretsmanager:ListSecrets action',
    })
    const lister = directory.user('lister', { allow: [{ Action: [...Action, 'secretsmanager:ListSecrets'] }] })
    expect((await coffer.call('BatchGetSecretValue', input, { principal: lister })).SecretValues).toHaveLength(1)
  })

  it('BatchGetSecretValue reports each secret that the caller may not read beside those that they may', async () => {
    const owner = directory.user('owner', { allow: [{ Action: '*' }] })
    await coffer.call('CreateSecret', { Name: 'b', SecretString: 'w' }, { principal: owner })
    const allow = [
      { Action: 'secretsmanager:BatchGetSecretValue' },
      { Action: 'secretsmanager:GetSecretValue', Resource: `${arn.slice(0, -7)}-??????` },
    ]
    const principal = directory.user('half', { allow })
    const answer = await coffer.call('BatchGetSecretValue', { SecretIdList: ['a', 'b', 'c'] }, { principal })
    expect(answer.SecretValues).toMatchObject([{ Name: 'a', SecretString: 'v' }])
    expect(answer.Errors).toMatchObject([
      {
        SecretId: 'b',
        ErrorCode: 'AccessDeniedException',
        Message: expect.stringMatching(/on resource: arn:.*:secret:b-/),
      },
      { SecretId: 'c', ErrorCode: 'AccessDeniedException', Message: expect.stringContaining('on resource: c because') },
    ])
  })
})

describe('what a secret is called in a policy', () => {
  it('SM-ACCESS-03 a secret that does not exist is refused like any other to a caller without permission', async () => {
    const principal = directory.user('nobody')
    const refused = (SecretId: string) =>
      coffer.call('GetSecretValue', { SecretId }, { principal }).catch((error: unknown) => error as ApiError)
    const [existing, missing] = await Promise.all([refused('a'), refused('missing')])
    expect([existing, missing]).toMatchObject([{ code: 'AccessDeniedException' }, { code: 'AccessDeniedException' }])
  })

  it('a secret that does not exist is not found for a caller who may read it', async () => {
    const principal = directory.user('reader', { allow: [{ Action: 'secretsmanager:GetSecretValue' }] })
    await expect(coffer.call('GetSecretValue', { SecretId: 'missing' }, { principal })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    })
  })

  it.each([
    ['its name', () => 'a'],
    ['its full ARN', () => arn],
    ['its partial ARN', () => arn.slice(0, -7)],
  ])('a secret named by %s is compared by its full ARN', async (_, secretId) => {
    const allow = [{ Action: 'secretsmanager:GetSecretValue', Resource: `${arn.slice(0, -7)}-??????` }]
    const principal = directory.user('reader', { allow })
    expect(await coffer.call('GetSecretValue', { SecretId: secretId() }, { principal })).toMatchObject({
      SecretString: 'v',
    })
  })

  it('CreateSecret is decided by the name alone, also when the name is taken', async () => {
    const allow = [{ Action: 'secretsmanager:CreateSecret', Resource: arn }]
    const principal = directory.user('maker', { allow })
    await expect(coffer.call('CreateSecret', { Name: 'a' }, { principal })).rejects.toMatchObject({
      code: 'AccessDeniedException',
      message: expect.stringContaining('on resource: a because'),
    })
  })
})

describe('CreateSecret under a name that is taken', () => {
  const maker = (more: Parameters<MemoryDirectory['user']>[1]) =>
    directory.user('maker', { allow: [{ Action: 'secretsmanager:CreateSecret' }, ...(more?.allow ?? [])] })
  const guess = (SecretString: string, principal = maker({})) =>
    coffer.call('CreateSecret', { Name: 'a', SecretString, ClientRequestToken: token('v1') }, { principal })

  it('answers a retry of its creation', async () => {
    expect(await guess('v')).toMatchObject({ Name: 'a', VersionId: token('v1') })
    await expect(guess('w')).rejects.toMatchObject({ code: 'ResourceExistsException' })
  })

  it('tells nothing to whom the secret is forbidden by its ARN', async () => {
    const principal = maker({ allow: [{ Effect: 'Deny', Action: '*', Resource: arn }] })
    for (const value of ['v', 'w'])
      await expect(guess(value, principal)).rejects.toMatchObject({ code: 'AccessDeniedException' })
  })

  it('tells nothing to whom it is forbidden by its policy', async () => {
    const principal = maker({})
    const ResourcePolicy = document([{ Effect: 'Deny', Principal: { AWS: principal.arn }, Action: 'secretsmanager:*' }])
    const owner = directory.user('owner', { allow: [{ Action: '*' }] })
    await coffer.call('PutResourcePolicy', { SecretId: 'a', ResourcePolicy }, { principal: owner })
    for (const value of ['v', 'w'])
      await expect(guess(value, principal)).rejects.toMatchObject({ code: 'AccessDeniedException' })
  })
})

describe('condition keys of requests', () => {
  const cases: readonly (readonly [OperationName, string, string, Json, Json])[] = [
    ['CreateSecret', 'Name', 'app/*', { Name: 'app/x' }, { Name: 'x' }],
    ['CreateSecret', 'Description', 'ok', { Name: 'x', Description: 'ok' }, { Name: 'x', Description: 'no' }],
    ['CreateSecret', 'Name', 'app/*', { Name: 'app/y' }, { Name: 'APP/y' }],
    ['GetSecretValue', 'VersionStage', 'AWSCURRENT', { SecretId: 'a', VersionStage: 'AWSCURRENT' }, { SecretId: 'a' }],
    ['DeleteSecret', 'RecoveryWindowInDays', '7', { SecretId: 'a', RecoveryWindowInDays: 7 }, { SecretId: 'a' }],
    [
      'DeleteSecret',
      'ForceDeleteWithoutRecovery',
      'false',
      { SecretId: 'a', ForceDeleteWithoutRecovery: false },
      { SecretId: 'a', ForceDeleteWithoutRecovery: true },
    ],
    [
      'UpdateSecretVersionStage',
      'VersionStage',
      'S',
      { SecretId: 'a', VersionStage: 'S', MoveToVersionId: token('v1') },
      { SecretId: 'a', VersionStage: 'T', MoveToVersionId: token('v1') },
    ],
    [
      'PutResourcePolicy',
      'BlockPublicPolicy',
      'true',
      { SecretId: 'a', ResourcePolicy: POLICY, BlockPublicPolicy: true },
      { SecretId: 'a', ResourcePolicy: POLICY },
    ],
    ['UpdateSecret', 'Description', 'ok', { SecretId: 'a', Description: 'ok' }, { SecretId: 'a', Description: 'no' }],
  ]

  it.each(cases)('%s may be limited by secretsmanager:%s', async (name, key, wanted, allowed, refused) => {
    const Condition = { StringLike: { [`secretsmanager:${key}`]: wanted } }
    const principal = directory.user('limited', {
      allow: [
        { Action: `secretsmanager:${name}`, Condition },
        { Action: 'secretsmanager:PutResourcePolicy', Condition },
      ],
    })
    await expect(coffer.call(name, refused, { principal })).rejects.toMatchObject({ code: 'AccessDeniedException' })
    await coffer.call(name, allowed, { principal })
  })

  it.each([
    ['the ARN of a key', 'arn:aws:kms:us-east-1:123456789012:key/mine', true],
    ['a key id', 'mine', true],
    ['another key', 'other', false],
    ['an alias, which may stand for any key', 'alias/mine', false],
    ['the service key, by its alias', 'alias/aws/secretsmanager', false],
    ['the service key, by an empty text', '', false],
  ])('secretsmanager:KmsKeyArn is compared with %s', async (_, KmsKeyId, isAllowed) => {
    coffer.keys.addKey('mine')
    coffer.keys.addKey('other')
    const Condition = { ArnEquals: { 'secretsmanager:KmsKeyArn': 'arn:aws:kms:us-east-1:123456789012:key/mine' } }
    const allow = [{ Action: 'secretsmanager:CreateSecret', Condition }, { Action: 'kms:*' }]
    const principal = directory.user('keyed', { allow })
    const code = await coffer.call('CreateSecret', { Name: 'k', KmsKeyId }, { principal }).then(
      () => undefined,
      (error: unknown) => (error instanceof ApiError ? error.code : 'another error'),
    )
    expect(code === 'AccessDeniedException').toBe(!isAllowed)
  })

  it.each([
    ['SecretId', () => `${arn.slice(0, -8)}*`],
    ['SecretPrimaryRegion', () => 'us-east-1'],
  ])('secretsmanager:%s is of the secret', async (key, value) => {
    const Condition = { StringLike: { [`secretsmanager:${key}`]: value() } }
    const principal = directory.user('reader', { allow: [{ Action: 'secretsmanager:*', Condition }] })
    await coffer.call('GetSecretValue', { SecretId: 'a' }, { principal })
    // A secret that is yet to be made has neither.
    await expect(coffer.call('CreateSecret', { Name: 'a-z' }, { principal })).rejects.toMatchObject({
      code: 'AccessDeniedException',
    })
  })

  it('SM-ACCESS-02 a key of the service that the request does not carry is absent, one that the service does not have is unknown', async () => {
    const deny = (key: string) =>
      directory.user('denied', {
        allow: [{ Action: '*' }, { Effect: 'Deny', Action: '*', Condition: { StringEquals: { [key]: 'x' } } }],
      })
    await coffer.call('GetSecretValue', { SecretId: 'a' }, { principal: deny('secretsmanager:VersionStage') })
    await expect(
      coffer.call('GetSecretValue', { SecretId: 'a' }, { principal: deny('secretsmanager:NoSuchKey') }),
    ).rejects.toMatchObject({
      message: expect.stringContaining('with an explicit deny in an identity-based policy'),
    })
  })
})
