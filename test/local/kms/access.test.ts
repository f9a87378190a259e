import { policyAuthorizer } from '../../../lambda/auth/authorizer.ts'
import type { Principal } from '../../../lambda/auth/principal.ts'
import { kmsService } from '../../../local/kms/kms-service.ts'
import type { OperationName } from '../../../local/kms/model/kms.types.generated.ts'
import { operations } from '../../../local/kms/operations.ts'
import { entropy, keyringFixture, place, type KeyringFixture } from '../../support/keyring-fixture.ts'
import { document, MemoryDirectory, type PolicyStatement } from '../../support/memory-directory.ts'

const { account: OWN } = place
const OTHER = '999988887777'
const ROOT = `arn:aws:iam::${OWN}:root`

type Json = Readonly<Record<string, unknown>>

interface Answer {
  readonly status: number
  readonly code: unknown
  readonly message: string
  readonly json: Json
  readonly reason: string | undefined
}

let fixture: KeyringFixture
let directory: MemoryDirectory
let admin: Principal
let call: (principal: Principal, operation: string, input?: object, region?: string) => Promise<Answer>
let id: string
let arn: string
let blob: string

beforeEach(async () => {
  fixture = await keyringFixture()
  directory = new MemoryDirectory()
  const { keyring, clock } = fixture
  call = async (principal, operation, input = {}, region = place.region) => {
    const service = kmsService({ keyring, clock, entropy, authorizer: policyAuthorizer(directory) })
    const { status, body, report } = await service({
      method: 'POST',
      target: `TrentService.${operation}`,
      contentType: 'application/x-amz-json-1.1',
      body: Buffer.from(JSON.stringify(input)),
      principal,
      region,
      origin: { receivedAt: 0, isSecure: true },
      requestId: 'request',
    })
    const json = (body === '' ? {} : JSON.parse(body)) as Json
    return { status, code: json.__type, message: String(json.message), json, reason: report.reason }
  }
  admin = user([{ Action: '*' }], 'admin')
  ;({ id, arn } = await createKey({ MultiRegion: true }))
  await done(admin, 'CreateAlias', { AliasName: 'alias/app', TargetKeyId: id })
  blob = String((await done(admin, 'Encrypt', { KeyId: id, Plaintext: 'aGVsbG8=' })).CiphertextBlob)
})
afterEach(() => fixture.database.close())

function user(allow: readonly PolicyStatement[], name = 'dev', account = OWN): Principal {
  return directory.user(name, { account, allow })
}

async function done(principal: Principal, operation: OperationName, input: object = {}): Promise<Json> {
  const { status, json, message } = await call(principal, operation, input)
  expect([operation, status, message]).toEqual([operation, 200, 'undefined'])
  return json
}

async function createKey(input: object = {}): Promise<{ id: string; arn: string }> {
  const { KeyMetadata } = await done(admin, 'CreateKey', input)
  const { KeyId, Arn } = KeyMetadata as { KeyId: string; Arn: string }
  return { id: KeyId, arn: Arn }
}

const keyPolicy = (...statements: readonly PolicyStatement[]): Promise<void> =>
  fixture.keyring.setPolicy(fixture.keyring.resolve(place, id), { text: document(statements), principals: [] })
const delegated: PolicyStatement = { Principal: { AWS: ROOT }, Action: 'kms:*' }
const encrypt = () => ({ KeyId: id, Plaintext: 'aGk=' })

