import { DescribeKeyCommand, ListResourceTagsCommand, TagResourceCommand } from '@aws-sdk/client-kms'
import type { KeyDecryptUse } from '../../../../lambda/core/ports/key-service.ts'
import * as states from '../../../../lambda/adapters/embedded/keyring/key-states.ts'
import { parseKeyArn } from '../../../../lambda/adapters/embedded/keyring/key-names.ts'
import { failureOf, otherRegion, place } from '../../../support/keyring-fixture.ts'
import {
  adapterIn,
  context,
  customerKeys,
  kmsError,
  MemoryRegistry,
  recordingKms,
  scope,
  secretArn,
  type RecordingKms,
} from './kms-fixture.ts'

const AWAY = otherRegion.region
const away = { ...scope, region: AWAY }
const copyArn = secretArn.replace(place.region, AWAY)
const copyContext = { ...context, SecretARN: copyArn }

let kms: RecordingKms
beforeEach(async () => (kms = await recordingKms()))
afterEach(() => kms.close())

const named = (arn: string) => kms.keyring.read(parseKeyArn(arn)!)
const keysIn = (region: string): string[] =>
  kms.keyring.list({ ...place, region }, { after: '', limit: 100 }).map(({ arn }) => arn)
const inAway = (arn: string): string => arn.replace(place.region, AWAY)
const sourceKey = async (): Promise<string> => {
  const arn = await adapterIn(kms, place.region).serviceKey({ secretArn, scope })
  kms.takeCalls()
  return arn
}
const replicaKey = (sourceKeyArn: string | undefined, pauses: number[] = []): Promise<string> =>
  adapterIn(kms, AWAY, { pauses }).replicaKey({ sourceKeyArn, secretArn: copyArn, scope: away })
const placesOfCalls = (): string[] => kms.calls.splice(0).map(({ operation, region }) => `${operation} ${region}`)

