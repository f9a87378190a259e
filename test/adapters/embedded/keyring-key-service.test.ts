import { KeyringKeyService } from '../../../lambda/adapters/embedded/keyring-key-service.ts'
import { parseKeyArn } from '../../../lambda/adapters/embedded/keyring/key-names.ts'
import * as states from '../../../lambda/adapters/embedded/keyring/key-states.ts'
import type { KeyMode } from '../../../lambda/core/ports/key-service.ts'
import { keyReplicationContract } from '../../contracts/key-replication-contract.ts'
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

keyReplicationContract('embedded keyring', async (mode) => {
  const { service, keyring, clock, dispose } = await make(mode)
  const named = (arn: string) => keyring.read(parseKeyArn(arn)!)
  return {
    home: { service, scope },
    away: { service, scope: { ...scope, region: otherRegion.region } },
    third: { service, scope: { ...scope, region: 'us-west-2' } },
    createKey: async () => (await keyring.create({ place, owner: 'customer', multiRegion: true })).arn,
    stateOf: async (arn) => named(arn).state,
    passWindow: async () => {
      clock.advance(7 * DAY)
      await keyring.sweep()
    },
    dispose,
  }
})

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

describe('keys for copies', () => {
  const away = { ...scope, region: otherRegion.region }
  const copyArn = secretArn.replace(place.region, away.region)
  const subject = async () => {
    const made = await make('per-secret')
    const source = await made.service.serviceKey({ secretArn, scope })
    const related = source.replace(place.region, away.region)
    const replicaKey = (sourceKeyArn: string, where = away) =>
      made.service.replicaKey({ sourceKeyArn, secretArn: copyArn, scope: where })
    const recordOf = (arn: string) => made.keyring.read(parseKeyArn(arn)!)
    return { ...made, source, related, replicaKey, recordOf }
  }

  it("are the service's own, tagged with the ARN of the copy", async () => {
    const { replicaKey, source, related, recordOf, dispose } = await subject()
    expect(await replicaKey(source)).toBe(related)
    expect(recordOf(related)).toMatchObject({
      owner: 'dedicated',
      primaryRegion: place.region,
      tags: [{ key: 'coffer:secret-arn', value: copyArn }],
    })
    await dispose()
  })

  it('are enabled when something has left them disabled', async () => {
    const { service, replicaKey, source, related, recordOf, keyring, dispose } = await subject()
    for (const again of [() => replicaKey(source), () => service.reviveServiceKey(related)]) {
      await replicaKey(source)
      await keyring.change(recordOf(related), states.disabled)
      await again()
      expect(recordOf(related).state).toBe('Enabled')
    }
    await dispose()
  })

  it('stay disabled where only a deletion is to be taken back', async () => {
    const { service, replicaKey, source, related, recordOf, keyring, dispose } = await subject()
    await replicaKey(source)
    await keyring.change(recordOf(related), states.disabled)
    expect(await service.reviveServiceKey(related, { onlyEnding: true })).toBe(true)
    expect(recordOf(related).state).toBe('Disabled')
    await service.retireServiceKey(related)
    await service.reviveServiceKey(related, { onlyEnding: true })
    expect(recordOf(related).state).toBe('Enabled')
    await dispose()
  })

  it("are never a customer's, however it is tagged", async () => {
    const { service, keyring, replicaKey, recordOf, dispose } = await subject()
    const tags = [{ key: 'coffer:secret-arn', value: secretArn }]
    const theirs = await keyring.create({ place, owner: 'customer', multiRegion: true, tags })
    expect(await replicaKey(theirs.arn)).not.toContain(theirs.id)
    const copyTags = [{ key: 'coffer:secret-arn', value: copyArn }]
    const replica = await keyring.replicate(theirs, { region: away.region, tags: copyTags })
    await keyring.scheduleDeletion(replica, 7)
    expect(await replicaKey(theirs.arn)).not.toContain(theirs.id)
    expect(await service.reviveServiceKey(replica.arn)).toBe(false)
    expect(recordOf(replica.arn).state).toBe('PendingDeletion')
    await dispose()
  })

  it('are not those of another secret, nor of another account', async () => {
    const { keyring, replicaKey, source, recordOf, dispose } = await subject()
    const elsewhere = await replicaKey(source, { ...away, account: '999988887777' })
    expect(elsewhere).toMatch(/^arn:aws:kms:eu-west-1:999988887777:key\/mrk-/)
    const tags = [{ key: 'coffer:secret-arn', value: copyArn.replace('app/db', 'other') }]
    await keyring.replicate(recordOf(source), { region: away.region, tags })
    expect(await replicaKey(source)).not.toContain(recordOf(source).id)
    await dispose()
  })

  it('are not made where the key of the primary is disabled: nothing opens, and its owner is told', async () => {
    const { keyring, replicaKey, source, recordOf, dispose } = await subject()
    await keyring.change(recordOf(source), states.disabled)
    expect(await failureOf(replicaKey(source))).toMatchObject({ name: 'KeyFailure', code: 'DisabledException' })
    expect(keyring.list(otherRegion, { after: '', limit: 10 })).toEqual([])
    await dispose()
  })
})
