import { KeyringKeyService } from '../../../lambda/adapters/embedded/keyring-key-service.ts'
import type { CallReport } from '../../../lambda/protocol/wire.ts'
import { kmsService } from '../../../local/kms/kms-service.ts'
import type { KeyringFixture } from '../../support/keyring-fixture.ts'
import { DAY, entropy, keyringFixture, ownAccountOpen, place, principal } from '../../support/keyring-fixture.ts'

let fixture: KeyringFixture
let call: (operation: string, input?: unknown, where?: Where) => Promise<Answer>
beforeEach(async () => {
  fixture = await keyringFixture()
  call = caller(fixture)
})
afterEach(() => fixture.database.close())

interface Where {
  readonly region?: string
  readonly account?: string
}

/** The members that the tests read; each answer has only its own. */
interface Json {
  readonly [member: string]: unknown
  readonly __type?: string
  readonly message?: string
  readonly KeyMetadata: { readonly KeyId: string; readonly Arn: string; readonly KeyState: string }
  readonly Keys: readonly { readonly KeyArn: string }[]
  readonly CiphertextBlob: string
  readonly Plaintext: string
  readonly NextMarker?: string
  readonly Policy: string
}

interface Answer {
  readonly status: number
  readonly code: string | undefined
  readonly message: string
  readonly json: Json
  readonly text: string
  readonly report: CallReport
}

function caller({ keyring, clock }: KeyringFixture) {
  const service = kmsService({ keyring, entropy, clock, authorizer: ownAccountOpen })
  return async (
    operation: string,
    input: unknown = {},
    { region = place.region, account = place.account } = {},
  ): Promise<Answer> => {
    const body = Buffer.isBuffer(input) ? input : Buffer.from(JSON.stringify(input))
    const response = await service({
      method: 'POST',
      target: `TrentService.${operation}`,
      contentType: 'application/x-amz-json-1.1',
      body,
      principal: { ...principal, account },
      region,
      origin: { receivedAt: 0, isSecure: true },
      requestId: 'request',
    })
    const json = (response.body === '' ? {} : JSON.parse(response.body)) as Json
    return {
      status: response.status,
      code: json.__type,
      message: String(json.message),
      json,
      text: response.body,
      report: response.report,
    }
  }
}

const createKey = async (input: object = {}): Promise<{ id: string; arn: string }> => {
  const { json } = await call('CreateKey', input)
  return { id: json.KeyMetadata.KeyId, arn: json.KeyMetadata.Arn }
}
const base64 = (text: string): string => Buffer.from(text).toString('base64')

describe('the wire', () => {
  it('answers an unknown target as AWS does', async () => {
    expect(await call('Nonsense')).toMatchObject({ status: 400, code: 'UnknownOperationException' })
    expect(await call('__proto__')).toMatchObject({ status: 400, code: 'UnknownOperationException' })
    expect(await call('constructor')).toMatchObject({ status: 400, code: 'UnknownOperationException' })
  })

  it('answers an operation without an output with an empty body', async () => {
    const { id } = await createKey()
    expect(await call('DisableKey', { KeyId: id })).toMatchObject({ status: 200, text: '' })
  })

  it('reports operation and key, and no fault, for what callers do wrong', async () => {
    const { id, arn } = await createKey()
    await call('DisableKey', { KeyId: id })
    const { report } = await call('Encrypt', { KeyId: id, Plaintext: base64('x') })
    expect(report).toEqual({ operation: 'Encrypt', resource: arn, code: 'DisabledException' })
  })

  it.each([
    '',
    '{',
    '[]',
    'null',
    '"x"',
    '{"KeyId":1}',
    '{"KeyId":null}',
    '{"KeyId":""}',
    '{"KeyId":{}}',
    '{"KeyId":"\\ud800"}',
  ])('never fails as a server on the body %s', async (body) => {
    const names = [
      'CreateAlias',
      'DescribeKey',
      'Encrypt',
      'Decrypt',
      'ReEncrypt',
      'GenerateDataKey',
      'TagResource',
      'ScheduleKeyDeletion',
    ]
    for (const name of names) expect(await call(name, Buffer.from(body))).toMatchObject({ status: 400 })
  })
})