describe('the key of a copy', () => {
  it('is made by the primary key in its own Region, with the attributes of every service key', async () => {
    const source = await sourceKey()
    expect(await replicaKey(source)).toBe(inAway(source))
    const { input } = kms.calls.at(-1)!
    expect(placesOfCalls()).toEqual([
      `DescribeKey ${AWAY}`,
      `ListResourceTags ${place.region}`,
      `ReplicateKey ${place.region}`,
    ])
    expect(input).toMatchObject({
      KeyId: source,
      ReplicaRegion: AWAY,
      Description: `Coffer: ${copyArn}`,
      BypassPolicyLockoutSafetyCheck: true,
      Tags: [
        { TagKey: 'coffer:deployment', TagValue: 'coffer' },
        { TagKey: 'coffer:secret-arn', TagValue: copyArn },
        { TagKey: 'coffer:created-at', TagValue: new Date(kms.clock.now()).toISOString() },
      ],
    })
    expect(input.Policy).toBe(kms.keyring.policyOf(named(source)))
  })

  it('is known for one of ours, and is no customer key there', async () => {
    const arn = await replicaKey(await sourceKey())
    const failure = await failureOf(adapterIn(kms, AWAY).describeKey({ keyId: arn, scope: away }))
    expect(failure).toMatchObject({ kind: 'denied' })
  })

  it('costs two calls when it is there already, in its own Region alone', async () => {
    const source = await sourceKey()
    await replicaKey(source)
    kms.takeCalls()
    await replicaKey(source)
    expect(placesOfCalls()).toEqual([`DescribeKey ${AWAY}`, `ListResourceTags ${AWAY}`])
  })

  it('is taken as it is when somebody makes it at the same moment', async () => {
    const source = await sourceKey()
    await replicaKey(source)
    kms.answer('DescribeKey', kmsError('NotFoundException'))
    expect(await replicaKey(source)).toBe(inAway(source))
    expect(keysIn(AWAY)).toEqual([inAway(source)])
  })

  it('is waited for when that one is not known everywhere yet', async () => {
    const source = await sourceKey()
    await replicaKey(source)
    kms.answer('DescribeKey', kmsError('NotFoundException'), 3)
    const pauses: number[] = []
    expect(await replicaKey(source, pauses)).toBe(inAway(source))
    expect(pauses).toEqual([100, 200])
  })

  it('is waited for while KMS is still making it', async () => {
    const [source, pauses]: [string, number[]] = [await sourceKey(), []]
    const creating = { Arn: inAway(source), KeyId: inAway(source), KeyState: 'Creating' }
    await replicaKey(source)
    // As the two calls of the first copy would have been answered.
    kms.answer('DescribeKey', kmsError('NotFoundException'))
    kms.answer('ReplicateKey', { status: 200, body: JSON.stringify({ ReplicaKeyMetadata: creating }) })
    kms.answer('DescribeKey', kmsError('NotFoundException'))
    kms.answer('DescribeKey', { status: 200, body: JSON.stringify({ KeyMetadata: creating }) })
    expect(await replicaKey(source, pauses)).toBe(inAway(source))
    expect(pauses).toEqual([100, 200])
  })

  it('is waited for while KMS is still making it for somebody else', async () => {
    const [source, pauses]: [string, number[]] = [await sourceKey(), []]
    await replicaKey(source)
    const creating = { Arn: inAway(source), KeyState: 'Creating', Description: `Coffer: ${copyArn}` }
    kms.answer('DescribeKey', kmsError('NotFoundException'))
    kms.answer('DescribeKey', { status: 200, body: JSON.stringify({ KeyMetadata: creating }) }, 3)
    expect(await replicaKey(source, pauses)).toBe(inAway(source))
    expect(pauses).toEqual([100, 200])
  })

  it('is given to the caller after 12.7 s at the latest: its first use finds out', async () => {
    const [source, pauses]: [string, number[]] = [await sourceKey(), []]
    const creating = { Arn: inAway(source), KeyId: inAway(source), KeyState: 'Creating' }
    kms.answer('DescribeKey', kmsError('NotFoundException'))
    kms.answer('ReplicateKey', { status: 200, body: JSON.stringify({ ReplicaKeyMetadata: creating }) })
    kms.answer('DescribeKey', { status: 200, body: JSON.stringify({ KeyMetadata: creating }) }, 100)
    expect(await replicaKey(source, pauses)).toBe(inAway(source))
    expect(pauses.reduce((sum, pause) => sum + pause)).toBe(12_700)
  })

  it('waits for a primary key that was made a moment ago', async () => {
    const [source, pauses]: [string, number[]] = [await sourceKey(), []]
    kms.answer('ListResourceTags', kmsError('NotFoundException'))
    kms.answer('ReplicateKey', kmsError('KMSInvalidStateException', `${source} is creating.`))
    expect(await replicaKey(source, pauses)).toBe(inAway(source))
    expect(pauses).toEqual([100, 100])
  })

  it('is a fresh one where the key of the primary may not be looked at: then it is not ours', async () => {
    const source = await sourceKey()
    kms.answer('ListResourceTags', kmsError('AccessDeniedException'))
    const arn = await replicaKey(source)
    expect(arn).not.toBe(inAway(source))
    expect(keysIn(AWAY)).toEqual([arn])
  })

  it('is never the replica that somebody else has made of a key of ours for another purpose', async () => {
    const source = await sourceKey()
    await kms.keyring.replicate(parseKeyArn(source)!, { region: AWAY, tags: [{ key: 'team', value: 'red' }] })
    expect(await replicaKey(source)).not.toBe(inAway(source))
  })

  it('is never that of another secret', async () => {
    const source = await sourceKey()
    const arn = await replicaKey(source)
    const other = [{ TagKey: 'coffer:secret-arn', TagValue: copyArn.replace('app/db', 'other') }]
    await kms.clientIn(AWAY).send(new TagResourceCommand({ KeyId: arn, Tags: other }))
    expect(await replicaKey(source)).not.toBe(arn)
  })

  it('in shared mode asks no other Region', async () => {
    const [source, registry] = [await sourceKey(), new MemoryRegistry()]
    const service = adapterIn(kms, AWAY, { mode: 'shared', registry })
    await service.replicaKey({ sourceKeyArn: source, secretArn: copyArn, scope: away })
    expect(placesOfCalls()).toEqual([`CreateKey ${AWAY}`])
  })

  it('is never a key whose tags somebody has made look like ours', async () => {
    const customers = await customerKeys(kms.client).createKey({ multiRegion: true })
    const replica = await kms.keyring.replicate(parseKeyArn(customers.arn)!, { region: AWAY })
    const tags = [
      { TagKey: 'coffer:deployment', TagValue: 'coffer' },
      { TagKey: 'coffer:secret-arn', TagValue: copyArn },
    ]
    await kms.clientIn(AWAY).send(new TagResourceCommand({ KeyId: replica.arn, Tags: tags }))
    await kms.keyring.change(replica, states.disabled)
    expect(await adapterIn(kms, AWAY).reviveServiceKey(replica.arn)).toBe(false)
    expect(await replicaKey(customers.arn)).not.toBe(replica.arn)
    expect(named(replica.arn).state).toBe('Disabled')
  })

  it('is not made where the key of the primary is disabled: nothing opens, and its owner is told', async () => {
    const source = await sourceKey()
    await kms.keyring.change(parseKeyArn(source)!, states.disabled)
    expect(await failureOf(replicaKey(source))).toMatchObject({ kind: 'unusable', code: 'DisabledException' })
    expect(keysIn(AWAY)).toEqual([])
  })

  it.each([
    ['AccessDeniedException', 'denied'],
    ['LimitExceededException', 'unusable'],
    ['ThrottlingException', 'throttled'],
  ])('is not replaced by a fresh one when KMS answers %s', async (code, kind) => {
    const source = await sourceKey()
    kms.answer('ReplicateKey', kmsError(code))
    expect(await failureOf(replicaKey(source))).toMatchObject({ name: 'KeyFailure', kind, code })
    expect(keysIn(AWAY)).toEqual([])
  })

  it.each([
    ['is at fault', kmsError('KMSInternalException', 'oops', 500), 'KMSInternalException'],
    ['does not know us', kmsError('UnrecognizedClientException'), 'UnrecognizedClientException'],
  ])('fails with an ordinary error when the other KMS %s', async (_title, answer, name) => {
    const source = await sourceKey()
    kms.answer('ReplicateKey', answer)
    expect(await failureOf(replicaKey(source))).toMatchObject({ name })
    expect(keysIn(AWAY)).toEqual([])
  })

  it('must be the very replica that was asked for', async () => {
    const source = await sourceKey()
    const other = { Arn: inAway(source).replace(/.{4}$/, '0000'), KeyState: 'Enabled' }
    kms.answer('ReplicateKey', { status: 200, body: JSON.stringify({ ReplicaKeyMetadata: other }) })
    await expect(replicaKey(source)).rejects.toThrow('another key')
  })

  it('is nothing for a function without the means, which still makes fresh ones', async () => {
    const [source, service] = [await sourceKey(), adapterIn(kms, AWAY, { isReplicator: false })]
    const asked = { secretArn: copyArn, scope: away }
    await expect(service.replicaKey({ ...asked, sourceKeyArn: source })).rejects.toThrow('only the replicator')
    expect(kms.calls).toEqual([])
    expect(await service.replicaKey({ ...asked, sourceKeyArn: undefined })).toContain(AWAY)
  })

  it.each(['', 'alias/x', 'arn:aws:kms:us-east-1:999988887777:key/mrk-0123456789abcdef0123456789abcdef'])(
    'is a fresh one for a source of another account or no key at all: %j',
    async (source) => {
      const arn = await replicaKey(source)
      expect(keysIn(AWAY)).toEqual([arn])
      expect(placesOfCalls()).toEqual([`CreateKey ${AWAY}`])
    },
  )
})

