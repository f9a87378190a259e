import { policyAuthorizer } from '../../lambda/auth/authorizer.ts'
import type { Principal } from '../../lambda/auth/principal.ts'
import { ServiceError } from '../../lambda/core/domain/errors.ts'
import { requireKeyAccess, type KeyAction } from '../../lambda/core/key-access.ts'
import type { KeyDescription } from '../../lambda/core/ports/key-service.ts'
import { ORIGIN } from '../support/coffer.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { document, MemoryDirectory, type PolicyStatement } from '../support/memory-directory.ts'
import { MemoryKeyService } from '../support/memory-key-service.ts'

const [OWN, OTHER] = ['123456789012', '222222222222']
const ROOT = `arn:aws:iam::${OWN}:root`
const context = {
  SecretARN: `arn:aws:secretsmanager:us-east-1:${OWN}:secret:app/db-AbCdEf`,
  SecretVersionId: '11111111-2222-4333-8444-555555555555',
}

let directory: MemoryDirectory
let keys: MemoryKeyService
let keyArn: string
beforeEach(() => {
  directory = new MemoryDirectory()
  keys = new MemoryKeyService()
  keyArn = keys.addKey('mine')
})

interface Use {
  readonly principal: Principal
  readonly actions?: readonly KeyAction[]
  readonly keyId?: string
  /** Of the place where keys are looked up. */
  readonly account?: string
}

async function ask({ principal, actions = ['kms:Decrypt'], keyId = keyArn, account = OWN }: Use): Promise<string> {
  const means = { keys, authorizer: policyAuthorizer(directory), clock: new ManualClock() }
  const scope = { account, region: 'us-east-1', principal, origin: ORIGIN }
  return requireKeyAccess(means, { keyId, actions, context, scope })
}

const refused = async (use: Use): Promise<ServiceError> => {
  const error: unknown = await ask(use).catch((thrown: unknown) => thrown)
  if (!(error instanceof ServiceError)) throw new Error('a ServiceError was expected', { cause: error })
  return error
}

/** For the outcome of one use of the key. */
async function outcome(use: Use): Promise<'allowed' | 'denied'> {
  try {
    expect(await ask(use)).toBe(keyArn)
    return 'allowed'
  } catch (error) {
    expect(error).toMatchObject({ code: 'AccessDeniedException', message: 'Access to KMS is not allowed' })
    return 'denied'
  }
}

const keyPolicy = (...statements: readonly PolicyStatement[]): void =>
  void keys.policies.set(keyArn, document(statements))
const delegated = { Principal: { AWS: ROOT }, Action: 'kms:*' }
const decrypt = { Action: 'kms:Decrypt' }
const when = (operator: string, key: string, value: unknown): PolicyStatement => ({
  Condition: { [operator]: { [key]: value } },
})

interface Case {
  readonly name: string
  readonly key: readonly PolicyStatement[]
  readonly identity: readonly PolicyStatement[]
  readonly boundary?: readonly PolicyStatement[]
  readonly expected: 'allowed' | 'denied'
}

const USER = { AWS: `arn:aws:iam::${OWN}:user/reader` }
const VIA = 'kms:ViaService'
const SERVICE = 'secretsmanager.us-east-1.amazonaws.com'

