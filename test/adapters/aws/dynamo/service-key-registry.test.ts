import { Checkpoints } from '../../../../lambda/adapters/aws/dynamo/checkpoints.ts'
import { ServiceKeyRegistry } from '../../../../lambda/adapters/aws/dynamo/service-key-registry.ts'
import { losingTheAnswer } from './disturbed-client.ts'
import { dynaliteSuite } from './dynamo-fixture.ts'
import { headOf, keyOf } from '../../../contracts/secret-store-contract.ts'

const HERE = { account: '123456789012', region: 'us-east-1' }
const ELSEWHERE = { account: '123456789012', region: 'eu-west-1' }
const suite = dynaliteSuite()

describe('the shared key on record', () => {
  it('is the first one, for each account and Region', async () => {
    const registry = new ServiceKeyRegistry(suite.open())
    expect(await registry.find(HERE)).toBeUndefined()
    expect(await registry.record(HERE, 'first')).toBe('first')
    expect(await registry.record(HERE, 'second')).toBe('first')
    expect(await registry.find(HERE)).toBe('first')
    expect(await registry.find(ELSEWHERE)).toBeUndefined()
  })

  it('is one and the same for everybody who records at once', async () => {
    const recorded = await Promise.all(
      ['a', 'b', 'c', 'd'].map((key) => new ServiceKeyRegistry(suite.open()).record(HERE, key)),
    )
    expect(new Set(recorded).size).toBe(1)
    expect(await new ServiceKeyRegistry(suite.open()).find(HERE)).toBe(recorded[0])
  })

  it('is ours when the answer that said so was lost', async () => {
    const on = suite.open()
    losingTheAnswer(on.client, 'PutItem', 'service-key#us-east-1')
    expect(await new ServiceKeyRegistry(on).record(HERE, 'ours')).toBe('ours')
  })

  it('stands beside a secret named as its partition', async () => {
    const on = suite.open()
    await new ServiceKeyRegistry(on).record(HERE, 'key')
    await new Checkpoints({ ...on, ...HERE }).write('values', 'position')
    expect(await on.store.load(keyOf('coffer'))).toBeUndefined()
    await on.store.commit({ head: headOf('coffer'), put: [], drop: [] })
    expect((await on.store.load(keyOf('coffer')))?.head).toEqual(headOf('coffer'))
    expect(await on.store.scanValues(undefined, 10)).toEqual([])
    await on.store.remove(headOf('coffer'))
    expect(await new ServiceKeyRegistry(on).find(HERE)).toBe('key')
    expect(await new Checkpoints({ ...on, ...HERE }).read('values')).toBe('position')
  })

  it('fails as the store does', async () => {
    const registry = new ServiceKeyRegistry({ client: suite.connect(), table: 'no-such-table' })
    await expect(registry.find(HERE)).rejects.toMatchObject({ name: 'StoreFailure', kind: 'unavailable' })
  })
})
