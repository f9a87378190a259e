import { isDeepStrictEqual } from 'node:util'
import {
  DeleteItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import type { SecretHead, Version } from '../../../../lambda/core/domain/secret.ts'
import { StoreFailure, type ListOrder } from '../../../../lambda/core/ports/secret-store.ts'
import { headOf, keyOf } from '../../../contracts/secret-store-contract.ts'
import { failing, inSmallBatches, inTinyPages, losingTheAnswer, onTheWire, socketDied } from './disturbed-client.ts'
import { dynaliteSuite, type StoreOnTable } from './dynamo-fixture.ts'

const DAY = 86_400_000
const PLACE = { account: keyOf('').account, region: keyOf('').region }
const suite = dynaliteSuite()

const create = (head: SecretHead) => ({ head, put: [], drop: [] })
const value = (id: string) => ({ id, sealed: new Uint8Array([1, 2, 3]) })
const versionOf = (id: string, place: Version['value']): Version => ({ id, createdAt: 1, stages: [], value: place })
const names = async ({ store }: StoreOnTable, order: ListOrder, limit = 100) =>
  (await store.list({ ...PLACE, order, descending: false, limit })).secrets.map(({ head }) => head.key.name)

/** Every sort key in the table. */
async function everything({ client, table }: StoreOnTable): Promise<string[]> {
  const { Items = [] } = await client.send(new ScanCommand({ TableName: table }))
  return Items.map(({ sk }) => sk!.S!).sort()
}

const accessItemKey = (name: string, suffix: string) => ({
  pk: { S: `123456789012#${name}` },
  sk: { S: `head#us-east-1#access#${suffix}` },
})

describe('requests of each method', () => {
  it('load is one Query, of one read unit for a secret of 1 KB', async () => {
    const { store, requests, client, table } = suite.open()
    const tags = Array.from({ length: 5 }, (_, index) => ({ key: `tag ${index}`, value: 'some value' }))
    const inline = { kind: 'inline', sealed: new Uint8Array(1_400).fill(7) } as const
    const versions = [{ ...versionOf('v'.repeat(36), inline), stages: ['AWSCURRENT'] }]
    await store.commit(create({ ...headOf('a'), tags, description: 'd'.repeat(200), versions }))
    requests.take()
    const loaded = (await store.load(keyOf('a')))!
    expect(requests.take()).toEqual({ Query: 1 })
    await store.recordAccess(loaded, 'v'.repeat(36), DAY)
    const { ConsumedCapacity } = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :sk)',
        ExpressionAttributeValues: { ':pk': { S: '123456789012#a' }, ':sk': { S: 'head#us-east-1' } },
        ConsistentRead: true,
        ReturnConsumedCapacity: 'TOTAL',
      }),
    )
    expect(ConsumedCapacity?.CapacityUnits).toBe(1)
  })

  it('commit puts each value item and the head, and deletes what is dropped; a creation puts the access item too', async () => {
    const { store, requests } = suite.open()
    await store.commit({ ...create(headOf('a')), put: [value('v1.x'), value('v1.y')] })
    expect(requests.take()).toEqual({ PutItem: 4 })
    await store.commit({ head: { ...headOf('a'), revision: 2 }, put: [value('v2.x')], drop: ['v1.x'] })
    expect(requests.take()).toEqual({ PutItem: 2, DeleteItem: 1 })
  })

  it('readValue is one GetItem, recordAccess one UpdateItem, and none for a day that is over', async () => {
    const { store, requests } = suite.open()
    await store.commit({ ...create(headOf('a')), put: [value('v1.x')] })
    const loaded = (await store.load(keyOf('a')))!
    requests.take()
    await store.readValue({ key: keyOf('a'), suffix: 'abcdef', id: 'v1.x' })
    expect(requests.take()).toEqual({ GetItem: 1 })
    await store.recordAccess(loaded, 'v1', DAY)
    expect(requests.take()).toEqual({ UpdateItem: 1 })
    await store.recordAccess({ ...loaded, access: { day: 2 * DAY, versions: new Map() } }, 'v1', DAY)
    expect(requests.take()).toEqual({})
  })

  it('a page of a list is one Query and one BatchGetItem, by last access eight Queries', async () => {
    const { store, requests } = suite.open()
    for (let index = 0; index < 12; index++) await store.commit(create(headOf(`s${index}`)))
    requests.take()
    for (const order of ['created', 'changed', 'name'] as const) {
      await store.list({ ...PLACE, order, descending: false, limit: 10 })
      expect(requests.take()).toEqual({ Query: 1, BatchGetItem: 1 })
    }
    await store.list({ ...PLACE, order: 'accessed', descending: false, limit: 10 })
    expect(requests.take()).toEqual({ Query: 8, BatchGetItem: 1 })
  })

  it('loadHeads is one BatchGetItem for a hundred secrets, however often one is named', async () => {
    const { store, requests } = suite.open()
    await store.commit(create(headOf('a')))
    requests.take()
    const loaded = await store.loadHeads(Array.from({ length: 150 }, (_, index) => keyOf(index % 2 ? 'a' : 'b')))
    expect(requests.take()).toEqual({ BatchGetItem: 1 })
    expect(loaded.map((head) => head?.key.name).slice(0, 3)).toEqual([undefined, 'a', undefined])
  })

  it('loadHeads goes in batches of a hundred', async () => {
    const { store, requests } = suite.open()
    await store.commit(create(headOf('149')))
    requests.take()
    const loaded = await store.loadHeads(Array.from({ length: 150 }, (_, index) => keyOf(String(index))))
    expect(requests.take()).toEqual({ BatchGetItem: 2 })
    expect(loaded.flatMap((head, index) => (head ? [index] : []))).toEqual([149])
  })

  it('reads of the table are strongly consistent; only lists may be a moment behind', async () => {
    const { client, store } = suite.open()
    const eventual: string[] = []
    client.middlewareStack.add(
      (next, { commandName = '' }) =>
        async (request) => {
          if (
            /^(Get|Query|Scan|BatchGet)/.test(commandName) &&
            !JSON.stringify(request.input).includes('"ConsistentRead":true')
          )
            eventual.push(commandName)
          return next(request)
        },
      { step: 'initialize' },
    )
    await store.commit({ ...create(headOf('a')), put: [value('v1.x')] })
    await store.load(keyOf('a'))
    await store.loadHeads([keyOf('a')])
    await store.readValue({ key: keyOf('a'), suffix: 'abcdef', id: 'v1.x' })
    await store.valuesOf(headOf('a'))
    await store.scanValues(undefined, 10)
    await store.remove(headOf('a'))
    expect(eventual).toEqual([])
    await store.list({ ...PLACE, order: 'name', descending: false, limit: 1 })
    expect(eventual).toEqual(['QueryCommand'])
  })

  it('dropValues and valuesOf go in batches and pages', async () => {
    const { store, requests } = suite.open()
    const ids = Array.from({ length: 30 }, (_, index) => `v1.${index}`).sort()
    await store.commit({ ...create(headOf('a')), put: ids.map(value) })
    requests.take()
    expect(await store.valuesOf(headOf('a'))).toEqual(ids)
    expect(requests.take()).toEqual({ Query: 1 })
    await store.dropValues(ids.map((id) => ({ key: keyOf('a'), suffix: 'abcdef', id })))
    expect(requests.take()).toEqual({ BatchWriteItem: 2 })
    expect(await store.valuesOf(headOf('a'))).toEqual([])
  })
})