/** A condition on the key's delegating statement, and whether it is met. */
const conditions: readonly (readonly [string, string, unknown, boolean])[] = [
  ['StringEquals', VIA, SERVICE, true],
  ['StringEquals', VIA, 'secretsmanager.eu-west-1.amazonaws.com', false],
  ['StringNotEquals', VIA, SERVICE, false],
  ['StringEquals', 'kms:CallerAccount', OWN, true],
  ['StringEquals', 'kms:CallerAccount', OTHER, false],
  ['StringEquals', 'kms:EncryptionContext:SecretARN', context.SecretARN, true],
  ['StringEquals', 'kms:EncryptionContext:secretarn', context.SecretARN, true],
  ['StringLike', 'kms:EncryptionContext:SecretARN', `arn:aws:secretsmanager:us-east-1:${OWN}:secret:app/*`, true],
  ['StringLike', 'kms:EncryptionContext:SecretARN', `arn:aws:secretsmanager:us-east-1:${OWN}:secret:web/*`, false],
  ['StringEquals', 'kms:EncryptionContext:SecretVersionId', context.SecretVersionId, true],
  ['StringEquals', 'kms:EncryptionContext:Stage', 'prod', false],
  ['Null', 'kms:EncryptionContext:Stage', 'true', true],
  ['ForAllValues:StringEquals', 'kms:EncryptionContextKeys', ['SecretARN', 'SecretVersionId'], true],
  ['ForAllValues:StringEquals', 'kms:EncryptionContextKeys', ['SecretARN'], false],
  ['StringEquals', 'kms:EncryptionAlgorithm', 'SYMMETRIC_DEFAULT', true],
  ['StringEquals', 'kms:KeySpec', 'SYMMETRIC_DEFAULT', true],
  ['StringEquals', 'kms:KeyUsage', 'ENCRYPT_DECRYPT', true],
  ['StringEquals', 'kms:KeyOrigin', 'AWS_KMS', true],
  ['StringEquals', 'kms:KeyOrigin', 'EXTERNAL', false],
  ['Bool', 'kms:MultiRegion', 'false', true],
  ['Null', 'kms:MultiRegionKeyType', 'true', true],
  ['Null', 'kms:RequestAlias', 'true', true],
  ['Null', 'kms:GrantOperations', 'true', true],
  ['Null', 'kms:RecipientAttestation:ImageSha384', 'true', true],
  ['StringEquals', 'aws:ResourceTag/team', 'db', true],
  ['StringEquals', 'aws:ResourceTag/team', 'web', false],
  ['Null', 'aws:RequestTag/team', 'true', true],
  ['ForAnyValue:StringEquals', 'kms:ResourceAliases', 'alias/mine', true],
  ['ForAnyValue:StringEquals', 'kms:ResourceAliases', 'alias/other', false],
  ['Bool', 'aws:ViaAWSService', 'true', true],
  ['Bool', 'aws:ViaAWSService', 'false', false],
  ['ForAnyValue:StringEquals', 'aws:CalledVia', 'secretsmanager.amazonaws.com', true],
  ['StringEquals', 'aws:CalledViaFirst', 'secretsmanager.amazonaws.com', true],
  ['StringEquals', 'aws:ResourceAccount', OWN, true],
  ['IpAddress', 'aws:SourceIp', '192.0.2.0/24', true],
  ['IpAddress', 'aws:SourceIp', '198.51.100.0/24', false],
  ['StringEquals', 'kms:NobodyKnowsThis', 'x', false],
  ['StringNotEquals', 'kms:NobodyKnowsThis', 'x', false],
]

