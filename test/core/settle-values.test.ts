import type { SecretHead, Version } from '../../lambda/core/domain/secret.ts'
import { INLINE_LIMIT } from '../../lambda/core/domain/secret.ts'
import { settleValues } from '../../lambda/core/settle-values.ts'
import { systemEntropy } from '../../lambda/adapters/system-entropy.ts'
import { headOf } from '../contracts/secret-store-contract.ts'
import { makeCoffer, token } from '../support/coffer.ts'

const version = (id: string, value: Version['value'], stages: readonly string[] = []): Version => ({
  id,
  createdAt: 1,
  stages,
  value,
})
const inline = (bytes: number): Version['value'] => ({ kind: 'inline', sealed: new Uint8Array(bytes) })
const headWith = (...versions: Version[]): SecretHead => ({ ...headOf('a'), revision: 4, versions })

describe('where values are kept', () => {
  const coffer = makeCoffer()
  afterAll(() => coffer.close())
  const settle = (previous: SecretHead | undefined, change: SecretHead) =>
    settleValues({ store: coffer.store, entropy: systemEntropy }, previous, change)

  it('keeps a small AWSCURRENT value in the head', async () => {
    const { head, put, drop } = await settle(undefined, headWith(version('v1', inline(INLINE_LIMIT), ['AWSCURRENT'])))
    expect(head.versions[0]?.value.kind).toBe('inline')
    expect([put, drop, head.revision]).toEqual([[], [], 1])
  })

  it('gives a larger one, and every other version, an item of its own', async () => {
    const change = headWith(version('v1', inline(INLINE_LIMIT + 1), ['AWSCURRENT']), version('v2', inline(5), ['X']))
    const { head, put } = await settle(headWith(), change)
    expect(head.versions.map(({ value }) => value.kind)).toEqual(['item', 'item'])
    expect(put.map(({ sealed }) => sealed.byteLength)).toEqual([INLINE_LIMIT + 1, 5])
    expect(new Set(put.map(({ id }) => id)).size).toBe(2)
    expect(head.revision).toBe(5)
  })

  it('leaves the place of a value whose version stays current, also when the head would have room for it', async () => {
    const before = headWith(version('v1', { kind: 'item', id: 'one', bytes: 9 }, ['AWSCURRENT']))
    const { head, drop } = await settle(before, { ...before, description: 'other' })
    expect(head.versions).toEqual(before.versions)
    expect(drop).toEqual([])
  })

  it('drops the items that no version names any more', async () => {
    const before = headWith(
      version('v1', { kind: 'item', id: 'one', bytes: 9 }),
      version('v2', { kind: 'item', id: 'two', bytes: 9 }),
    )
    const { drop } = await settle(before, { ...before, versions: before.versions.slice(1) })
    expect(drop).toEqual(['one'])
  })

  it('brings a promoted value into the head and drops its item, so that reading AWSCURRENT stays one request', async () => {
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'old', ClientRequestToken: token('v1') })
    await coffer.call('PutSecretValue', {
      SecretId: 'a',
      SecretString: 'new',
      ClientRequestToken: token('v2'),
      VersionStages: ['AWSPENDING'],
    })
    await coffer.call('UpdateSecretVersionStage', {
      SecretId: 'a',
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: token('v2'),
      RemoveFromVersionId: token('v1'),
    })
    const stored = await coffer.store.load({ account: '123456789012', region: 'us-east-1', name: 'a' })
    const kinds = stored?.head.versions.map(({ id, value }) => [id, value.kind])
    expect(Object.fromEntries(kinds ?? [])).toEqual({ [token('v1')]: 'item', [token('v2')]: 'inline' })
    expect(await coffer.store.scanValues(undefined, 10)).toHaveLength(1)
    expect((await coffer.call('GetSecretValue', { SecretId: 'a' })).SecretString).toBe('new')
  })
})