describe('pages and batches that DynamoDB cuts short', () => {
  it('are followed to their end by every Query', async () => {
    const whole = suite.open()
    const purging = { state: 'scheduled', deletion: { purgeAt: 5 } } as const
    for (const name of ['a', 'b', 'c'])
      await whole.store.commit({ ...create({ ...headOf(name), ...purging }), put: [value('v1.x'), value('v1.y')] })
    await whole.store.recordAccess((await whole.store.load(keyOf('b')))!, 'v1', DAY)
    const cut = suite.open()
    inTinyPages(cut.client, 'Query')
    expect((await cut.store.load(keyOf('b')))?.access.day).toBe(DAY)
    expect(await cut.store.valuesOf(headOf('a'))).toEqual(['v1.x', 'v1.y'])
    expect(await cut.store.duePurges(5, 2)).toHaveLength(2)
    for (const order of ['created', 'changed', 'name'] as const)
      expect(await names(cut, order)).toEqual(['a', 'b', 'c'])
    expect(await names(cut, 'accessed')).toEqual(['a', 'c', 'b'])
    await cut.store.remove({ ...headOf('a'), ...purging })
    expect((await everything(cut)).filter((sk) => sk.startsWith('head'))).toHaveLength(4)
  })

  it('never make scanValues answer an empty page before the end, whatever stands between the value items', async () => {
    const { client, store } = suite.open()
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      await store.commit({ ...create(headOf(name)), put: name === 'b' || name === 'd' ? [value(`${name}.1`)] : [] })
    await store.commit({
      ...create({ ...headOf('x'), key: { ...keyOf('x'), region: 'eu-west-1' } }),
      put: [value('x.1')],
    })
    inTinyPages(client, 'Scan')
    const seen = []
    let after: string | undefined
    for (let page = await store.scanValues(after, 10); page.length > 0; page = await store.scanValues(after, 10)) {
      seen.push(...page.map(({ ref }) => ref.id))
      after = page.at(-1)?.position
    }
    expect(seen.sort()).toEqual(['b.1', 'd.1'])
    expect(await store.scanValues('no position', 10)).toHaveLength(1)
  })

  it('have what they left unprocessed asked for again, after a pause', async () => {
    const { client, store, pauses } = suite.open()
    for (const name of ['a', 'b', 'c'])
      await store.commit({ ...create(headOf(name)), put: [value('v1.x'), value('v1.y')] })
    await store.recordAccess((await store.load(keyOf('c')))!, 'v1', DAY)
    inSmallBatches(client, 'BatchGetItem', 1)
    inSmallBatches(client, 'BatchWriteItem', 1)
    const listed = await store.list({ ...PLACE, order: 'name', descending: false, limit: 9 })
    expect(listed.secrets.map(({ access }) => access.day)).toEqual([0, 0, DAY])
    expect(pauses).toEqual([50, 100])
    await store.dropValues(['v1.x', 'v1.y'].map((id) => ({ key: keyOf('a'), suffix: 'abcdef', id })))
    expect(await store.valuesOf(headOf('a'))).toEqual([])
    expect(pauses).toEqual([50, 100, 50])
  })

  it('that never get done end as throttled', async () => {
    const { client, store, pauses } = suite.open()
    await store.commit(create(headOf('a')))
    inSmallBatches(client, 'BatchGetItem', 0)
    inSmallBatches(client, 'BatchWriteItem', 0)
    await expect(names(suite.open(), 'name')).resolves.toEqual(['a'])
    await expect(store.loadHeads([keyOf('a')])).rejects.toMatchObject({ name: 'StoreFailure', kind: 'throttled' })
    expect(pauses).toEqual([50, 100, 200, 400])
    const drop = store.dropValues([{ key: keyOf('a'), suffix: 'abcdef', id: 'v1.x' }])
    await expect(drop).rejects.toMatchObject({ name: 'StoreFailure', kind: 'throttled' })
  })
})