const cases: readonly Case[] = [
  {
    name: 'the key leaves it to the account, and the identity allows',
    key: [delegated],
    identity: [decrypt],
    expected: 'allowed',
  },
  {
    name: 'the key leaves it to the account, and the identity says nothing',
    key: [delegated],
    identity: [],
    expected: 'denied',
  },
  {
    name: 'the identity allows another action only',
    key: [delegated],
    identity: [{ Action: ['kms:Encrypt', 'secretsmanager:*'] }],
    expected: 'denied',
  },
  {
    name: 'the identity allows another key only',
    key: [delegated],
    identity: [{ ...decrypt, Resource: `arn:aws:kms:us-east-1:${OWN}:key/other` }],
    expected: 'denied',
  },
  { name: 'the key names the user', key: [{ Principal: USER, ...decrypt }], identity: [], expected: 'allowed' },
  {
    name: 'the key names another user, whatever the identity allows',
    key: [{ Principal: { AWS: `arn:aws:iam::${OWN}:user/other` }, ...decrypt }],
    identity: [{ Action: '*' }],
    expected: 'denied',
  },
  {
    name: 'the key leaves another action to the account',
    key: [{ Principal: { AWS: ROOT }, Action: 'kms:Encrypt' }],
    identity: [{ Action: '*' }],
    expected: 'denied',
  },
  {
    name: 'the key denies what it also allows',
    key: [delegated, { Effect: 'Deny', Principal: USER, ...decrypt }],
    identity: [decrypt],
    expected: 'denied',
  },
  {
    name: 'the identity denies what the key allows it by name',
    key: [{ Principal: USER, ...decrypt }],
    identity: [{ Effect: 'Deny', ...decrypt }],
    expected: 'denied',
  },
  {
    name: 'the boundary does not allow what the identity does',
    key: [delegated],
    identity: [decrypt],
    boundary: [{ Action: 'secretsmanager:*' }],
    expected: 'denied',
  },
  {
    name: 'a Deny depends on what nobody can see',
    key: [
      delegated,
      { Effect: 'Deny', Principal: USER, ...decrypt, ...when('StringEquals', 'kms:NobodyKnowsThis', 'x') },
    ],
    identity: [decrypt],
    expected: 'denied',
  },
  {
    name: 'the identity allows it through Secrets Manager',
    key: [delegated],
    identity: [{ ...decrypt, ...when('StringEquals', VIA, SERVICE) }],
    expected: 'allowed',
  },
  {
    name: 'the identity allows it through another service',
    key: [delegated],
    identity: [{ ...decrypt, ...when('StringEquals', VIA, 's3.us-east-1.amazonaws.com') }],
    expected: 'denied',
  },
  ...conditions.map(([operator, key, value, isMet]): Case => ({
    name: `the key leaves it to the account if ${operator} ${key} ${JSON.stringify(value)}`,
    key: [{ ...delegated, ...when(operator, key, value) }],
    identity: [decrypt],
    expected: isMet ? 'allowed' : 'denied',
  })),
]

describe("SM-KMS-05 the use of a customer's key", () => {
  beforeEach(() => {
    jest
      .spyOn(keys, 'describeKey')
      .mockImplementation(describedWith({ tags: [{ key: 'team', value: 'db' }], aliases: ['alias/mine'] }))
  })
  it.each(cases)('is $expected when $name', async ({ key, identity, boundary, expected }) => {
    keyPolicy(...key)
    const principal = directory.user('reader', { allow: identity, ...(boundary && { boundary }) })
    expect(await outcome({ principal })).toBe(expected)
  })
})

/** The key under test with other facts, under whatever name it is asked for. */
function describedWith(
  facts: Partial<KeyDescription>,
): (request: { readonly keyId: string }) => Promise<KeyDescription> {
  const { policies } = keys
  return async () => {
    const other = new MemoryKeyService()
    other.addKey('mine')
    for (const [arn, policy] of policies) other.policies.set(arn, policy)
    return { ...(await other.describeKey({ keyId: keyArn })), ...facts }
  }
}

