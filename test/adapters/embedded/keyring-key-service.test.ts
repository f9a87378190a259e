import { KeyringKeyService } from '../../../lambda/adapters/embedded/keyring-key-service.ts'
import * as states from '../../../lambda/adapters/embedded/keyring/key-states.ts'
import type { KeyMode } from '../../../lambda/core/ports/key-service.ts'
import { keyServiceContract, type KeyOptions } from '../../contracts/key-service-contract.ts'
import {
  DAY,
  entropy,
  failureOf,
  keyringFixture,
  otherRegion,
  place,
  principal,
} from '../../support/keyring-fixture.ts'

const scope = { ...place, principal }
const secretArn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:app/db-AbCdEf'
const context = { SecretARN: secretArn, SecretVersionId: 'version' }

async function make(mode: KeyMode) {
  const { keyring, database, clock } = await keyringFixture()
  const service = new KeyringKeyService({ keyring, entropy, mode })
  const named = (arn: string) => keyring.resolve(place, arn)
  return {
    service,
    keyring,
    clock,
    scope,
    createKey: async ({ multiRegion = false, tag }: KeyOptions = {}) => {
      const { id, arn } = await keyring.create({ place, owner: 'customer', multiRegion, tags: tag ? [tag] : [] })
      return { keyId: id, arn }
    },
    createAlias: async ({ arn }: { arn: string }) => {
      await keyring.createAlias(named(arn), 'alias/contract')
      return 'alias/contract'
    },
    setPolicy: (arn: string, policy: string) => keyring.setPolicy(named(arn), { text: policy, principals: [] }),
    disable: async (arn: string) => {
      await keyring.change(named(arn), states.disabled)
    },
    scheduleDeletion: async (arn: string) => {
      await keyring.scheduleDeletion(named(arn), 7)
    },
    stateOf: async (arn: string) => keyring.read(named(arn)).state,
    dispose: async () => database.close(),
  }
}

keyServiceContract('embedded keyring', make)

describe('the embedded key service', () => {
  it('makes dedicated keys multi-Region and tags them with their secret', async () => {
    const { service, keyring, dispose } = await make('per-secret')
    const arn = await service.serviceKey({ secretArn, scope })
    expect(arn).toMatch(/^arn:aws:kms:us-east-1:111122223333:key\/mrk-[0-9a-f]{32}$/)
    expect(keyring.read(keyring.resolve(place, arn))).toMatchObject({
      owner: 'dedicated',
      primaryRegion: 'us-east-1',
      tags: [{ key: 'coffer:secret-arn', value: secretArn }],
    })
    await dispose()
  })

  it('puts the shared key behind the alias of the service, one in each account and Region', async () => {
    const { service, keyring, dispose } = await make('shared')
    const arn = await service.serviceKey({ secretArn, scope })
    expect(keyring.usableKey(place, 'alias/aws/secretsmanager').arn).toBe(arn)
    const elsewhere = [
      { ...scope, region: otherRegion.region },
      { ...scope, account: '999988887777' },
    ]
    const others = await Promise.all(elsewhere.map((where) => service.serviceKey({ secretArn, scope: where })))
    expect(new Set([arn, ...others]).size).toBe(3)
    await dispose()
  })

  it('uses a key of another account by its ARN, for a caller who was allowed it', async () => {
    const { service, createKey, dispose } = await make('per-secret')
    const { arn } = await createKey()
    const elsewhere = { ...scope, account: '999988887777' }
    expect(await service.describeKey({ keyId: arn, scope: elsewhere })).toMatchObject({ arn, account: place.account })
    const made = await service.generateDataKey({ keyId: arn, owner: 'customer', context, scope: elsewhere })
    const opened = await service.unwrapDataKey({ keyId: arn, wrapped: made.wrapped, context, scope: elsewhere })
    expect(opened).toEqual(Buffer.from(made.key))
    await dispose()
  })

  it('destroys a retired key a week later by the clock', async () => {
    const { service, keyring, clock, dispose } = await make('per-secret')
    const keyId = await service.serviceKey({ secretArn, scope })
    const { wrapped } = await service.generateDataKey({ keyId, owner: 'service', context, scope })
    await service.retireServiceKey(keyId)
    clock.advance(7 * DAY)
    expect(await keyring.sweep()).toEqual({ destroyed: 1, rotated: 0 })
    await service.retireServiceKey(keyId)
    expect(await failureOf(service.unwrapDataKey({ keyId, context, scope, wrapped }))).toMatchObject({
      kind: 'unusable',
      message: `Key '${keyId}' does not exist`,
    })
    await dispose()
  })

  it('walks the dedicated keys that are not retired, in all accounts and Regions', async () => {
    const { service, createKey, dispose } = await make('per-secret')
    await createKey()
    const places = [scope, { ...scope, region: otherRegion.region }, { ...scope, account: '999988887777' }]
    const made = await Promise.all(places.map((where) => service.serviceKey({ secretArn, scope: where })))
    const retired = await service.serviceKey({ secretArn, scope })
    await service.retireServiceKey(retired)
    const first = await service.scanServiceKeys(undefined, 2)
    const rest = await service.scanServiceKeys(first.at(-1)?.position, 2)
    expect([...first, ...rest].map(({ keyArn }) => keyArn).sort()).toEqual([...made].sort())
    expect(first[0]).toMatchObject({ secretArn, createdAt: expect.any(Number) })
    await dispose()
  })

  it('does not take a ciphertext of another length for a data key', async () => {
    const { service, keyring, createKey, dispose } = await make('per-secret')
    const { arn } = await createKey()
    const blob = await keyring.encrypt(keyring.usableKey(place, arn), Buffer.alloc(31), { ...context })
    expect(await failureOf(service.unwrapDataKey({ keyId: arn, context, scope, wrapped: blob }))).toMatchObject({
      code: 'InvalidCiphertextException',
    })
    await dispose()
  })
})