describe('access items', () => {
  it('of secrets that are gone, or of an earlier secret of the name, are passed over without shortening a page', async () => {
    const { client, store, table } = suite.open()
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await store.commit(create(headOf(name)))
    for (const name of ['a', 'b', 'd']) await store.remove(headOf(name))
    // What removals that were cut short leave behind; 'b' has a later secret.
    for (const name of ['a', 'b', 'd']) {
      const record = {
        ...accessItemKey(name, 'abcdef'),
        suffix: { S: 'abcdef' },
        shard: { S: '' },
        byAccessed: { S: '' },
        day: { N: String(DAY) },
        versions: { M: {} },
      }
      const shard = `123456789012#us-east-1#${['a', 'b', 'd'].indexOf(name)}`
      const byAccessed = `${'0'.repeat(16)}#${name} abcdef`
      await client.send(
        new PutItemCommand({
          TableName: table,
          Item: { ...record, shard: { S: shard }, byAccessed: { S: byAccessed } },
        }),
      )
    }
    await store.commit(create({ ...headOf('b'), suffix: 'second' }))
    expect((await store.load(keyOf('b')))?.access.day).toBe(0)
    for (const limit of [1, 2, 3, 4, 9])
      for (const descending of [false, true]) {
        const seen: string[] = []
        for (let at: { at: number; name: string } | undefined; ;) {
          const page = await store.list({ ...PLACE, order: 'accessed', descending, limit, ...(at && { after: at }) })
          seen.push(...page.secrets.map(({ head }) => head.key.name))
          if (!page.hasMore) break
          expect(page.secrets).toHaveLength(limit)
          at = { at: 0, name: seen.at(-1)! }
        }
        expect(seen.join('')).toBe(descending ? 'fecb' : 'bcef')
      }
  })

  it('of a read that comes after the removal is not made', async () => {
    const on = suite.open()
    await on.store.commit(create(headOf('a')))
    const stale = (await on.store.load(keyOf('a')))!
    await on.store.remove(headOf('a'))
    await on.store.recordAccess(stale, 'v1', DAY)
    expect(await everything(on)).toEqual([])
  })

  it('that a secret has lost is made again by the next read', async () => {
    const on = suite.open()
    await on.store.commit(create(headOf('a')))
    await on.client.send(new DeleteItemCommand({ TableName: on.table, Key: accessItemKey('a', 'abcdef') }))
    expect(await names(on, 'accessed')).toEqual([])
    await on.store.recordAccess((await on.store.load(keyOf('a')))!, 'v1', DAY)
    expect((await on.store.load(keyOf('a')))?.access).toEqual({ day: DAY, versions: new Map([['v1', DAY]]) })
    expect(await names(on, 'accessed')).toEqual(['a'])
  })

  it('of the loser of a creation race go with it; the winner keeps its own', async () => {
    const on = suite.open()
    const creators = ['first1', 'second', 'third3'].map((suffix) => on.store.commit(create({ ...headOf('a'), suffix })))
    const results = await Promise.all(creators)
    expect([...results].sort()).toEqual(['committed', 'conflict', 'conflict'])
    const winner = ['first1', 'second', 'third3'][results.indexOf('committed')]!
    expect(await everything(on)).toEqual(['head#us-east-1', `head#us-east-1#access#${winner}`])
    expect(await names(on, 'accessed')).toEqual(['a'])
  })

  it('go with the removal of their secret, those of earlier secrets of the name too', async () => {
    const on = suite.open()
    await on.store.commit(create(headOf('a')))
    await on.client.send(new PutItemCommand({ TableName: on.table, Item: accessItemKey('a', 'others') }))
    expect(await on.store.remove(headOf('a'))).toBe('committed')
    expect(await everything(on)).toEqual([])
  })

  it('are read once and not again when DynamoDB throttles: a reader does not wait for a date', async () => {
    const { client, store, requests } = suite.open()
    await store.commit(create(headOf('a')))
    const loaded = (await store.load(keyOf('a')))!
    onTheWire(client, 'UpdateItem', async () => {
      throw Object.assign(new Error('slow down'), { name: 'ThrottlingException' })
    })
    requests.take()
    await expect(store.recordAccess(loaded, 'v1', DAY)).rejects.toMatchObject({ kind: 'throttled' })
    expect(requests.take()).toEqual({ UpdateItem: 1 })
  })
})