describe('the decision on a key', () => {
  it('needs every action that is asked for', async () => {
    const principal = directory.user('writer', { allow: [{ Action: 'kms:GenerateDataKey' }] })
    expect(await outcome({ principal, actions: ['kms:GenerateDataKey'] })).toBe('allowed')
    expect(await outcome({ principal, actions: ['kms:GenerateDataKey', 'kms:Decrypt'] })).toBe('denied')
  })

  it('denies everything under a policy that cannot be read, with the reason for the log', async () => {
    keys.policies.set(keyArn, '{ "Statement": [ "s3cret text" ]')
    const principal = directory.user('admin', { allow: [{ Action: '*' }] })
    const { message, cause } = await refused({ principal })
    expect(message).toBe('Access to KMS is not allowed')
    expect(String(cause)).toContain(`key policy of ${keyArn} denies everything`)
    expect(String(cause)).not.toContain('s3cret')
  })

  it('gives the reason for the log: the statement, not what it says', async () => {
    keyPolicy(delegated, { Effect: 'Deny', Sid: 'NoReaders', Principal: USER, ...decrypt })
    const principal = directory.user('reader', { allow: [decrypt] })
    expect(String((await refused({ principal })).cause)).toContain('statement 2 (NoReaders) of the key policy of')
  })

  it('denies a principal whom nobody knows', async () => {
    keyPolicy({ Principal: '*', Action: 'kms:*' })
    const principal = { account: OWN, arn: USER.AWS, userId: 'AIDANOBODY', accessKeyId: 'AKIATEST' }
    expect(await outcome({ principal })).toBe('denied')
  })

  it('lets the root of the account in where the key leaves it to the account', async () => {
    const principal = { account: OWN, arn: ROOT, userId: OWN, accessKeyId: 'AKIATEST' }
    expect(await outcome({ principal })).toBe('allowed')
    keyPolicy({ Principal: USER, Action: 'kms:*' })
    expect(await outcome({ principal })).toBe('denied')
  })

  it.each([
    ['the user had the name', 'AIDAREADER', 'allowed'],
    ['another one had it', 'AIDABEFORE', 'denied'],
  ] as const)('knows whom the policy named: when it was attached, %s', async (_, id, expected) => {
    jest.spyOn(keys, 'describeKey').mockImplementation(describedWith({ principalIds: new Map([[USER.AWS, id]]) }))
    keyPolicy({ Principal: USER, ...decrypt })
    expect(await outcome({ principal: directory.user('reader', { uniqueId: 'AIDAREADER' }) })).toBe(expected)
  })

  it('is about the key that an alias stands for, and answers with its ARN', async () => {
    jest.spyOn(keys, 'describeKey').mockImplementation(describedWith({}))
    keyPolicy({ ...delegated, ...when('StringEquals', 'kms:RequestAlias', 'alias/mine') })
    const principal = directory.user('writer', { allow: [{ Action: 'kms:*' }] })
    for (const keyId of ['alias/mine', `arn:aws:kms:us-east-1:${OWN}:alias/mine`])
      expect(await outcome({ principal, keyId, actions: ['kms:GenerateDataKey'] })).toBe('allowed')
    expect(await outcome({ principal, keyId: 'alias/other', actions: ['kms:GenerateDataKey'] })).toBe('denied')
    // What is opened is named by the ARN that is stored with it.
    expect(await outcome({ principal, keyId: 'alias/mine', actions: ['kms:Decrypt'] })).toBe('denied')
  })

  it.each([
    ['StringEquals', 'aws:ResourceTag/team', 'db'],
    ['StringNotEquals', 'aws:ResourceTag/team', 'web'],
    ['Null', 'aws:ResourceTag/team', 'true'],
    ['ForAnyValue:StringEquals', 'kms:ResourceAliases', 'alias/mine'],
    ['StringEquals', 'kms:KeySpec', 'SYMMETRIC_DEFAULT'],
  ])('takes what it cannot see of a key for unknown: %s %s %s', async (operator, key, value) => {
    jest
      .spyOn(keys, 'describeKey')
      .mockImplementation(describedWith({ tags: undefined, aliases: undefined, keySpec: undefined }))
    const principal = directory.user('reader', { allow: [decrypt] })
    keyPolicy({ ...delegated, ...when(operator, key, value) })
    expect(await outcome({ principal })).toBe('denied')
    keyPolicy(delegated, { Effect: 'Deny', Principal: '*', ...decrypt, ...when(operator, key, value) })
    expect(await outcome({ principal })).toBe('denied')
  })
})