describe('reviving', () => {
  it('cancels the deletion and enables the key, which KMS leaves disabled', async () => {
    const service = adapterIn(kms, AWAY)
    const arn = await replicaKey(await sourceKey())
    await service.retireServiceKey(arn)
    kms.takeCalls()
    expect(await service.reviveServiceKey(arn)).toBe(true)
    expect(kms.takeCalls()).toEqual(['DescribeKey', 'ListResourceTags', 'CancelKeyDeletion', 'EnableKey'])
    expect(named(arn).state).toBe('Enabled')
    expect(await service.reviveServiceKey(arn)).toBe(true)
    expect(kms.takeCalls()).toEqual(['DescribeKey', 'ListResourceTags'])
  })

  it('enables a key that a try before has left disabled', async () => {
    const arn = await replicaKey(await sourceKey())
    await kms.keyring.change(parseKeyArn(arn)!, states.disabled)
    expect(await adapterIn(kms, AWAY).reviveServiceKey(arn)).toBe(true)
    expect(named(arn).state).toBe('Enabled')
  })

  it('leaves a key disabled where only a deletion is to be taken back', async () => {
    const arn = await replicaKey(await sourceKey())
    await kms.keyring.change(parseKeyArn(arn)!, states.disabled)
    expect(await adapterIn(kms, AWAY).reviveServiceKey(arn, { onlyEnding: true })).toBe(true)
    expect(named(arn).state).toBe('Disabled')
  })

  it('waits while other hosts of KMS still have the key pending deletion', async () => {
    const [arn, pauses]: [string, number[]] = [await replicaKey(await sourceKey()), []]
    const service = adapterIn(kms, AWAY, { pauses })
    await service.retireServiceKey(arn)
    kms.answer('EnableKey', kmsError('KMSInvalidStateException', `${arn} is pending deletion.`), 2)
    expect(await service.reviveServiceKey(arn)).toBe(true)
    expect(pauses).toEqual([100, 200])
  })

  it('is not taken for done, nor for impossible, when KMS says no', async () => {
    const [arn, service] = [await replicaKey(await sourceKey()), adapterIn(kms, AWAY)]
    await service.retireServiceKey(arn)
    kms.answer('CancelKeyDeletion', kmsError('AccessDeniedException'))
    expect(await failureOf(service.reviveServiceKey(arn))).toMatchObject({ kind: 'denied' })
    kms.answer('DescribeKey', kmsError('ThrottlingException'))
    expect(await failureOf(service.reviveServiceKey(arn))).toMatchObject({ kind: 'throttled' })
  })

  it('leaves keys of other deployments and Regions alone', async () => {
    const arn = await replicaKey(await sourceKey())
    kms.takeCalls()
    expect(await adapterIn(kms, place.region).reviveServiceKey(arn)).toBe(false)
    expect(kms.calls).toEqual([])
    const tags = [{ TagKey: 'coffer:deployment', TagValue: 'coffer-prod' }]
    await kms.clientIn(AWAY).send(new TagResourceCommand({ KeyId: arn, Tags: tags }))
    expect(await adapterIn(kms, AWAY).reviveServiceKey(arn)).toBe(false)
  })
})