describe('answers that get lost', () => {
  it('of a creation: the conflict is with ourselves, and nothing of the commit is undone', async () => {
    const on = suite.open()
    losingTheAnswer(on.client, 'PutItem', 'head#us-east-1')
    const head = {
      ...headOf('a'),
      versions: [
        versionOf('v1', { kind: 'item', id: 'v1.x', bytes: 3 }),
        versionOf('v2', { kind: 'inline', sealed: new Uint8Array([9]) }),
      ],
    }
    expect(await on.store.commit({ ...create(head), put: [value('v1.x')] })).toBe('conflict')
    const stored = (await on.store.load(keyOf('a')))?.head
    // As the core compares them.
    expect(isDeepStrictEqual(stored, head)).toBe(true)
    expect(await on.store.readValue({ key: keyOf('a'), suffix: 'abcdef', id: 'v1.x' })).toEqual(
      new Uint8Array([1, 2, 3]),
    )
    expect(await names(on, 'accessed')).toEqual(['a'])
  })

  it('of a creation, seen by DynamoDB again after a read: the read stays', async () => {
    const { store } = suite.open()
    await store.commit(create(headOf('a')))
    await store.recordAccess((await store.load(keyOf('a')))!, 'v1', DAY)
    expect(await store.commit(create(headOf('a')))).toBe('conflict')
    expect((await store.load(keyOf('a')))?.access.day).toBe(DAY)
  })

  it('of a change: its value item stays', async () => {
    const on = suite.open()
    await on.store.commit(create(headOf('a')))
    losingTheAnswer(on.client, 'PutItem', 'head#us-east-1')
    const head = { ...headOf('a'), revision: 2, versions: [versionOf('v1', { kind: 'item', id: 'v1.x', bytes: 3 })] }
    expect(await on.store.commit({ ...create(head), put: [value('v1.x')] })).toBe('conflict')
    expect((await on.store.load(keyOf('a')))?.head).toEqual(head)
    expect(await on.store.valuesOf(head)).toEqual(['v1.x'])
  })

  it('of a removal: the access items go all the same', async () => {
    const on = suite.open()
    await on.store.commit(create(headOf('a')))
    losingTheAnswer(on.client, 'DeleteItem', 'head#us-east-1')
    expect(await on.store.remove(headOf('a'))).toBe('conflict')
    expect(await everything(on)).toEqual([])
  })

  it('of the clean-up after a commit do not take the acknowledgement back', async () => {
    const on = suite.open()
    await on.store.commit({ ...create(headOf('a')), put: [value('v1.x')] })
    onTheWire(on.client, 'DeleteItem', async () => Promise.reject(socketDied()))
    const change = { head: { ...headOf('a'), revision: 2 }, put: [], drop: ['v1.x'] }
    expect(await on.store.commit(change)).toBe('committed')
    expect(await on.store.remove({ ...headOf('a'), suffix: 'others' }).catch((error: unknown) => error)).toBeInstanceOf(
      StoreFailure,
    )
  })
})