/** A call of every operation that would be carried out for an admin, and the actions that it takes. */
const calls: Readonly<Record<OperationName, { input: () => object; needs?: readonly string[] }>> = {
  CreateKey: { input: () => ({ Tags: [{ TagKey: 'a', TagValue: 'b' }] }), needs: ['CreateKey', 'TagResource'] },
  ReplicateKey: { input: () => ({ KeyId: id, ReplicaRegion: 'eu-west-1' }), needs: ['ReplicateKey', 'CreateKey'] },
  DescribeKey: { input: () => ({ KeyId: 'alias/app' }) },
  ListKeys: { input: () => ({}) },
  EnableKey: { input: () => ({ KeyId: id }) },
  DisableKey: { input: () => ({ KeyId: id }) },
  ScheduleKeyDeletion: { input: () => ({ KeyId: id }) },
  CancelKeyDeletion: { input: () => ({ KeyId: id }) },
  CreateAlias: { input: () => ({ AliasName: 'alias/new', TargetKeyId: id }) },
  UpdateAlias: { input: () => ({ AliasName: 'alias/app', TargetKeyId: id }) },
  DeleteAlias: { input: () => ({ AliasName: 'alias/app' }) },
  ListAliases: { input: () => ({}) },
  GetKeyPolicy: { input: () => ({ KeyId: id }) },
  PutKeyPolicy: { input: () => ({ KeyId: id, Policy: document([delegated]) }) },
  TagResource: { input: () => ({ KeyId: id, Tags: [{ TagKey: 'a', TagValue: 'b' }] }) },
  UntagResource: { input: () => ({ KeyId: id, TagKeys: ['a'] }) },
  ListResourceTags: { input: () => ({ KeyId: id }) },
  EnableKeyRotation: { input: () => ({ KeyId: id }) },
  DisableKeyRotation: { input: () => ({ KeyId: id }) },
  GetKeyRotationStatus: { input: () => ({ KeyId: id }) },
  GenerateDataKey: { input: () => ({ KeyId: id, KeySpec: 'AES_256' }) },
  Encrypt: { input: encrypt },
  Decrypt: { input: () => ({ CiphertextBlob: blob, KeyId: arn }) },
  ReEncrypt: {
    input: () => ({ CiphertextBlob: blob, SourceKeyId: id, DestinationKeyId: id }),
    needs: ['ReEncryptFrom', 'ReEncryptTo'],
  },
}
const names = Object.keys(operations) as OperationName[]
const needsOf = (name: OperationName): readonly string[] => (calls[name].needs ?? [name]).map((need) => `kms:${need}`)
const stateOfAll = (): unknown => [
  fixture.keyring.list(place, { after: '', limit: 100 }),
  fixture.keyring.aliases(place, { keyId: undefined, after: '', limit: 100 }),
  fixture.keyring.policyOf(fixture.keyring.find(place, id)),
]

describe.each(names)('%s', (name) => {
  const prepare = async (): Promise<void> => {
    if (name === 'CancelKeyDeletion') await done(admin, 'ScheduleKeyDeletion', { KeyId: id })
  }

  it('is denied to a user without permission, and changes nothing', async () => {
    await prepare()
    const before = stateOfAll()
    const others = names.flatMap(needsOf).filter((action) => !needsOf(name).includes(action))
    for (const allow of [[], [{ Action: 'secretsmanager:*' }], [{ Action: others }]]) {
      const answer = await call(user(allow), name, calls[name].input())
      expect(answer).toMatchObject({ status: 400, code: 'AccessDeniedException' })
      expect(answer.message).toMatch(
        /^User: arn:aws:iam::111122223333:user\/dev is not authorized to perform: kms:\w+ on resource: (\*|arn:aws:kms:us-east-1:111122223333:(key|alias)\/[\w*-]+) because no identity-based policy allows the kms:\w+ action$/,
      )
    }
    expect(stateOfAll()).toEqual(before)
  })

  it('is denied without any one of the actions that it takes, and carried out with them', async () => {
    await prepare()
    for (const missing of needsOf(name)) {
      const Action = needsOf(name).filter((action) => action !== missing)
      const answer = await call(user(Action.length > 0 ? [{ Action }] : []), name, calls[name].input())
      expect(answer).toMatchObject({ status: 400, code: 'AccessDeniedException' })
      expect(answer.message).toContain(missing)
    }
    await done(user([{ Action: needsOf(name) }]), name, calls[name].input())
  })

  it('is denied by an explicit deny, and to a principal whom nobody knows', async () => {
    await prepare()
    const stopped = user([{ Action: '*' }, { Effect: 'Deny', Action: needsOf(name) }])
    const answer = await call(stopped, name, calls[name].input())
    expect(answer).toMatchObject({ code: 'AccessDeniedException' })
    expect(answer.message).toMatch(/with an explicit deny in an identity-based policy$/)
    const nobody = { ...stopped, userId: 'AIDANOBODY' }
    expect(await call(nobody, name, calls[name].input())).toMatchObject({ code: 'AccessDeniedException' })
  })
})