describe("opening with another Region's key", () => {
  const sealedAtHome = async () => {
    const { arn } = await customerKeys(kms.client).createKey()
    const service = adapterIn(kms, place.region)
    const made = await service.generateDataKey({ keyId: arn, owner: 'customer', context, scope })
    kms.takeCalls()
    return { arn, ...made }
  }
  const useOf = ({ arn, wrapped }: { readonly arn: string; readonly wrapped: Uint8Array }): KeyDecryptUse => ({
    keyId: arn,
    context,
    scope,
    wrapped,
    owner: 'customer',
  })

  it('asks KMS of that Region, once', async () => {
    const sealed = await sealedAtHome()
    expect(await adapterIn(kms, AWAY).unwrapDataKey(useOf(sealed))).toEqual(new Uint8Array(sealed.key))
    expect(placesOfCalls()).toEqual([`Decrypt ${place.region}`])
  })

  it('is refused without the means, without a call, and so is every other use of a key there', async () => {
    const sealed = await sealedAtHome()
    const refused = { kind: 'unusable', code: 'NotFoundException', message: `Invalid arn ${place.region}` }
    expect(await failureOf(adapterIn(kms, AWAY, { isReplicator: false }).unwrapDataKey(useOf(sealed)))).toMatchObject(
      refused,
    )
    const replicator = adapterIn(kms, AWAY)
    const use = { keyId: sealed.arn, owner: 'customer', context, scope } as const
    for (const work of [
      replicator.generateDataKey(use),
      replicator.wrapDataKey({ ...use, dataKey: new Uint8Array(32) }),
      replicator.describeKey(use),
      replicator.serviceKey({ secretArn, scope }),
      replicator.replicaKey({ sourceKeyArn: undefined, secretArn, scope }),
      // A key that is not where the scope says.
      replicator.unwrapDataKey({ ...useOf(sealed), scope: away }),
      replicator.unwrapDataKey({ ...useOf(sealed), keyId: inAway(sealed.arn) }),
    ])
      expect(await failureOf(work)).toMatchObject({ kind: 'unusable', code: 'NotFoundException' })
    await replicator.retireServiceKey(sealed.arn)
    expect(kms.calls).toEqual([])
  })

  it('never asks for another account', async () => {
    const sealed = await sealedAtHome()
    const foreign = { ...useOf(sealed), keyId: sealed.arn.replace(place.account, '999988887777') }
    const elsewhere = { ...useOf(sealed), scope: { ...scope, account: '999988887777' } }
    for (const use of [foreign, elsewhere])
      expect(await failureOf(adapterIn(kms, AWAY).unwrapDataKey(use))).toMatchObject({ kind: 'denied' })
    expect(kms.calls).toEqual([])
  })

  it('takes no other key, nor a related one of its own Region, for the answer', async () => {
    const sealed = await sealedAtHome()
    for (const KeyId of [inAway(sealed.arn), sealed.arn.replace(/.{4}$/, '0000')]) {
      const body = JSON.stringify({ KeyId, Plaintext: Buffer.from(sealed.key).toString('base64') })
      kms.answer('Decrypt', { status: 200, body })
      expect(await failureOf(adapterIn(kms, AWAY).unwrapDataKey(useOf(sealed)))).toMatchObject({
        code: 'IncorrectKeyException',
      })
    }
  })

  it("is the owner's wrong key only when that KMS says so; trouble on the way there is not", async () => {
    const sealed = await sealedAtHome()
    kms.answer('Decrypt', kmsError('DisabledException'))
    expect(await failureOf(adapterIn(kms, AWAY).unwrapDataKey(useOf(sealed)))).toMatchObject({
      name: 'KeyFailure',
      kind: 'unusable',
    })
    const impatient = await recordingKms({ requestTimeout: 50 })
    try {
      impatient.answer('Decrypt', 'hang')
      const failure = await failureOf(adapterIn(impatient, AWAY).unwrapDataKey(useOf(sealed)))
      expect(failure.name).toBe('TimeoutError')
    } finally {
      await impatient.close()
    }
  })

  it('waits for a service key that was made there a moment ago', async () => {
    const [source, pauses]: [string, number[]] = [await sourceKey(), []]
    const use = { keyId: source, owner: 'service', context, scope } as const
    const { wrapped } = await adapterIn(kms, place.region).generateDataKey(use)
    kms.answer('Decrypt', kmsError('NotFoundException'))
    await adapterIn(kms, AWAY, { pauses }).unwrapDataKey({ ...use, wrapped })
    expect(pauses).toEqual([100])
  })
})

