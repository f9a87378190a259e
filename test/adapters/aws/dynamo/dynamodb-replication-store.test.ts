import { inspect } from 'node:util'
import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import { DynamoDbReplicationStore } from '../../../../lambda/adapters/aws/dynamo/dynamodb-replication-store.ts'
import { headItem } from '../../../../lambda/adapters/aws/dynamo/head-item.ts'
import { headKey, linkKey, secretKeyOf, valueKey } from '../../../../lambda/adapters/aws/dynamo/item-keys.ts'
import { noLink, type Link, type Replication } from '../../../../lambda/core/domain/replication.ts'
import { headOf, keyOf } from '../../../contracts/secret-store-contract.ts'
import { failing, inSmallBatches, losingTheAnswer, onTheWire, socketDied } from './disturbed-client.ts'
import { dynaliteSuite } from './dynamo-fixture.ts'

const REGIONS = ['us-east-1', 'eu-west-1', 'us-west-2']
const suite = dynaliteSuite()

const linkAt = (revision: number, members: Partial<Link> = {}): Link => ({ ...noLink, revision, ...members })
const keyIn = (region: string) => ({ ...keyOf('a'), region })

/** @param regions of the deployment */
function open(regions: readonly string[] = REGIONS) {
  const opened = suite.open()
  const { client, table } = opened
  const pause = async (milliseconds: number) => pauses.push(milliseconds)
  const pauses: number[] = []
  const replication = new DynamoDbReplicationStore({ client, table, region: 'us-east-1', regions, pause })
  return { ...opened, replication, pauses }
}

/** A head and a link in each Region. */
async function fill({ store, replication, requests }: ReturnType<typeof open>): Promise<void> {
  for (const region of REGIONS) {
    await store.commit({ head: { ...headOf('a'), key: keyIn(region) }, put: [], drop: [] })
    await replication.saveLink(keyIn(region), linkAt(1))
  }
  requests.take()
}

describe('requests of each method', () => {
  it('group is one BatchGetItem, whatever the number of Regions, values and versions', async () => {
    const opened = open()
    await fill(opened)
    const group = await opened.replication.group(keyIn('eu-west-1'))
    expect(opened.requests.take()).toEqual({ BatchGetItem: 1 })
    expect([group.heads.size, group.links.size]).toEqual([3, 3])
  })

  it('replicaViews is one BatchGetItem, and none for no copies', async () => {
    const opened = open()
    await fill(opened)
    await opened.replication.replicaViews(headOf('a'), REGIONS.slice(1))
    expect(opened.requests.take()).toEqual({ BatchGetItem: 1 })
    await opened.replication.replicaViews(headOf('a'), [])
    expect(opened.requests.take()).toEqual({})
  })

  it('link, saveLink, removeLink and dueLinks are one each', async () => {
    const { replication, requests } = open()
    await replication.saveLink(keyOf('a'), linkAt(1))
    expect(requests.take()).toEqual({ PutItem: 1 })
    await replication.link(keyOf('a'))
    expect(requests.take()).toEqual({ GetItem: 1 })
    await replication.removeLink(keyOf('a'), linkAt(1))
    expect(requests.take()).toEqual({ DeleteItem: 1 })
    await replication.dueLinks(1, 10)
    expect(requests.take()).toEqual({ Query: 1 })
  })

  it('all reads but that of what is due are strongly consistent', async () => {
    const opened = open()
    await fill(opened)
    const eventual: string[] = []
    onCommands(opened, (name, input) => {
      if (/^(Get|Query|BatchGet)/.test(name) && !JSON.stringify(input).includes('"ConsistentRead":true'))
        eventual.push(name)
    })
    await opened.replication.group(keyOf('a'))
    await opened.replication.replicaViews(headOf('a'), REGIONS)
    await opened.replication.link(keyOf('a'))
    expect(eventual).toEqual([])
    await opened.replication.dueLinks(1, 10)
    expect(eventual).toEqual(['QueryCommand'])
  })
})

