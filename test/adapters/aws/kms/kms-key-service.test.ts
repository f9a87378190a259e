import { inspect } from 'node:util'
import { CreateKeyCommand, EncryptCommand, type KMSClient } from '@aws-sdk/client-kms'
import type { TaggedKey } from '../../../../lambda/adapters/aws/kms/service-key-scan.ts'
import { KeyFailure, type KeyEncryptUse } from '../../../../lambda/core/ports/key-service.ts'
import { CanaryHunt } from '../../../support/canary.ts'
import { failureOf, place } from '../../../support/keyring-fixture.ts'
import {
  adapter,
  context,
  customerKeys,
  kmsError,
  MemoryRegistry,
  recordingKms,
  scope,
  secretArn,
  type RecordingKms,
} from './kms-fixture.ts'

let kms: RecordingKms
beforeEach(async () => (kms = await recordingKms()))
afterEach(() => kms.close())

const use = (keyId: string, owner: KeyEncryptUse['owner'] = 'customer'): KeyEncryptUse => ({
  keyId,
  owner,
  context,
  scope,
})
const DATA_KEY = new Uint8Array(32).fill(7)
const customerKey = async (): Promise<string> => {
  const { arn } = await customerKeys(kms.client).createKey()
  kms.takeCalls()
  return arn
}
const stateOf = (arn: string): string => kms.keyring.read(kms.keyring.resolve(place, arn)).state
const keysMade = (): string[] => kms.keyring.list(place, { after: '', limit: 100 }).map(({ arn }) => arn)

describe('the number of calls', () => {
  it('is one GenerateDataKey to seal under a service key, and one Decrypt to open', async () => {
    const service = adapter(kms)
    const keyId = await service.serviceKey({ secretArn, scope })
    expect(kms.takeCalls()).toEqual(['CreateKey'])
    // Another function: nothing remembered.
    const other = adapter(kms)
    const { wrapped } = await other.generateDataKey(use(keyId, 'service'))
    expect(kms.takeCalls()).toEqual(['GenerateDataKey'])
    await adapter(kms).unwrapDataKey({ keyId, context, scope, wrapped })
    expect(kms.takeCalls()).toEqual(['Decrypt'])
  })

  it('is one more for the first use of a customer key, to see that it is one, and none after', async () => {
    const [arn, service] = [await customerKey(), adapter(kms)]
    await service.generateDataKey(use(arn))
    expect(kms.takeCalls()).toEqual(['GenerateDataKey', 'ListResourceTags'])
    await service.wrapDataKey({ ...use(arn), dataKey: DATA_KEY })
    expect(kms.takeCalls()).toEqual(['Encrypt'])
  })

  it('is one look at the registry for a shared key, and none after', async () => {
    const registry = new MemoryRegistry()
    const arn = await adapter(kms, { mode: 'shared', registry }).serviceKey({ secretArn, scope })
    const service = adapter(kms, { mode: 'shared', registry })
    registry.reads = 0
    kms.takeCalls()
    for (let time = 0; time < 3; time++) expect(await service.serviceKey({ secretArn, scope })).toBe(arn)
    expect(registry.reads).toBe(1)
    expect(kms.takeCalls()).toEqual([])
  })
})