it('a related key opens and seals in its own Region, without a call to the other', async () => {
  const source = await sourceKey()
  const [arn, service] = [await replicaKey(source), adapterIn(kms, AWAY)]
  const { wrapped } = await adapterIn(kms, place.region).generateDataKey({
    keyId: source,
    owner: 'service',
    context,
    scope,
  })
  kms.takeCalls()
  await service.unwrapDataKey({ keyId: arn, owner: 'service', context, scope: away, wrapped })
  await service.generateDataKey({ keyId: arn, owner: 'service', context: copyContext, scope: away })
  expect(placesOfCalls()).toEqual([`Decrypt ${AWAY}`, `GenerateDataKey ${AWAY}`])
})

it('the key of a copy carries the tags that the daily walk goes by', async () => {
  const arn = await replicaKey(await sourceKey())
  const client = kms.clientIn(AWAY)
  const { Tags: tags = [] } = await client.send(new ListResourceTagsCommand({ KeyId: arn }))
  expect(tags).toContainEqual({ TagKey: 'coffer:secret-arn', TagValue: copyArn })
  const { KeyMetadata: key } = await client.send(new DescribeKeyCommand({ KeyId: arn }))
  expect(key?.MultiRegionConfiguration).toMatchObject({ MultiRegionKeyType: 'REPLICA' })
})