describe('a head that takes the place of another one', () => {
  const itemOf = (id: string) => ({
    id: id.replace('.', ''),
    createdAt: 1,
    stages: [],
    value: { kind: 'item' as const, id, bytes: 1 },
  })
  const former = {
    ...headOf('a'),
    rotation: { isEnabled: true, base: 0, runs: 1 },
    versions: [itemOf('v1.x'), itemOf('v1.y')],
  }
  const successor = { ...headOf('a'), suffix: 'second' }
  const replacement = { ...create(successor), put: [value('v1.new')], replaces: former }
  const left = ['head#us-east-1', 'head#us-east-1#access#second', 'value#us-east-1#second#v1.new']

  async function replaceable() {
    const on = suite.open()
    await on.store.commit({ ...create(former), put: [value('v1.x'), value('v1.y')] })
    await on.store.saveRotation(former, {
      kind: 'rotation',
      token: 't',
      functionArn: 'arn:aws:lambda:us-east-1:123456789012:function:f',
      startedAt: 1,
      attempts: [],
    })
    on.requests.take()
    return on
  }

  it('is put in one conditional write; then what the other one had is looked up and goes in one batch', async () => {
    const on = await replaceable()
    expect(await on.store.commit(replacement)).toBe('committed')
    expect(on.requests.take()).toEqual({ PutItem: 3, Query: 1, BatchWriteItem: 1 })
    expect(await everything(on)).toEqual(left)
  })

  it('leaves alone what the other one does not name: its copy may have come back under the suffix', async () => {
    const on = await replaceable()
    const unnamed = { ...former, versions: [itemOf('v1.x')] }
    expect(await on.store.commit({ ...replacement, replaces: unnamed })).toBe('committed')
    expect(await on.store.valuesOf(former)).toEqual(['v1.y'])
  })

  it('leaves nothing behind when the answer was lost', async () => {
    const on = await replaceable()
    losingTheAnswer(on.client, 'PutItem', 'head#us-east-1')
    expect(await on.store.commit(replacement)).toBe('conflict')
    expect((await on.store.load(keyOf('a')))?.head).toEqual(successor)
    expect(await everything(on)).toEqual(left)
  })

  it('takes nothing from the other one when it comes too late', async () => {
    const on = await replaceable()
    await on.store.commit(create({ ...former, revision: 2 }))
    const before = await everything(on)
    expect(await on.store.commit(replacement)).toBe('conflict')
    expect(await everything(on)).toEqual([...before, 'value#us-east-1#second#v1.new'])
  })

  it('is acknowledged also when the other one can not be cleared away', async () => {
    const on = await replaceable()
    failing(on.client, 'BatchWriteItem', socketDied)
    expect(await on.store.commit(replacement)).toBe('committed')
    expect((await on.store.load(keyOf('a')))?.head.suffix).toBe('second')
  })
})