describe('a key that is not there', () => {
  const missing = `arn:aws:kms:us-east-1:${OWN}:key/gone`

  it.each([
    ['says nothing', []],
    ['allows another key', [{ ...decrypt, Resource: `arn:aws:kms:us-east-1:${OWN}:key/mine` }]],
    ['denies it', [decrypt, { Effect: 'Deny' as const, ...decrypt, Resource: missing }]],
  ])('is denied to a caller whose policy %s: nobody learns what there is', async (_, allow) => {
    const principal = directory.user('reader', { allow })
    expect(await refused({ principal, keyId: missing })).toMatchObject({ code: 'AccessDeniedException' })
  })

  it.each([missing, 'gone', 'alias/gone', `arn:aws:kms:us-east-1:${OWN}:alias/gone`])(
    'is told of, as %s, to a caller who may use any key',
    async (keyId) => {
      const principal = directory.user('admin', { allow: [decrypt] })
      await expect(ask({ principal, keyId })).rejects.toMatchObject({ name: 'KeyFailure', kind: 'unusable' })
    },
  )

  it('is denied to another account, whatever its policies allow', async () => {
    const principal = directory.user('foreigner', { account: OTHER, allow: [{ Action: '*' }] })
    expect(await refused({ principal, keyId: missing })).toMatchObject({ code: 'AccessDeniedException' })
  })

  it.each([`arn:aws:kms:us-east-1:${OTHER}:key/gone`, `arn:aws:kms:us-east-1:${OTHER}:alias/gone`])(
    'is denied as %s of another account as one is that is there, to whomever its own account is not',
    async (keyId) => {
      const there = keys.addKey('theirs', OTHER)
      const admin = directory.user('admin', { allow: [{ Action: '*' }] })
      const [refusal, other] = [
        await refused({ principal: admin, keyId }),
        await refused({ principal: admin, keyId: there }),
      ]
      expect([refusal.code, refusal.message]).toEqual([other.code, other.message])
      expect(refusal.code).toBe('AccessDeniedException')
      const owner = directory.user('owner', { account: OTHER, allow: [{ Action: '*' }] })
      await expect(ask({ principal: owner, keyId })).rejects.toMatchObject({ name: 'KeyFailure', kind: 'unusable' })
    },
  )

  it.each([
    ['key/*', 'told'],
    ['key/?*', 'told'],
    ['key/mine', 'denied'],
    ['key/g*', 'denied'],
    ['key/alias/*', 'denied'],
    ['alias/*', 'denied'],
  ])('behind an alias that leads nowhere: who may use %s is %s', async (resource, expected) => {
    const allow = [{ ...decrypt, Resource: `arn:aws:kms:us-east-1:${OWN}:${resource}` }]
    const principal = directory.user('reader', { allow })
    for (const keyId of ['alias/gone', `arn:aws:kms:us-east-1:${OWN}:alias/gone`])
      await expect(ask({ principal, keyId })).rejects.toMatchObject(
        expected === 'told' ? { name: 'KeyFailure' } : { code: 'AccessDeniedException' },
      )
  })
})

describe('SM-CROSS-02 a key of another account', () => {
  const foreigner = (allow: readonly PolicyStatement[]): Principal =>
    directory.user('foreigner', { account: OTHER, allow })
  const forAccount = { Principal: { AWS: OTHER }, ...decrypt }
  const forUser = { Principal: { AWS: `arn:aws:iam::${OTHER}:user/foreigner` }, ...decrypt }

  it.each([
    ['the account', forAccount, [decrypt], 'allowed'],
    ['the account, which does not pass it on', forAccount, [], 'denied'],
    ['the user', forUser, [decrypt], 'allowed'],
    ['the user, whose own policies do not allow it', forUser, [], 'denied'],
    ['its own account alone', delegated, [decrypt], 'denied'],
    ['a third account', { Principal: { AWS: '333333333333' }, ...decrypt }, [decrypt], 'denied'],
  ])('whose policy allows %s', async (_, statement, identity, expected) => {
    keyPolicy(delegated, statement)
    const principal = foreigner(identity)
    // Whether the secret is of the key's account or of the caller's.
    for (const account of [OWN, OTHER]) expect(await outcome({ principal, account })).toBe(expected)
  })

  it("knows the caller's account by kms:CallerAccount", async () => {
    keyPolicy({ Principal: { AWS: '*' }, ...decrypt, ...when('StringEquals', 'kms:CallerAccount', OTHER) })
    expect(await outcome({ principal: foreigner([decrypt]) })).toBe('allowed')
    expect(await outcome({ principal: directory.user('local', { allow: [decrypt] }) })).toBe('denied')
  })
})