describe('CreateKey and DescribeKey', () => {
  it('describe a key as KMS does', async () => {
    const { json } = await call('CreateKey', { Description: 'for tests', Tags: [{ TagKey: 'a', TagValue: 'b' }] })
    const { KeyId: id } = json.KeyMetadata
    expect(json.KeyMetadata).toEqual({
      AWSAccountId: '111122223333',
      KeyId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      Arn: `arn:aws:kms:us-east-1:111122223333:key/${id}`,
      CreationDate: fixture.clock.now() / 1000,
      Enabled: true,
      Description: 'for tests',
      KeyUsage: 'ENCRYPT_DECRYPT',
      KeyState: 'Enabled',
      Origin: 'AWS_KMS',
      KeyManager: 'CUSTOMER',
      CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
      KeySpec: 'SYMMETRIC_DEFAULT',
      EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
      MultiRegion: false,
    })
    expect((await call('DescribeKey', { KeyId: id })).json).toEqual(json)
  })

  it('show a multi-Region key with its replicas', async () => {
    const { id, arn } = await createKey({ MultiRegion: true })
    const made = await call('ReplicateKey', {
      KeyId: id,
      ReplicaRegion: 'eu-west-1',
      Tags: [{ TagKey: 'a', TagValue: 'b' }],
    })
    const replicaArn = arn.replace('us-east-1', 'eu-west-1')
    const relatives = {
      PrimaryKey: { Arn: arn, Region: 'us-east-1' },
      ReplicaKeys: [{ Arn: replicaArn, Region: 'eu-west-1' }],
    }
    expect(made.json).toMatchObject({
      ReplicaKeyMetadata: {
        Arn: replicaArn,
        MultiRegionConfiguration: { MultiRegionKeyType: 'REPLICA', ...relatives },
      },
      ReplicaPolicy: expect.stringContaining('kms:*') as string,
      ReplicaTags: [{ TagKey: 'a', TagValue: 'b' }],
    })
    const { json } = await call('DescribeKey', { KeyId: id })
    expect(json.KeyMetadata).toMatchObject({
      MultiRegionConfiguration: { MultiRegionKeyType: 'PRIMARY', ...relatives },
    })
  })

  it.each([
    [{ KeySpec: 'RSA_2048' }, 'ValidationException', /must specify a KeyUsage/],
    [{ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' }, 'UnsupportedOperationException', /RSA_2048/],
    [{ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }, 'UnsupportedOperationException', /HMAC_256/],
    [
      { KeyUsage: 'SIGN_VERIFY' },
      'ValidationException',
      /^KeyUsage SIGN_VERIFY is not compatible with KeySpec SYMMETRIC_DEFAULT$/,
    ],
    [{ KeySpec: 'SYMMETRIC_DEFAULT', CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT' }, 'ValidationException', /deprecated/],
    [{ KeySpec: 'DES' }, 'ValidationException', /^1 validation error detected: Value 'DES' at 'keySpec' failed/],
    [{ Origin: 'EXTERNAL' }, 'UnsupportedOperationException', /EXTERNAL/],
    [{ XksKeyId: 'x' }, 'UnsupportedOperationException', /external key stores/],
    [{ Policy: 'nonsense' }, 'MalformedPolicyDocumentException', /JSON/],
    [{ Tags: [{ TagKey: 'aws:x', TagValue: '' }] }, 'TagException', /reserved/],
    [
      {
        Tags: [
          { TagKey: 'a', TagValue: '' },
          { TagKey: 'a', TagValue: '' },
        ],
      },
      'TagException',
      /more than once/,
    ],
  ])('refuse %j', async (input, code, message) => {
    const answer = await call('CreateKey', input)
    expect(answer).toMatchObject({ status: 400, code })
    expect(answer.message).toMatch(message)
    expect((await call('ListKeys')).json.Keys).toEqual([])
  })
})

describe('ListKeys', () => {
  it('pages through the keys of one account and Region', async () => {
    const made = await Promise.all(Array.from({ length: 5 }, () => createKey()))
    await call('CreateKey', {}, { region: 'eu-west-1' })
    await call('CreateKey', {}, { account: '999988887777' })
    const seen: string[] = []
    let marker: string | undefined
    do {
      const { json } = await call('ListKeys', { Limit: 2, ...(marker && { Marker: marker }) })
      seen.push(...json.Keys.map(({ KeyArn }) => KeyArn))
      marker = json.NextMarker
      expect(json.Truncated).toBe(marker !== undefined)
    } while (marker !== undefined)
    expect(seen).toEqual(made.map(({ arn }) => arn).sort())
  })

  it('refuses a marker that is not its own', async () => {
    expect(await call('ListKeys', { Marker: 'not a marker!' })).toMatchObject({
      status: 400,
      code: 'InvalidMarkerException',
    })
  })
})

describe('Encrypt, Decrypt, ReEncrypt and GenerateDataKey', () => {
  const EncryptionContext = { purpose: 'test', ['__proto__']: 'an entry like any other' }

  it('round-trip with and without naming the key', async () => {
    const { id, arn } = await createKey()
    const { json } = await call('Encrypt', { KeyId: id, Plaintext: base64('hello'), EncryptionContext })
    expect(json).toMatchObject({ KeyId: arn, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' })
    const { CiphertextBlob } = json
    for (const named of [{}, { KeyId: id }, { KeyId: arn }])
      expect((await call('Decrypt', { CiphertextBlob, EncryptionContext, ...named })).json).toEqual({
        KeyId: arn,
        Plaintext: base64('hello'),
        EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      })
  })

  it('bind every entry of the encryption context', async () => {
    const { id } = await createKey()
    const body = `{"KeyId":"${id}","Plaintext":"aGVsbG8=","EncryptionContext":{"a":"b","__proto__":"c"}}`
    const { CiphertextBlob } = (await call('Encrypt', Buffer.from(body))).json
    const decrypt = (context: string) =>
      call('Decrypt', Buffer.from(`{"CiphertextBlob":"${CiphertextBlob}","EncryptionContext":${context}}`))
    expect((await decrypt('{"__proto__":"c","a":"b"}')).status).toBe(200)
    for (const context of ['{}', '{"a":"b"}', '{"a":"b","__proto__":"d"}', '{"a":"b","__proto__":"c","x":""}'])
      expect(await decrypt(context)).toMatchObject({ status: 400, code: 'InvalidCiphertextException' })
  })

  it.each(['[]', '"x"', '{"a":1}', '{"a":null}', '{"a":{}}'])('refuse the encryption context %s', async (context) => {
    const { id } = await createKey()
    const body = Buffer.from(`{"KeyId":"${id}","Plaintext":"aGVsbG8=","EncryptionContext":${context}}`)
    expect(await call('Encrypt', body)).toMatchObject({ status: 400, code: 'SerializationException' })
  })

  it('make data keys of the size that was asked for', async () => {
    const { id, arn } = await createKey()
    for (const [input, length] of [
      [{ KeySpec: 'AES_256' }, 32],
      [{ KeySpec: 'AES_128' }, 16],
      [{ NumberOfBytes: 24 }, 24],
    ] as const) {
      const { json } = await call('GenerateDataKey', { KeyId: id, ...input })
      expect(Buffer.from(json.Plaintext, 'base64')).toHaveLength(length)
      expect((await call('Decrypt', { CiphertextBlob: json.CiphertextBlob })).json).toMatchObject({
        KeyId: arn,
        Plaintext: json.Plaintext,
      })
    }
    for (const input of [{}, { KeySpec: 'AES_256', NumberOfBytes: 32 }])
      expect(await call('GenerateDataKey', { KeyId: id, ...input })).toMatchObject({
        code: 'ValidationException',
        message: 'Please specify either number of bytes or key spec.',
      })
  })

  it('move a ciphertext from one key and context to another', async () => {
    const [from, to] = [await createKey(), await createKey()]
    const { CiphertextBlob } = (await call('Encrypt', { KeyId: from.id, Plaintext: base64('hello') })).json
    const moved = await call('ReEncrypt', {
      CiphertextBlob,
      DestinationKeyId: to.id,
      DestinationEncryptionContext: { a: 'b' },
    })
    expect(moved.json).toMatchObject({ SourceKeyId: from.arn, KeyId: to.arn })
    const opened = await call('Decrypt', {
      CiphertextBlob: moved.json.CiphertextBlob,
      EncryptionContext: { a: 'b' },
    })
    expect(opened.json).toMatchObject({ KeyId: to.arn, Plaintext: base64('hello') })
  })

  it('open in another Region what a multi-Region key sealed', async () => {
    const { id, arn } = await createKey({ MultiRegion: true })
    const { CiphertextBlob } = (await call('Encrypt', { KeyId: id, Plaintext: base64('hello') })).json
    expect(await call('Decrypt', { CiphertextBlob }, { region: 'eu-west-1' })).toMatchObject({
      code: 'AccessDeniedException',
    })
    await call('ReplicateKey', { KeyId: id, ReplicaRegion: 'eu-west-1' })
    const { json } = await call('Decrypt', { CiphertextBlob }, { region: 'eu-west-1' })
    expect(json).toMatchObject({ KeyId: arn.replace('us-east-1', 'eu-west-1'), Plaintext: base64('hello') })
  })

  it('refuse other accounts, other keys, damage and junk, each in its own words', async () => {
    const [{ id, arn }, other] = [await createKey(), await createKey()]
    const { CiphertextBlob } = (await call('Encrypt', { KeyId: id, Plaintext: base64('hello') })).json
    const foreign = await call('Decrypt', { CiphertextBlob }, { account: '999988887777' })
    expect(foreign).toMatchObject({ status: 400, code: 'AccessDeniedException' })
    expect(foreign.message).toContain('The ciphertext refers to a customer master key that does not exist')
    expect(await call('Encrypt', { KeyId: arn, Plaintext: base64('x') }, { account: '999988887777' })).toMatchObject({
      code: 'AccessDeniedException',
      message: `User: ${principal.arn} is not authorized to perform: kms:Encrypt on resource: ${arn} because no resource-based policy allows the kms:Encrypt action`,
    })
    expect(await call('Decrypt', { CiphertextBlob, KeyId: other.id })).toMatchObject({ code: 'IncorrectKeyException' })
    for (const blob of [base64('junk'), `AAAA${CiphertextBlob.slice(4)}`])
      expect(await call('Decrypt', { CiphertextBlob: blob })).toMatchObject({
        status: 400,
        code: 'InvalidCiphertextException',
      })
  })

  it('stop at a dry run', async () => {
    const { id } = await createKey()
    const dry = { KeyId: id, DryRun: true }
    expect(await call('Encrypt', { ...dry, Plaintext: base64('x') })).toMatchObject({
      code: 'DryRunOperationException',
    })
    expect(await call('GenerateDataKey', { ...dry, KeySpec: 'AES_256' })).toMatchObject({
      code: 'DryRunOperationException',
    })
    await call('DisableKey', { KeyId: id })
    expect(await call('Encrypt', { ...dry, Plaintext: base64('x') })).toMatchObject({ code: 'DisabledException' })
  })

  it('repeat no plaintext in an error', async () => {
    const { id } = await createKey()
    const plaintext = base64('s3cret-value'.repeat(400))
    const answer = await call('Encrypt', { KeyId: id, Plaintext: plaintext })
    expect(answer).toMatchObject({ status: 400, code: 'ValidationException' })
    expect(answer.text).not.toContain('s3cret')
    expect(answer.text).not.toContain(plaintext.slice(0, 20))
  })
})

describe('states over the wire', () => {
  it('follow a key from disabled to its deletion date', async () => {
    const { id, arn } = await createKey()
    const { json } = await call('ScheduleKeyDeletion', { KeyId: id, PendingWindowInDays: 7 })
    expect(json).toEqual({
      KeyId: arn,
      KeyState: 'PendingDeletion',
      DeletionDate: (fixture.clock.now() + 7 * DAY) / 1000,
      PendingWindowInDays: 7,
    })
    expect(await call('EnableKey', { KeyId: id })).toMatchObject({
      code: 'KMSInvalidStateException',
      message: `${arn} is pending deletion.`,
    })
    expect((await call('CancelKeyDeletion', { KeyId: id })).json).toEqual({ KeyId: arn })
    expect((await call('DescribeKey', { KeyId: id })).json.KeyMetadata).toMatchObject({
      KeyState: 'Disabled',
      Enabled: false,
    })
    await call('ScheduleKeyDeletion', { KeyId: id })
    fixture.clock.advance(30 * DAY)
    expect(await call('DescribeKey', { KeyId: id })).toMatchObject({
      status: 400,
      code: 'NotFoundException',
      message: `Key '${arn}' does not exist`,
    })
  })

  it('take no alias where KMS takes none', async () => {
    const { id } = await createKey()
    await call('CreateAlias', { AliasName: 'alias/app', TargetKeyId: id })
    expect((await call('DescribeKey', { KeyId: 'alias/app' })).status).toBe(200)
    for (const KeyId of ['alias/app', 'arn:aws:kms:us-east-1:111122223333:alias/app'])
      expect(await call('DisableKey', { KeyId })).toMatchObject({ code: 'NotFoundException' })
    expect((await call('DescribeKey', { KeyId: id })).json.KeyMetadata.KeyState).toBe('Enabled')
  })
})

describe('aliases over the wire', () => {
  it('are created, listed, moved and deleted', async () => {
    const [a, b] = [await createKey(), await createKey()]
    for (const name of ['alias/one', 'alias/two', 'alias/three'])
      expect(await call('CreateAlias', { AliasName: name, TargetKeyId: a.arn })).toMatchObject({
        status: 200,
        text: '',
      })
    await call('UpdateAlias', { AliasName: 'alias/two', TargetKeyId: b.id })
    await call('DeleteAlias', { AliasName: 'alias/three' })
    const now = fixture.clock.now() / 1000
    expect((await call('ListAliases')).json).toEqual({
      Aliases: [
        ['one', a.id],
        ['two', b.id],
      ].map(([name, id]) => ({
        AliasName: `alias/${name}`,
        AliasArn: `arn:aws:kms:us-east-1:111122223333:alias/${name}`,
        TargetKeyId: id,
        CreationDate: now,
        LastUpdatedDate: now,
      })),
      Truncated: false,
    })
    expect((await call('ListAliases', { KeyId: b.arn })).json.Aliases).toHaveLength(1)
    const first = await call('ListAliases', { Limit: 1 })
    expect(first.json).toMatchObject({ Truncated: true })
    expect((await call('ListAliases', { Limit: 1, Marker: first.json.NextMarker })).json).toMatchObject({
      Aliases: [{ AliasName: 'alias/two' }],
      Truncated: false,
    })
  })

  it.each([
    ['app', 'ValidationException', 'Invalid identifier'],
    ['alias/', 'ValidationException', 'Invalid identifier'],
    ['alias/a:b', 'ValidationException', 'alias/a:b contains invalid characters for an alias'],
    ['alias/aws/mine', 'NotAuthorizedException', /reserved/],
    ['alias/a b', 'ValidationException', /regular expression/],
  ])('cannot be named %s', async (AliasName, code, message) => {
    const { id } = await createKey()
    const answer = await call('CreateAlias', { AliasName, TargetKeyId: id })
    expect(answer).toMatchObject({ status: 400, code })
    expect(answer.message).toMatch(message)
  })

  it('are unique, and refer to keys', async () => {
    const { id } = await createKey()
    const alias = { AliasName: 'alias/app', TargetKeyId: id }
    await call('CreateAlias', alias)
    expect(await call('CreateAlias', alias)).toMatchObject({
      code: 'AlreadyExistsException',
      message: 'An alias with the name arn:aws:kms:us-east-1:111122223333:alias/app already exists',
    })
    expect(await call('CreateAlias', { AliasName: 'alias/x', TargetKeyId: 'alias/app' })).toMatchObject({
      code: 'ValidationException',
    })
    expect(await call('UpdateAlias', { AliasName: 'alias/x', TargetKeyId: id })).toMatchObject({
      code: 'NotFoundException',
      message: 'Alias arn:aws:kms:us-east-1:111122223333:alias/x is not found.',
    })
  })
})

describe('policy, tags and rotation', () => {
  it('keep a policy as it was given, and have a default one', async () => {
    const { id } = await createKey()
    const { json } = await call('GetKeyPolicy', { KeyId: id })
    expect(json.PolicyName).toBe('default')
    expect(JSON.parse(json.Policy)).toMatchObject({
      Statement: [
        { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'kms:*', Resource: '*' },
      ],
    })
    const Policy = '{ "Statement": [ {"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"} ] }'
    expect((await call('PutKeyPolicy', { KeyId: id, Policy })).status).toBe(200)
    expect((await call('GetKeyPolicy', { KeyId: id, PolicyName: 'default' })).json.Policy).toBe(Policy)
    expect(await call('GetKeyPolicy', { KeyId: id, PolicyName: 'other' })).toMatchObject({
      code: 'NotFoundException',
      message: 'No such policy exists',
    })
    expect(await call('PutKeyPolicy', { KeyId: id, Policy: '{}' })).toMatchObject({
      code: 'MalformedPolicyDocumentException',
    })
  })

  it('put, list and remove tags', async () => {
    const { id } = await createKey({ Tags: [{ TagKey: 'b', TagValue: '1' }] })
    await call('TagResource', {
      KeyId: id,
      Tags: [
        { TagKey: 'a', TagValue: '2' },
        { TagKey: 'b', TagValue: '3' },
      ],
    })
    expect((await call('ListResourceTags', { KeyId: id })).json).toEqual({
      Tags: [
        { TagKey: 'a', TagValue: '2' },
        { TagKey: 'b', TagValue: '3' },
      ],
      Truncated: false,
    })
    await call('UntagResource', { KeyId: id, TagKeys: ['a', 'missing'] })
    expect((await call('ListResourceTags', { KeyId: id })).json.Tags).toEqual([{ TagKey: 'b', TagValue: '3' }])
    const many = Array.from({ length: 50 }, (_, index) => ({ TagKey: `k${index}`, TagValue: '' }))
    expect(await call('TagResource', { KeyId: id, Tags: many })).toMatchObject({ code: 'LimitExceededException' })
    await call('ScheduleKeyDeletion', { KeyId: id })
    expect(await call('TagResource', { KeyId: id, Tags: [] })).toMatchObject({ code: 'KMSInvalidStateException' })
  })

  it('switch rotation on and off', async () => {
    const { id, arn } = await createKey()
    const status = async () => (await call('GetKeyRotationStatus', { KeyId: id })).json
    expect(await status()).toEqual({ KeyId: arn, KeyRotationEnabled: false })
    await call('EnableKeyRotation', { KeyId: id })
    const now = fixture.clock.now()
    expect(await status()).toEqual({
      KeyId: arn,
      KeyRotationEnabled: true,
      RotationPeriodInDays: 365,
      NextRotationDate: (now + 365 * DAY) / 1000,
    })
    fixture.clock.advance(400 * DAY)
    expect((await status()).NextRotationDate).toBe((now + 765 * DAY) / 1000)
    await call('DisableKeyRotation', { KeyId: id })
    expect(await status()).toEqual({ KeyId: arn, KeyRotationEnabled: false })
    expect(await call('EnableKeyRotation', { KeyId: id, RotationPeriodInDays: 89 })).toMatchObject({
      code: 'ValidationException',
    })
    await call('DisableKey', { KeyId: id })
    expect(await call('EnableKeyRotation', { KeyId: id })).toMatchObject({ code: 'DisabledException' })
  })
})

describe.each(['shared', 'per-secret'] as const)('the service key of %s mode', (mode) => {
  it('is seen by users, but neither used nor changed', async () => {
    const service = new KeyringKeyService({ keyring: fixture.keyring, entropy, mode })
    const scope = { ...place, principal }
    const KeyId = await service.serviceKey({ secretArn: 'arn:secret', scope })
    const context = { SecretARN: 'arn:secret', SecretVersionId: 'v' }
    const { wrapped } = await service.generateDataKey({ keyId: KeyId, owner: 'service', context, scope })
    const CiphertextBlob = Buffer.from(wrapped).toString('base64')
    const mine = await createKey()

    expect((await call('DescribeKey', { KeyId })).json.KeyMetadata).toMatchObject({
      KeyManager: 'AWS',
      Enabled: true,
    })
    expect((await call('ListKeys')).json.Keys).toHaveLength(2)
    expect((await call('GetKeyPolicy', { KeyId })).json.Policy).toContain('secretsmanager.us-east-1.amazonaws.com')
    expect((await call('ListResourceTags', { KeyId })).status).toBe(200)

    const refused: [string, object][] = [
      ['Encrypt', { KeyId, Plaintext: base64('x') }],
      ['Decrypt', { CiphertextBlob, EncryptionContext: context }],
      ['Decrypt', { CiphertextBlob, EncryptionContext: context, KeyId }],
      ['ReEncrypt', { CiphertextBlob, SourceEncryptionContext: context, DestinationKeyId: mine.id }],
      ['GenerateDataKey', { KeyId, KeySpec: 'AES_256' }],
      ['DisableKey', { KeyId }],
      ['EnableKey', { KeyId }],
      ['ScheduleKeyDeletion', { KeyId }],
      ['CancelKeyDeletion', { KeyId }],
      ['PutKeyPolicy', { KeyId, Policy: '{}' }],
      ['TagResource', { KeyId, Tags: [] }],
      ['UntagResource', { KeyId, TagKeys: ['coffer:secret-arn'] }],
      ['EnableKeyRotation', { KeyId }],
      ['DisableKeyRotation', { KeyId }],
      ['ReplicateKey', { KeyId, ReplicaRegion: 'eu-west-1' }],
      ['CreateAlias', { AliasName: 'alias/mine', TargetKeyId: KeyId }],
    ]
    for (const [operation, input] of refused) {
      const answer = await call(operation, input)
      expect([operation, answer.status, answer.code]).toEqual([operation, 400, 'AccessDeniedException'])
      expect(answer.message).toContain(`kms:${operation} on resource: ${KeyId}`)
    }
    expect((await service.unwrapDataKey({ keyId: KeyId, context, scope, wrapped })).byteLength).toBe(32)
  })
})