describe('a key policy', () => {
  it('lets a user in by name, without a policy of their own', async () => {
    const dev = user([])
    await keyPolicy(delegated, { Principal: { AWS: dev.arn }, Action: ['kms:Encrypt', 'kms:DescribeKey'] })
    await done(dev, 'Encrypt', encrypt())
    await done(dev, 'DescribeKey', { KeyId: 'alias/app' })
    expect(await call(dev, 'DisableKey', { KeyId: id })).toMatchObject({ code: 'AccessDeniedException' })
  })

  it('keeps out whom it does not let in, whatever their own policies allow', async () => {
    await keyPolicy({ Principal: { AWS: user([]).arn }, Action: 'kms:*' })
    expect(await call(admin, 'Encrypt', encrypt())).toMatchObject({
      code: 'AccessDeniedException',
      message: `User: ${admin.arn} is not authorized to perform: kms:Encrypt on resource: ${arn} because no resource-based policy allows the kms:Encrypt action`,
    })
  })

  it('denies in words that say so', async () => {
    await keyPolicy(delegated, { Effect: 'Deny', Principal: '*', Action: 'kms:Encrypt' })
    const answer = await call(admin, 'Encrypt', encrypt())
    expect(answer.message).toBe(
      `User: ${admin.arn} is not authorized to perform: kms:Encrypt on resource: ${arn} with an explicit deny in a resource-based policy`,
    )
    expect(answer.reason).toContain(`statement 2 of the key policy of ${arn}`)
  })

  it.each<[string, PolicyStatement, OperationName, () => object, boolean]>([
    ['the account', { StringEquals: { 'kms:CallerAccount': OWN } }, 'Encrypt', encrypt, true],
    [
      'use through a service',
      { StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com' } },
      'Encrypt',
      encrypt,
      false,
    ],
    ['no use through a service', { Null: { 'kms:ViaService': 'true' } }, 'Encrypt', encrypt, true],
    ['the algorithm', { StringEquals: { 'kms:EncryptionAlgorithm': 'SYMMETRIC_DEFAULT' } }, 'Encrypt', encrypt, true],
    ['the kind', { StringEquals: { 'kms:KeySpec': 'SYMMETRIC_DEFAULT' } }, 'DescribeKey', () => ({ KeyId: id }), true],
    ['its aliases', { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/app' } }, 'Encrypt', encrypt, true],
    ['its alias in the request', { StringEquals: { 'kms:RequestAlias': 'alias/app' } }, 'Encrypt', encrypt, false],
    [
      'its alias in the request',
      { StringEquals: { 'kms:RequestAlias': 'alias/app' } },
      'Encrypt',
      () => ({ ...encrypt(), KeyId: 'alias/app' }),
      true,
    ],
    [
      'the encryption context',
      { StringEquals: { 'kms:EncryptionContext:team': 'db' } },
      'Encrypt',
      () => ({ ...encrypt(), EncryptionContext: { team: 'db' } }),
      true,
    ],
    ['the encryption context', { StringEquals: { 'kms:EncryptionContext:team': 'db' } }, 'Encrypt', encrypt, false],
    [
      'the keys of the encryption context',
      { 'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['team'] } },
      'Encrypt',
      () => ({ ...encrypt(), EncryptionContext: { other: 'x' } }),
      false,
    ],
    [
      'tags in the request',
      { StringEquals: { 'aws:RequestTag/a': 'b' } },
      'TagResource',
      () => ({ KeyId: id, Tags: [{ TagKey: 'a', TagValue: 'c' }] }),
      false,
    ],
    [
      'the waiting period, 30 days unless told',
      { NumericGreaterThanEquals: { 'kms:ScheduleKeyDeletionPendingWindowInDays': '30' } },
      'ScheduleKeyDeletion',
      () => ({ KeyId: id }),
      true,
    ],
    [
      'the waiting period',
      { NumericGreaterThanEquals: { 'kms:ScheduleKeyDeletionPendingWindowInDays': '30' } },
      'ScheduleKeyDeletion',
      () => ({ KeyId: id, PendingWindowInDays: 7 }),
      false,
    ],
    [
      'the safety check',
      { Bool: { 'kms:BypassPolicyLockoutSafetyCheck': 'false' } },
      'PutKeyPolicy',
      () => ({ KeyId: id, Policy: document([delegated]), BypassPolicyLockoutSafetyCheck: true }),
      false,
    ],
    [
      'the Region of a replica',
      { StringEquals: { 'kms:ReplicaRegion': 'eu-west-1' } },
      'ReplicateKey',
      () => ({ KeyId: id, ReplicaRegion: 'us-west-2' }),
      false,
    ],
  ])('may depend on %s: %j in %s', async (_, Condition, operation, input, isAllowed) => {
    await keyPolicy({ ...delegated, Condition })
    expect((await call(admin, operation, input())).status).toBe(isAllowed ? 200 : 400)
  })

  it('may depend on whether a ciphertext stays under its key', async () => {
    const { arn: other } = await createKey()
    await keyPolicy({ ...delegated, Condition: { BoolIfExists: { 'kms:ReEncryptOnSameKey': 'true' } } })
    for (const source of [{}, { SourceKeyId: id }]) {
      await done(admin, 'ReEncrypt', { CiphertextBlob: blob, DestinationKeyId: arn, ...source })
      expect(
        await call(admin, 'ReEncrypt', { CiphertextBlob: blob, DestinationKeyId: other, ...source }),
      ).toMatchObject({ code: 'AccessDeniedException' })
    }
  })

  it('may depend on the tags of the key', async () => {
    await done(admin, 'TagResource', { KeyId: id, Tags: [{ TagKey: 'team', TagValue: 'db' }] })
    await keyPolicy({ ...delegated, Condition: { StringEquals: { 'aws:ResourceTag/team': 'db' } } })
    await done(admin, 'Encrypt', encrypt())
    await done(admin, 'TagResource', { KeyId: id, Tags: [{ TagKey: 'team', TagValue: 'web' }] })
    expect(await call(admin, 'Encrypt', encrypt())).toMatchObject({ code: 'AccessDeniedException' })
  })
})

describe.each<[OperationName, string]>([
  ['CreateAlias', 'alias/new'],
  ['UpdateAlias', 'alias/app'],
  ['DeleteAlias', 'alias/app'],
])('%s takes permission twice', (operation, AliasName) => {
  const input = () => ({ AliasName, ...(operation !== 'DeleteAlias' && { TargetKeyId: id }) })
  const aliasArn = `arn:aws:kms:us-east-1:${OWN}:${AliasName}`
  const allowedOn = (Resource: readonly string[]): Principal => user([{ Action: `kms:${operation}`, Resource }])

  it('on the alias and on the key', async () => {
    const onKey = await call(allowedOn([arn]), operation, input())
    expect(onKey.message).toContain(`on resource: ${aliasArn} because no identity-based policy`)
    const onAlias = await call(allowedOn([aliasArn]), operation, input())
    expect(onAlias.message).toContain(`on resource: ${arn} because no identity-based policy`)
    await done(allowedOn([arn, aliasArn]), operation, input())
  })
})

it('UpdateAlias takes permission on the key that loses the alias, too', async () => {
  const { arn: other } = await createKey()
  const aliasArn = `arn:aws:kms:us-east-1:${OWN}:alias/app`
  const input = { AliasName: 'alias/app', TargetKeyId: other }
  const allow = (Resource: readonly string[]): Principal => user([{ Action: 'kms:UpdateAlias', Resource }])
  expect((await call(allow([aliasArn, other]), 'UpdateAlias', input)).message).toContain(`on resource: ${arn} because`)
  await done(allow([aliasArn, other, arn]), 'UpdateAlias', input)
})

describe('the policy lockout safety check', () => {
  const lockedOut = {
    code: 'MalformedPolicyDocumentException',
    message: 'The new key policy will not allow you to update the key policy in the future.',
  }
  const policies: readonly (readonly [string, readonly PolicyStatement[]])[] = [
    ['allows somebody else', [{ Principal: { AWS: `arn:aws:iam::${OWN}:user/other` }, Action: 'kms:*' }]],
    ['allows other actions', [{ Principal: { AWS: ROOT }, Action: 'kms:Encrypt' }]],
    ['denies it', [delegated, { Effect: 'Deny', Principal: '*', Action: 'kms:PutKeyPolicy' }]],
    [
      'allows it on a condition that is not met',
      [{ ...delegated, Condition: { Bool: { 'kms:MultiRegion': 'maybe' } } }],
    ],
  ]

  it.each(policies)(
    'refuses a policy that %s, wherever one is given, unless the caller insists',
    async (_, statements) => {
      user([], 'other')
      const Policy = document(statements)
      const ways: readonly [OperationName, object][] = [
        ['PutKeyPolicy', { KeyId: id, Policy }],
        ['CreateKey', { Policy }],
        ['ReplicateKey', { KeyId: id, ReplicaRegion: 'eu-west-1', Policy }],
      ]
      const before = stateOfAll()
      for (const [operation, input] of ways) expect(await call(admin, operation, input)).toMatchObject(lockedOut)
      expect(stateOfAll()).toEqual(before)
      // PutKeyPolicy last: the policy may keep the others from happening.
      for (const [operation, input] of ways.toReversed())
        await done(admin, operation, { ...input, BypassPolicyLockoutSafetyCheck: true })
    },
  )

  it('asks for the caller, not for anybody', async () => {
    const dev = user([{ Action: 'kms:PutKeyPolicy' }])
    const Policy = document([{ Principal: { AWS: admin.arn }, Action: 'kms:*' }])
    expect(await call(dev, 'PutKeyPolicy', { KeyId: id, Policy })).toMatchObject(lockedOut)
    await done(admin, 'PutKeyPolicy', { KeyId: id, Policy })
  })

  it('comes after the check of what is no policy at all, whose text is not repeated', async () => {
    for (const Policy of ['s3cret', '{}', document([{ Action: 'kms:*' }])]) {
      const answer = await call(admin, 'PutKeyPolicy', { KeyId: id, Policy, BypassPolicyLockoutSafetyCheck: true })
      expect(answer).toMatchObject({ code: 'MalformedPolicyDocumentException' })
      expect(answer.message).not.toContain('s3cret')
    }
  })
})

describe('whom a key policy names', () => {
  const DEV = { user: `arn:aws:iam::${OWN}:user/dev`, role: `arn:aws:iam::${OWN}:role/dev` }
  const SESSION = `arn:aws:sts::${OWN}:assumed-role/dev/session`
  const member = (kind: 'user' | 'role', uniqueId: string): Principal =>
    directory[kind]('dev', { account: OWN, uniqueId })
  const naming = (AWS: string): string =>
    document([delegated, { Principal: { AWS }, Action: ['kms:DescribeKey', 'kms:PutKeyPolicy'] }])
  /** Gives a policy to a key. @returns its ARN */
  const ways: Readonly<Record<string, (Policy: string) => Promise<string>>> = {
    PutKeyPolicy: async (Policy) => {
      await done(admin, 'PutKeyPolicy', { KeyId: id, Policy })
      return arn
    },
    CreateKey: async (Policy) => (await createKey({ Policy })).arn,
    ReplicateKey: async (Policy) => {
      const { ReplicaKeyMetadata } = await done(admin, 'ReplicateKey', {
        KeyId: id,
        ReplicaRegion: 'eu-west-1',
        Policy,
      })
      return (ReplicaKeyMetadata as { Arn: string }).Arn
    },
  }
  const look = (principal: Principal, KeyId: string): Promise<Answer> =>
    call(principal, 'DescribeKey', { KeyId }, KeyId.split(':')[3])

  describe.each(Object.keys(ways))('in %s', (way) => {
    const give = (Policy: string): Promise<string> => ways[way]?.(Policy) ?? Promise.reject(new Error(way))

    it.each([
      ['user', DEV.user],
      ['role', DEV.role],
      ['role', SESSION],
    ] as const)('is the %s who has the name %s then, and none who gets it later', async (kind, name) => {
      const first = member(kind, 'AXXADEVFIRST')
      const key = await give(naming(name))
      const second = member(kind, 'AXXADEVSECOND')
      expect(await look(first, key)).toMatchObject({ status: 200 })
      expect(await look(second, key)).toMatchObject({ code: 'AccessDeniedException' })
    })

    it('may be named by the unique id', async () => {
      const dev = member('user', 'AIDADEVELOPERFIRST')
      expect(await look(dev, await give(naming('AIDADEVELOPERFIRST')))).toMatchObject({ status: 200 })
    })

    it.each([DEV.user, DEV.role, SESSION, 'AIDADEVELOPERFIRST'])(
      'must exist: %s, even if the caller insists',
      async (name) => {
        for (const BypassPolicyLockoutSafetyCheck of [false, true]) {
          const before = stateOfAll()
          const given = { KeyId: id, ReplicaRegion: 'eu-west-1', Policy: naming(name), BypassPolicyLockoutSafetyCheck }
          expect(await call(admin, way, given)).toMatchObject({
            status: 400,
            code: 'MalformedPolicyDocumentException',
            message: 'Policy contains a statement with one or more invalid principals.',
          })
          expect(stateOfAll()).toEqual(before)
        }
      },
    )

    it('is compared by ARN where its account is not known here', async () => {
      directory.represented.add(OTHER)
      await give(naming(`arn:aws:iam::${OTHER}:user/dev`))
    })
  })

  it('may be accounts, everybody and services, which are not looked up', async () => {
    for (const Principal of ['*', { AWS: [OTHER, ROOT] }, { Service: 'logs.us-east-1.amazonaws.com' }])
      await ways.PutKeyPolicy?.(document([delegated, { Principal, Action: 'kms:DescribeKey' }]))
  })

  it('is looked up again with every new policy, which is shown word for word', async () => {
    member('user', 'AIDADEVFIRST')
    const Policy = naming(DEV.user)
    await ways.PutKeyPolicy?.(Policy)
    expect((await done(admin, 'GetKeyPolicy', { KeyId: id })).Policy).toBe(Policy)
    directory = new MemoryDirectory()
    admin = user([{ Action: '*' }], 'admin')
    const second = member('user', 'AIDADEVSECOND')
    expect(await look(second, arn)).toMatchObject({ code: 'AccessDeniedException' })
    await ways.PutKeyPolicy?.(Policy)
    expect(await look(second, arn)).toMatchObject({ status: 200 })
  })

  it('counts in the policy lockout safety check: the name of the caller may be another one by now', async () => {
    member('user', 'AIDADEVFIRST')
    const stale = directory.user('dev', {
      account: OWN,
      uniqueId: 'AIDADEVSECOND',
      allow: [{ Action: 'kms:CreateKey' }],
    })
    const Policy = document([{ Principal: { AWS: DEV.user }, Action: 'kms:*' }])
    expect(await call(stale, 'CreateKey', { Policy })).toMatchObject({ code: 'MalformedPolicyDocumentException' })
  })

  it('is not taken from the policy before: the caller is let in by the new one', async () => {
    const dev = directory.user('dev', { account: OWN, uniqueId: 'AIDADEVELOPERSECOND', allow: [] })
    const text = document([{ Principal: { AWS: [DEV.user, 'AIDADEVELOPERSECOND'] }, Action: 'kms:*' }])
    await fixture.keyring.setPolicy(fixture.keyring.resolve(place, id), {
      text,
      principals: [[DEV.user, 'AIDADEVELOPERFIRST']],
    })
    await done(dev, 'PutKeyPolicy', {
      KeyId: id,
      Policy: document([{ Principal: { AWS: DEV.user }, Action: 'kms:*' }]),
    })
  })
})

describe('ReplicateKey makes a key in the other Region', () => {
  const replicate = (allow: readonly PolicyStatement[], more: object = {}): Promise<Answer> =>
    call(user(allow), 'ReplicateKey', { KeyId: id, ReplicaRegion: 'eu-west-1', ...more })
  const from = { Action: 'kms:ReplicateKey' }
  const inRegion = (region: string): PolicyStatement => ({
    Condition: { StringEquals: { 'aws:RequestedRegion': region } },
  })
  const Tags = [{ TagKey: 'a', TagValue: 'b' }]

  it.each([
    ['kms:CreateKey', {}],
    ['kms:TagResource', { Tags }],
  ])('and takes %s there', async (Action, more) => {
    const rest = [from, { Action: ['kms:CreateKey', 'kms:TagResource'].filter((action) => action !== Action) }]
    const here = await replicate([...rest, { Action, ...inRegion('us-east-1') }], more)
    expect(here.message).toContain(`not authorized to perform: ${Action} on resource`)
    expect(await replicate([...rest, { Action, ...inRegion('eu-west-1') }], more)).toMatchObject({ status: 200 })
  })

  it('and takes kms:TagResource on a key there, and kms:ReplicateKey on the one here', async () => {
    const key = (region: string): string => `arn:aws:kms:${region}:${OWN}:key/*`
    const [making, tagging] = [{ Action: 'kms:CreateKey' }, { Action: 'kms:TagResource' }]
    const here = [{ ...from, Resource: key('us-east-1'), ...inRegion('us-east-1') }, making]
    expect(await replicate([...here, { ...tagging, Resource: key('us-east-1') }], { Tags })).toMatchObject({
      code: 'AccessDeniedException',
    })
    expect(await replicate([...here, { ...tagging, Resource: key('eu-west-1') }], { Tags })).toMatchObject({
      status: 200,
    })
  })

  it('whose policy must let the caller change it there', async () => {
    const policy = (region: string): object => ({ Policy: document([{ ...delegated, ...inRegion(region) }]) })
    expect(await replicate([{ Action: 'kms:*' }], policy('us-east-1'))).toMatchObject({
      code: 'MalformedPolicyDocumentException',
    })
    expect(await replicate([{ Action: 'kms:*' }], policy('eu-west-1'))).toMatchObject({ status: 200 })
  })
})

describe('what is not there', () => {
  const missing = ['01234567-89ab-4cde-8f01-23456789abcd', 'alias/none', 'nonsense']

  it.each(missing)('is told of to those who might use it, and to nobody else: %s', async (KeyId) => {
    const input = { KeyId, Plaintext: 'aGk=' }
    expect(await call(admin, 'Encrypt', input)).toMatchObject({ code: 'NotFoundException' })
    expect(await call(user([]), 'Encrypt', input)).toMatchObject({ code: 'AccessDeniedException' })
    const narrow = user([{ Action: 'kms:Encrypt', Resource: arn }])
    expect(await call(narrow, 'Encrypt', input)).toMatchObject({ code: 'AccessDeniedException' })
  })
})

it('takes whom a key of another account in another Region would belong to from its ARN', async () => {
  const named = `arn:aws:kms:eu-west-1:${OTHER}:key/01234567-89ab-4cde-8f01-23456789abcd`
  expect(await call(admin, 'DescribeKey', { KeyId: named })).toMatchObject({ code: 'AccessDeniedException' })
  const owner = user([{ Action: 'kms:*' }], 'owner', OTHER)
  expect(await call(owner, 'DescribeKey', { KeyId: named })).toMatchObject({ code: 'NotFoundException' })
})

describe('another account', () => {
  const foreigner = (Action: string | readonly string[] = 'kms:*'): Principal => user([{ Action }], 'foreigner', OTHER)
  const shared = (Action: string | readonly string[]): Promise<void> =>
    keyPolicy(delegated, { Principal: { AWS: OTHER }, Action })
  const refusalOf = (operation: string, resource: string): object => ({
    code: 'AccessDeniedException',
    message: `User: arn:aws:iam::${OTHER}:user/foreigner is not authorized to perform: kms:${operation} on resource: ${resource} because no resource-based policy allows the kms:${operation} action`,
  })
  const aliasArn = `arn:aws:kms:us-east-1:${OWN}:alias/app`

  it('uses a key by the ARN of the key or an alias, when both sides allow it', async () => {
    await shared(['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey', 'kms:DescribeKey', 'kms:ReEncrypt*'])
    for (const KeyId of [arn, aliasArn]) {
      const { CiphertextBlob } = await done(foreigner(), 'Encrypt', { KeyId, Plaintext: 'aGk=' })
      expect(await done(foreigner(), 'Decrypt', { CiphertextBlob })).toMatchObject({ Plaintext: 'aGk=', KeyId: arn })
      await done(foreigner(), 'GenerateDataKey', { KeyId, KeySpec: 'AES_256' })
      expect(await done(foreigner(), 'DescribeKey', { KeyId })).toMatchObject({ KeyMetadata: { AWSAccountId: OWN } })
      await done(foreigner(), 'ReEncrypt', { CiphertextBlob, DestinationKeyId: KeyId })
    }
  })

  it('is refused when only one side allows it', async () => {
    expect(await call(foreigner(), 'Encrypt', { KeyId: arn, Plaintext: 'aGk=' })).toMatchObject(
      refusalOf('Encrypt', arn),
    )
    await shared('kms:*')
    expect(await call(foreigner('s3:*'), 'Encrypt', { KeyId: arn, Plaintext: 'aGk=' })).toMatchObject(
      refusalOf('Encrypt', arn),
    )
  })

  it('cannot open a ciphertext without permission, in the words for one of no key', async () => {
    for (const principal of [foreigner(), user([])]) {
      const answer = await call(principal, 'Decrypt', { CiphertextBlob: blob })
      expect(answer).toMatchObject({ code: 'AccessDeniedException' })
      expect(answer.message).toContain('The ciphertext refers to a customer master key that does not exist')
    }
  })

  it('is answered alike for keys and aliases that are there and that are not', async () => {
    const named = [arn, arn.replace(/.{12}$/, '000000000000'), aliasArn, aliasArn.replace('app', 'none')]
    for (const principal of [foreigner(), foreigner('s3:*')])
      for (const KeyId of named)
        expect(await call(principal, 'DescribeKey', { KeyId })).toMatchObject(refusalOf('DescribeKey', KeyId))
  })

  it('finds nothing by a key id or the name of an alias', async () => {
    await shared('kms:*')
    for (const KeyId of [id, 'alias/app'])
      expect(await call(foreigner(), 'DescribeKey', { KeyId })).toMatchObject({ code: 'NotFoundException' })
  })

  it.each(
    names.filter(
      (name) =>
        !['Decrypt', 'DescribeKey', 'Encrypt', 'GenerateDataKey', 'GetKeyRotationStatus', 'ReEncrypt'].includes(name) &&
        !['CreateKey', 'ListKeys', 'DeleteAlias'].includes(name),
    ),
  )('cannot %s, even if the policy of the key lets it', async (name) => {
    await shared('kms:*')
    const before = stateOfAll()
    const { KeyId, TargetKeyId } = calls[name].input() as { KeyId?: string; TargetKeyId?: string }
    const input = { ...calls[name].input(), ...(TargetKeyId === undefined ? { KeyId: arn } : { TargetKeyId: arn }) }
    expect([KeyId, TargetKeyId]).not.toContain(arn)
    expect(await call(foreigner(), name, input)).toMatchObject({ code: 'AccessDeniedException' })
    expect(stateOfAll()).toEqual(before)
  })
})