describe('a service key', () => {
  it('is multi-Region, tagged, and under a policy bound to its secret', async () => {
    const arn = await adapter(kms).serviceKey({ secretArn, scope })
    expect(arn).toMatch(/^arn:aws:kms:us-east-1:111122223333:key\/mrk-/)
    const { input } = kms.calls[0]!
    expect(input).toMatchObject({ MultiRegion: true, Description: expect.stringContaining(secretArn) })
    // The roles of the functions may not change policies, so KMS's check of just that would refuse every key.
    expect(input.BypassPolicyLockoutSafetyCheck).toBe(true)
    expect(input.Tags).toEqual([
      { TagKey: 'coffer:deployment', TagValue: 'coffer' },
      { TagKey: 'coffer:secret-arn', TagValue: secretArn },
      { TagKey: 'coffer:created-at', TagValue: new Date(kms.clock.now()).toISOString() },
    ])
    const anywhere = secretArn.replace(place.region, '*')
    expect(String(input.Policy)).toContain(`"kms:EncryptionContext:SecretARN":"${anywhere}"`)
    expect(String(input.Policy)).toContain('role/coffer/coffer/*')
  })

  it('is tagged and bound as shared in shared mode', async () => {
    await adapter(kms, { mode: 'shared' }).serviceKey({ secretArn, scope })
    const { input } = kms.calls[0]!
    expect(input).toMatchObject({ MultiRegion: true })
    expect(input.Tags).toContainEqual({ TagKey: 'coffer:shared', TagValue: 'true' })
    expect(String(input.Policy)).toContain(':secretsmanager:*:111122223333:secret:*')
  })

  it('is waited for, briefly, while KMS does not know it everywhere yet', async () => {
    const pauses: number[] = []
    const keyId = await adapter(kms).serviceKey({ secretArn, scope })
    const other = adapter(kms, { pauses })
    kms.answer('GenerateDataKey', kmsError('NotFoundException'), 2)
    kms.answer('GenerateDataKey', kmsError('KMSInvalidStateException', `${keyId} is creating.`))
    await other.generateDataKey(use(keyId, 'service'))
    expect(pauses).toEqual([100, 200, 400])
    kms.answer('Encrypt', kmsError('NotFoundException'))
    await other.wrapDataKey({ ...use(keyId, 'service'), dataKey: DATA_KEY })
    expect(pauses).toHaveLength(4)
  })

  it('is waited for by the function that made it also to open and to retire', async () => {
    const pauses: number[] = []
    const service = adapter(kms, { pauses })
    const keyId = await service.serviceKey({ secretArn, scope })
    const { wrapped } = await service.generateDataKey(use(keyId, 'service'))
    kms.answer('Decrypt', kmsError('NotFoundException'))
    await service.unwrapDataKey({ keyId, context, scope, wrapped })
    kms.answer('ListResourceTags', kmsError('NotFoundException'))
    kms.answer('ScheduleKeyDeletion', kmsError('NotFoundException'))
    await service.retireServiceKey(keyId)
    expect(pauses).toEqual([100, 100, 100])
    expect(stateOf(keyId)).toBe('PendingDeletion')
  })

  it('is waited for by any function that opens with a key of the service', async () => {
    const pauses: number[] = []
    const service = adapter(kms)
    const keyId = await service.serviceKey({ secretArn, scope })
    const { wrapped } = await service.generateDataKey(use(keyId, 'service'))
    kms.answer('Decrypt', kmsError('NotFoundException'))
    await adapter(kms, { pauses }).unwrapDataKey({ keyId, context, scope, wrapped, owner: 'service' })
    expect(pauses).toEqual([100])
  })

  it('is given up after four waits', async () => {
    const pauses: number[] = []
    const keyId = await adapter(kms).serviceKey({ secretArn, scope })
    kms.answer('GenerateDataKey', kmsError('NotFoundException'), 100)
    const failure = await failureOf(adapter(kms, { pauses }).generateDataKey(use(keyId, 'service')))
    expect(failure).toMatchObject({ kind: 'unusable', code: 'NotFoundException' })
    expect(pauses).toEqual([100, 200, 400, 800])
  })

  it('is not waited for when it is on its way out or disabled', async () => {
    const pauses: number[] = []
    const service = adapter(kms, { pauses })
    const keyId = await service.serviceKey({ secretArn, scope })
    kms.answer('GenerateDataKey', kmsError('DisabledException'))
    await failureOf(service.generateDataKey(use(keyId, 'service')))
    await service.retireServiceKey(keyId)
    expect(await failureOf(service.generateDataKey(use(keyId, 'service')))).toMatchObject({
      code: 'KMSInvalidStateException',
    })
    expect(pauses).toEqual([])
  })
})