describe('damage', () => {
  const damage = (on: StoreOnTable, attribute: string, text: string) =>
    on.client.send(
      new UpdateItemCommand({
        TableName: on.table,
        Key: { pk: { S: '123456789012#a' }, sk: { S: 'head#us-east-1' } },
        UpdateExpression: 'SET #a = :text',
        ExpressionAttributeNames: { '#a': attribute },
        ExpressionAttributeValues: { ':text': { S: text } },
      }),
    )

  it('of a record is a failure that quotes nothing of it', async () => {
    for (const text of ['a description', '{"s":"abcdef"}', 'null']) {
      const on = suite.open()
      await on.store.commit(create({ ...headOf('a') })).catch(() => undefined)
      await damage(on, 'record', text)
      for (const read of [
        () => on.store.load(keyOf('a')),
        () => names(on, 'name'),
        () => on.store.loadHeads([keyOf('a')]),
      ]) {
        const failure = await read().catch((error: unknown) => error)
        expect(failure).toMatchObject({ name: 'StoreFailure', kind: 'unavailable' })
        expect(`${String(failure)} ${String((failure as Error).cause)}`).not.toContain('description')
      }
    }
  })

  it('of an inline value is a failure too', async () => {
    const on = suite.open()
    const versions = [versionOf('v1', { kind: 'inline', sealed: new Uint8Array([9]) })]
    await on.store.commit(create({ ...headOf('a'), versions }))
    await damage(on, 'inline', 'no bytes')
    await expect(on.store.load(keyOf('a'))).rejects.toMatchObject({ kind: 'unavailable' })
  })
})