describe('a group', () => {
  it('has the own Region in it, also where the deployment does not know of it', async () => {
    const opened = open(['us-west-2'])
    await fill(opened)
    const group = await opened.replication.group(keyIn('us-east-1'))
    expect([...group.heads.keys()].sort()).toEqual(['us-east-1', 'us-west-2'])
  })

  it('is whole when DynamoDB processes a batch bit by bit', async () => {
    const opened = open()
    await fill(opened)
    inSmallBatches(opened.client, 'BatchGetItem', 2)
    const group = await opened.replication.group(keyIn('us-east-1'))
    expect([group.heads.size, group.links.size]).toEqual([3, 3])
    expect(opened.pauses).toEqual([50, 100])
  })

  it('is never half of one: what is not processed in the end is throttling', async () => {
    const opened = open()
    await fill(opened)
    inSmallBatches(opened.client, 'BatchGetItem', 0)
    await expect(opened.replication.group(keyOf('a'))).rejects.toMatchObject({ kind: 'throttled' })
  })

  it('says that an item is damaged, and not what is in it', async () => {
    const opened = open()
    await fill(opened)
    const { client, table, replication } = opened
    const item = { ...linkKey(keyIn('eu-west-1')), record: { S: "'hunter2'" }, revision: { N: '1' } }
    await client.send(new PutItemCommand({ TableName: table, Item: item }))
    const failure: unknown = await replication.group(keyOf('a')).catch((error: unknown) => error)
    expect(failure).toMatchObject({
      kind: 'unavailable',
      message: 'the item link#eu-west-1 of 123456789012#a is damaged',
    })
    expect(inspect(failure)).not.toContain("'hunter2'")
  })
})

describe('links', () => {
  it('are in the index of work to come only with a time to look again', async () => {
    const { client, replication } = open()
    const items: unknown[] = []
    onTheWire(client, 'PutItem', async (send, { Item }) => {
      items.push({ ...Item })
      return send()
    })
    await replication.saveLink(keyOf('a'), linkAt(1, { checkAt: 5 }))
    await replication.saveLink(keyOf('a'), linkAt(2))
    const key = { pk: { S: '123456789012#a' }, sk: { S: 'link#us-east-1' } }
    expect(items).toEqual([
      {
        ...key,
        record: { S: JSON.stringify(linkAt(1, { checkAt: 5 })) },
        revision: { N: '1' },
        due: { S: 'replicate#us-east-1' },
        dueAt: { S: '0000000000000005#a' },
      },
      { ...key, record: { S: JSON.stringify(linkAt(2)) }, revision: { N: '2' } },
    ])
  })

  it('that are due are those of the own Region', async () => {
    const { replication } = open()
    for (const region of REGIONS) await replication.saveLink(keyIn(region), linkAt(1, { checkAt: 5 }))
    expect(await replication.dueLinks(5, 10)).toEqual([{ key: keyIn('us-east-1'), at: 5 }])
  })

  it('say conflict when the answer to the own write was lost: what was written is read again', async () => {
    const { client, replication } = open()
    losingTheAnswer(client, 'PutItem', 'link#us-east-1')
    expect(await replication.saveLink(keyOf('a'), linkAt(1))).toBe('conflict')
    expect(await replication.link(keyOf('a'))).toEqual(linkAt(1))
  })

  it('are not said to be in conflict when DynamoDB is out of reach', async () => {
    const { client, replication } = open()
    failing(client, 'PutItem', socketDied)
    await expect(replication.saveLink(keyOf('a'), linkAt(1))).rejects.toMatchObject({ kind: 'unavailable' })
  })

  it('name their secret, as heads and values do, for whoever reads the change feed', () => {
    const key = keyIn('eu-west-1')
    for (const item of [linkKey(key), headKey(key), valueKey({ key, suffix: 'abcdef', id: 'v' })])
      expect(secretKeyOf(item)).toEqual(key)
  })
})

describe('the item of a head', () => {
  const replicates = (replication?: Replication) =>
    headItem({ ...headOf('a'), ...(replication && { replication }) }).replicates

  it('shows the change feed that it has to do with replication, also when that is over', () => {
    expect(replicates()).toBeUndefined()
    expect(
      replicates({ acted: { 'eu-west-1': 1 }, source: { region: 'us-west-2', stamp: { born: 1, revision: 1 } } }),
    ).toEqual({
      S: 'us-east-1 us-west-2 eu-west-1',
    })
    expect(replicates({ replicas: [] })).toEqual({ S: 'us-east-1' })
  })
})

function onCommands({ client }: ReturnType<typeof open>, see: (name: string, input: unknown) => void): void {
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (request) => {
        see(commandName, request.input)
        return next(request)
      },
    { step: 'initialize' },
  )
}