describe('a customer key', () => {
  it('is not waited for', async () => {
    const pauses: number[] = []
    const service = adapter(kms, { pauses })
    kms.answer('GenerateDataKey', kmsError('NotFoundException'))
    kms.answer('Decrypt', kmsError('NotFoundException'))
    const arn = await customerKey()
    await failureOf(service.generateDataKey(use(arn)))
    await failureOf(service.unwrapDataKey({ keyId: arn, context, scope, wrapped: new Uint8Array(100) }))
    expect(pauses).toEqual([])
  })

  it('may have a policy that keeps its tags from us', async () => {
    const [arn, service] = [await customerKey(), adapter(kms)]
    kms.answer('ListResourceTags', kmsError('AccessDeniedException'))
    for (let time = 0; time < 2; time++) expect((await service.generateDataKey(use(arn))).keyArn).toBe(arn)
    expect(kms.takeCalls()).toEqual(['GenerateDataKey', 'ListResourceTags', 'GenerateDataKey'])
  })

  it.each([
    ['throttled', kmsError('ThrottlingException'), { kind: 'throttled' }],
    ['at fault', kmsError('KMSInternalException', 'oops', 500), { name: 'KMSInternalException' }],
  ])('is not taken for one when KMS is %s while it is asked for the tags', async (_title, answer, expected) => {
    const [arn, service] = [await customerKey(), adapter(kms)]
    kms.answer('ListResourceTags', answer)
    expect(await failureOf(service.generateDataKey(use(arn)))).toMatchObject(expected)
    // Nothing false is remembered.
    await service.generateDataKey(use(arn))
    expect(kms.takeCalls()).toEqual(['GenerateDataKey', 'ListResourceTags', 'GenerateDataKey', 'ListResourceTags'])
  })

  it('SM-KMS-09 is none when another deployment made it, nor behind an alias', async () => {
    const theirs = await adapter(kms, { deployment: 'coffer-prod' }).serviceKey({ secretArn, scope })
    const service = adapter(kms)
    expect(await failureOf(service.generateDataKey(use(theirs)))).toMatchObject({ kind: 'denied' })
    const alias = await customerKeys(kms.client).createAlias({ keyId: theirs.replace(/^.*\//, '') })
    for (const keyId of [alias, theirs.replace(/key\/.*$/, alias)])
      expect(await failureOf(service.wrapDataKey({ ...use(keyId), dataKey: DATA_KEY }))).toMatchObject({
        kind: 'denied',
      })
  })
})

describe('keys of others', () => {
  const foreign = 'arn:aws:kms:us-east-1:999988887777'
  const everyUse = (service: ReturnType<typeof adapter>, keyId: string, where = scope) => [
    service.generateDataKey({ ...use(keyId), scope: where }),
    service.generateDataKey({ ...use(keyId, 'service'), scope: where }),
    service.wrapDataKey({ ...use(keyId), scope: where, dataKey: DATA_KEY }),
    service.unwrapDataKey({ keyId, context, scope: where, wrapped: new Uint8Array(100) }),
  ]

  it.each(['key/mrk-0123456789abcdef0123456789abcdef', 'key/11111111-2222-4333-8444-555555555555', 'alias/theirs'])(
    'never get a call from us when they are in another account: %s',
    async (resource) => {
      for (const work of everyUse(adapter(kms), `${foreign}:${resource}`))
        expect(await failureOf(work)).toMatchObject({ kind: 'denied', code: 'AccessDeniedException' })
      await adapter(kms).retireServiceKey(`${foreign}:${resource}`)
      expect(kms.calls).toEqual([])
    },
  )

  it('never get a call when a name is to be looked up in another account', async () => {
    const where = { ...scope, account: '999988887777' }
    for (const keyId of ['alias/theirs', '11111111-2222-4333-8444-555555555555', await customerKey()])
      for (const work of everyUse(adapter(kms), keyId, where))
        expect(await failureOf(work)).toMatchObject({ kind: 'denied' })
    expect(await failureOf(adapter(kms).serviceKey({ secretArn, scope: where }))).toMatchObject({ kind: 'denied' })
    expect(kms.calls).toEqual([])
  })

  it('are not found in another Region, in the words of KMS, without a call', async () => {
    const elsewhere = (await customerKey()).replace('us-east-1', 'ap-south-1')
    const expected = { kind: 'unusable', code: 'NotFoundException', message: 'Invalid arn ap-south-1' }
    for (const work of [
      ...everyUse(adapter(kms), elsewhere),
      ...everyUse(adapter(kms), 'alias/x', { ...scope, region: 'ap-south-1' }),
    ])
      expect(await failureOf(work)).toMatchObject({ ...expected, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) })
    expect(kms.calls).toEqual([])
  })

  it.each([
    'arn:aws:s3:us-east-1:111122223333:key/x',
    'arn:aws:kms:us-east-1:999988887777',
    'arn:aws:kms:us-east-1:111122223333:key/x:arn:aws:kms:us-east-1:999988887777:key/x',
    ` ${foreign}:key/x`,
    `${foreign.toUpperCase()}:key/x`,
    'arn:aws:kms::111122223333:key/x',
    ':',
  ])('do not get a call through what only looks like an ARN: %j', async (keyId) => {
    for (const work of everyUse(adapter(kms), keyId))
      expect(await failureOf(work)).toMatchObject({ kind: expect.stringMatching(/^(?:unusable|denied)$/) })
    expect(kms.calls).toEqual([])
  })

  it('are not accepted as the answer of KMS either', async () => {
    const [one, other] = [await customerKey(), await customerKey()]
    const blob = Buffer.from('blob').toString('base64')
    for (const KeyId of [other, `${foreign}:key/x`, undefined]) {
      const body = JSON.stringify({ KeyId, CiphertextBlob: blob, Plaintext: Buffer.from(DATA_KEY).toString('base64') })
      for (const operation of ['GenerateDataKey', 'Encrypt', 'Decrypt']) kms.answer(operation, { status: 200, body })
      const service = adapter(kms)
      await expect(service.generateDataKey(use(one))).rejects.toThrow('another key')
      await expect(service.wrapDataKey({ ...use(one), dataKey: DATA_KEY })).rejects.toThrow('another key')
      const unwrapped = service.unwrapDataKey({ keyId: one, context, scope, wrapped: DATA_KEY })
      expect(await failureOf(unwrapped)).toMatchObject({ code: 'IncorrectKeyException' })
    }
  })
})

describe('data keys', () => {
  it('lie in memory of their own, so that wiping one leaves nothing behind and hits nothing else', async () => {
    const [arn, service] = [await customerKey(), adapter(kms)]
    const bytes = Buffer.alloc(32, 'thirty-two bytes of a data key.')
    const answer = { KeyId: arn, Plaintext: bytes.toString('base64'), CiphertextBlob: 'eA==' }
    for (const operation of ['GenerateDataKey', 'Decrypt'])
      kms.answer(operation, { status: 200, body: JSON.stringify(answer) })
    const made = await service.generateDataKey(use(arn))
    const opened = await service.unwrapDataKey({ keyId: arn, context, scope, wrapped: made.wrapped })
    for (const key of [made.key, opened]) {
      expect([...key]).toEqual([...bytes])
      expect(key.buffer.byteLength).toBe(32)
    }
    // The SDK had decoded them into the pool that the wrapped key still lies in.
    expect(made.wrapped.buffer.byteLength).toBeGreaterThan(1000)
    expect(Buffer.from(made.wrapped.buffer).includes(bytes)).toBe(false)
  })

  it('are bound to the whole context of the version', async () => {
    const [arn, service] = [await customerKey(), adapter(kms)]
    const { wrapped } = await service.wrapDataKey({ ...use(arn), dataKey: DATA_KEY })
    await service.generateDataKey(use(arn))
    await service.unwrapDataKey({ keyId: arn, context, scope, wrapped })
    for (const operation of ['Encrypt', 'GenerateDataKey', 'Decrypt'])
      expect(kms.calls.find((call) => call.operation === operation)?.input).toMatchObject({
        KeyId: arn,
        EncryptionContext: context,
      })
  })

  it('are not what a blob of another length holds', async () => {
    const arn = await customerKey()
    const encrypt = new EncryptCommand({ KeyId: arn, Plaintext: new Uint8Array(31), EncryptionContext: { ...context } })
    const { CiphertextBlob: wrapped } = await kms.client.send(encrypt)
    expect(
      await failureOf(adapter(kms).unwrapDataKey({ keyId: arn, context, scope, wrapped: wrapped! })),
    ).toMatchObject({ kind: 'unusable', code: 'InvalidCiphertextException' })
  })

  it('are not looked for in a blob that KMS would not take', async () => {
    const arn = await customerKey()
    for (const length of [0, 6145])
      expect(
        await failureOf(adapter(kms).unwrapDataKey({ keyId: arn, context, scope, wrapped: new Uint8Array(length) })),
      ).toMatchObject({ kind: 'unusable', code: 'InvalidCiphertextException' })
    expect(kms.calls).toEqual([])
  })

  it('have 256 bits, also when a caller brings one', async () => {
    const arn = await customerKey()
    const short = adapter(kms).wrapDataKey({ ...use(arn), dataKey: new Uint8Array(31) })
    await expect(short).rejects.toThrow('dataKey must have 32 bytes, not 31')
    expect(kms.calls).toEqual([])
  })
})

describe('shared mode', () => {
  const shared = (registry: MemoryRegistry) => adapter(kms, { mode: 'shared', registry })
  const ask = (service: ReturnType<typeof adapter>) => service.serviceKey({ secretArn, scope })

  it('has one winner among functions that start at once; the losers end their own keys', async () => {
    const registry = new MemoryRegistry()
    const answers = await Promise.all([1, 2, 3].map(() => ask(shared(registry))))
    expect(new Set(answers).size).toBe(1)
    const states = keysMade().map((arn) => [arn === answers[0], stateOf(arn)])
    expect(states).toHaveLength(3)
    expect(states).toEqual(states.map(([isWinner]) => [isWinner, isWinner ? 'Enabled' : 'PendingDeletion']))
  })

  it('makes one key for requests of one function that come at once', async () => {
    const service = shared(new MemoryRegistry())
    await Promise.all([ask(service), ask(service), ask(service)])
    expect(kms.takeCalls()).toEqual(['CreateKey'])
  })

  it('ends no key when it is not known whether it is on record', async () => {
    const registry = new MemoryRegistry()
    const lost = { find: () => registry.find(place), record: () => Promise.reject(new Error('no answer')) }
    await expect(ask(adapter(kms, { mode: 'shared', registry: lost }))).rejects.toThrow('no answer')
    expect(keysMade().map(stateOf)).toEqual(['Enabled'])
  })

  it('asks again after a failure', async () => {
    const service = shared(new MemoryRegistry())
    kms.answer('CreateKey', kmsError('ThrottlingException', 'Rate exceeded'))
    expect(await failureOf(ask(service))).toMatchObject({ kind: 'throttled' })
    expect(await ask(service)).toBe(keysMade()[0])
  })
})

describe('retiring', () => {
  it('waits a week, the shortest that KMS has', async () => {
    const service = adapter(kms)
    const keyId = await service.serviceKey({ secretArn, scope })
    await service.retireServiceKey(keyId)
    expect(kms.calls.at(-1)).toMatchObject({
      operation: 'ScheduleKeyDeletion',
      input: { KeyId: keyId, PendingWindowInDays: 7 },
    })
  })

  it('never touches a key of another deployment in the account', async () => {
    const theirs = await adapter(kms, { deployment: 'coffer-prod' }).serviceKey({ secretArn, scope })
    await adapter(kms).retireServiceKey(theirs)
    expect(stateOf(theirs)).toBe('Enabled')
    expect(kms.takeCalls()).toEqual(['CreateKey', 'ListResourceTags'])
  })

  it('is not taken for done when we may not look at the tags, or when KMS is busy', async () => {
    const service = adapter(kms)
    const keyId = await service.serviceKey({ secretArn, scope })
    kms.answer('ListResourceTags', kmsError('AccessDeniedException'))
    expect(await failureOf(service.retireServiceKey(keyId))).toMatchObject({ kind: 'denied' })
    kms.answer('ScheduleKeyDeletion', kmsError('ThrottlingException'))
    expect(await failureOf(service.retireServiceKey(keyId))).toMatchObject({ kind: 'throttled' })
    kms.answer('ScheduleKeyDeletion', kmsError('KMSInvalidStateException', `${keyId} is updating.`), 100)
    expect(await failureOf(service.retireServiceKey(keyId))).toMatchObject({ code: 'KMSInvalidStateException' })
  })

  it('has nothing to do for a primary that waits for its replicas, nor for what is no key', async () => {
    const service = adapter(kms)
    const keyId = await service.serviceKey({ secretArn, scope })
    await kms.keyring.replicate(kms.keyring.resolve(place, keyId), { region: 'eu-west-1' })
    for (let time = 0; time < 2; time++) await service.retireServiceKey(keyId)
    expect(stateOf(keyId)).toBe('PendingReplicaDeletion')
    kms.takeCalls()
    for (const odd of ['', 'alias/x', keyId.replace('us-east-1', 'eu-west-1'), keyId.replace('key/', 'alias/')])
      await service.retireServiceKey(odd)
    expect(kms.calls).toEqual([])
  })
})

describe('the walk over the dedicated keys', () => {
  const tagged = (arn: string): TaggedKey => ({ arn, tags: new Map([['coffer:secret-arn', secretArn]]) })

  it('answers the keys that live, with their age, and neither pending nor gone ones', async () => {
    const service = adapter(kms)
    const [alive, retired] = [
      await service.serviceKey({ secretArn, scope }),
      await service.serviceKey({ secretArn, scope }),
    ]
    await service.retireServiceKey(retired)
    const gone = alive.replace(/.{12}$/, '000000000000')
    const findKeys = async () => ({ keys: [retired, alive, gone].map(tagged), next: undefined })
    const sweeper = adapter(kms, { findKeys })
    expect(await sweeper.scanServiceKeys(undefined, 500)).toEqual([
      { keyArn: alive, secretArn, createdAt: kms.clock.now(), position: expect.any(String) },
    ])
  })

  it("passes over a customer's key that somebody gave the tags of ours", async () => {
    const theirs = await customerKey()
    const sweeper = adapter(kms, { findKeys: async () => ({ keys: [tagged(theirs)], next: undefined }) })
    expect(await sweeper.scanServiceKeys(undefined, 500)).toEqual([])
  })

  it('is not offered where the means to find keys are not there', async () => {
    await expect(adapter(kms).scanServiceKeys(undefined, 500)).rejects.toThrow('only the sweeper')
  })
})

describe('trouble', () => {
  it.each([
    ['AccessDeniedException', 'denied'],
    ['ThrottlingException', 'throttled'],
    ['DisabledException', 'unusable'],
    ['InvalidKeyUsageException', 'unusable'],
    ['KMSInvalidStateException', 'unusable'],
    ['NotFoundException', 'unusable'],
    ['ValidationException', 'unusable'],
  ])('of the code %s is %s, with the words and the request id of KMS', async (code, kind) => {
    kms.answer('Decrypt', kmsError(code, 'as KMS says'))
    const work = adapter(kms).unwrapDataKey({ keyId: 'alias/x', context, scope, wrapped: new Uint8Array(100) })
    const failure = await failureOf(work)
    expect(failure).toBeInstanceOf(KeyFailure)
    expect(failure).toMatchObject({
      kind,
      code,
      message: 'as KMS says',
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
  })

  it('with the quota of keys is told as KMS tells it', async () => {
    kms.answer('CreateKey', kmsError('LimitExceededException', 'You have too many keys.'))
    expect(await failureOf(adapter(kms).serviceKey({ secretArn, scope }))).toMatchObject({
      kind: 'unusable',
      message: 'You have too many keys.',
    })
  })

  it.each([
    ['KMSInternalException', 500],
    ['KeyUnavailableException', 500],
    ['DependencyTimeoutException', 503],
    ['ServiceUnavailable', 503],
    ['UnrecognizedClientException', 400],
    ['ExpiredTokenException', 400],
  ])("of the code %s is nobody's wrong key, and stays the error that it was", async (code, status) => {
    kms.answer('GenerateDataKey', kmsError(code, 'as KMS says', status))
    const failure = await failureOf(adapter(kms).generateDataKey(use('alias/x')))
    expect(failure).not.toBeInstanceOf(KeyFailure)
    expect(failure).toMatchObject({ name: code, message: 'as KMS says' })
  })

  it('with our own request to make a key is a fault of ours', async () => {
    kms.answer('CreateKey', kmsError('MalformedPolicyDocumentException'))
    expect(await failureOf(adapter(kms).serviceKey({ secretArn, scope }))).not.toBeInstanceOf(KeyFailure)
  })

  it('on the way is no KeyFailure: a time-out', async () => {
    const slow = await recordingKms({ requestTimeout: 50 })
    slow.answer('GenerateDataKey', 'hang')
    const failure = await failureOf(adapter(slow).generateDataKey(use('alias/x')))
    await slow.close()
    expect(failure).not.toBeInstanceOf(KeyFailure)
    expect(failure.name).toBe('TimeoutError')
  })

  it('never shows a data key, whatever the answer is like', async () => {
    const hunt = new CanaryHunt()
    const secret = Buffer.from('a data key of 32 bytes, as it is')
    hunt.add('data key', secret)
    const [arn, service] = [await customerKey(), adapter(kms)]
    const answers = [
      `{"Plaintext": ${secret.toString('base64')}`,
      `{"KeyId":"${arn}","Plaintext":"${secret.toString('base64')}"x`,
      `{"KeyId":"${arn}","Plaintext":"${secret.toString('base64')}"}`,
      JSON.stringify({
        KeyId: arn,
        Plaintext: Buffer.concat([secret, secret]).toString('base64'),
        CiphertextBlob: 'eA==',
      }),
      JSON.stringify({ KeyId: 'other', Plaintext: secret.toString('base64'), CiphertextBlob: 'eA==' }),
      secret.toString('base64'),
    ]
    for (const body of answers) {
      kms.answer('GenerateDataKey', { status: 200, body })
      const failure = await failureOf(service.generateDataKey(use(arn)))
      const shown = [
        failure.message,
        failure.stack,
        JSON.stringify(failure),
        inspect(failure, { depth: 9, showHidden: true }),
      ]
      expect(hunt.inText('error', shown.join('\n'))).toEqual([])
      expect(failure.message).not.toContain(secret.toString('base64').slice(0, 8))
    }
    expect(await failureOf(service.wrapDataKey({ ...use('alias/none'), dataKey: secret }))).toBeInstanceOf(KeyFailure)
  })
})

it('remembers only so many keys', async () => {
  const answers: Record<string, unknown>[] = []
  const fake = {
    send: async ({ input }: { input: Record<string, unknown> }) => {
      answers.push(input)
      return { KeyId: input.KeyId, CiphertextBlob: new Uint8Array(1), Plaintext: new Uint8Array(32), Tags: [] }
    },
  } as unknown as KMSClient
  const many = adapter({ client: fake, clock: kms.clock })
  const arnOf = (index: number) => `arn:aws:kms:us-east-1:111122223333:key/${index}`
  for (let index = 0; index <= 1000; index++) await many.generateDataKey(use(arnOf(index)))
  answers.length = 0
  await many.generateDataKey(use(arnOf(1000)))
  expect(answers).toHaveLength(1)
  await many.generateDataKey(use(arnOf(0)))
  expect(answers).toHaveLength(3)
})

it('lets no service start for a deployment whose name would open its keys to others', () => {
  expect(() => adapter(kms, { deployment: '*' })).toThrow(TypeError)
})

it('leaves a key that a customer made with the same words alone', async () => {
  const { KeyMetadata: key } = await kms.client.send(new CreateKeyCommand({ Description: `Coffer: ${secretArn}` }))
  await adapter(kms).retireServiceKey(key!.Arn!)
  expect(stateOf(key!.Arn!)).toBe('Enabled')
})
