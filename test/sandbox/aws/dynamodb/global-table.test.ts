import { DynamoEmulator } from '../../../../sandbox/aws/dynamodb/emulator.ts'
import { GlobalTables, type Change, type Replication } from '../../../../sandbox/aws/dynamodb/global-table.ts'
import type { TableDefinition } from '../../../../sandbox/aws/dynamodb/table-definition.ts'
import { streamRecord } from '../../../../sandbox/events/stream-record.ts'

const [HERE, THERE] = ['eu-central-1', 'us-west-2']
const table: TableDefinition = {
  name: 'table',
  account: '111122223333',
  regions: [HERE, THERE],
  keyNames: ['pk'],
  streamView: 'NEW_AND_OLD_IMAGES',
  create: {
    TableName: 'table',
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
  },
}

const emulator = new DynamoEmulator()
beforeAll(() => Promise.all([HERE, THERE].map((region) => emulator.start(region, [table]))))
afterAll(() => emulator.stop())

function tablesWith(replication: Partial<Replication> = {}, extras: number[] = []) {
  const changes: Change[] = []
  const faults: unknown[] = []
  const tables = new GlobalTables({
    emulator,
    tables: [table],
    replication: { delayMs: 0, reorder: false, ...replication },
    entropy: { bytes: (count) => Buffer.alloc(count), below: () => extras.shift() ?? 0 },
    onChange: (change) => changes.push(change),
    onFault: (fault) => faults.push(fault),
  })
  return { tables, changes, faults }
}
const item = (pk: string, v: string) => ({ pk: { S: pk }, v: { S: v } })
const put = (Item: object) => ({ TableName: 'table', Item })
const valueIn = async (region: string, pk: string): Promise<unknown> => {
  const { body } = await emulator.call(region, 'GetItem', {
    TableName: 'table',
    Key: { pk: { S: pk } },
    ConsistentRead: true,
  })
  return (body.Item as { v: { S: string } } | undefined)?.v.S
}

it('a write is copied to the other Regions, and both streams tell of it with the item before and after', async () => {
  const { tables, changes } = tablesWith()
  await tables.write(HERE, 'PutItem', put(item('a', '1')))
  await tables.write(HERE, 'UpdateItem', {
    TableName: 'table',
    Key: { pk: { S: 'a' } },
    UpdateExpression: 'SET v = :v',
    ExpressionAttributeValues: { ':v': { S: '2' } },
  })
  await tables.idle()
  expect(await valueIn(THERE, 'a')).toBe('2')
  const here = changes.filter(({ region }) => region === HERE)
  expect(here.map(({ before, after }) => [before, after])).toEqual([
    [undefined, item('a', '1')],
    [item('a', '1'), item('a', '2')],
  ])
  expect(changes.filter(({ region }) => region === THERE).at(-1)).toMatchObject({ after: item('a', '2') })
  await tables.write(HERE, 'BatchWriteItem', {
    RequestItems: { table: [{ DeleteRequest: { Key: { pk: { S: 'a' } } } }, { PutRequest: { Item: item('b', '1') } }] },
  })
  await tables.idle()
  expect([await valueIn(THERE, 'a'), await valueIn(THERE, 'b')]).toEqual([undefined, '1'])
})

it('a write that is refused, or changes nothing, is no change', async () => {
  const { tables, changes } = tablesWith()
  await tables.write(HERE, 'PutItem', put(item('same', '1')))
  await tables.write(HERE, 'PutItem', put(item('same', '1')))
  const refused = await tables.write(HERE, 'PutItem', {
    ...put(item('same', '2')),
    ConditionExpression: 'attribute_not_exists(pk)',
  })
  expect(refused).toMatchObject({ status: 400, body: { __type: expect.stringContaining('ConditionalCheckFailed') } })
  await tables.idle()
  expect(changes.filter(({ region }) => region === HERE)).toHaveLength(1)
})

it('an older copy that arrives late does not undo a newer write', async () => {
  const { tables, faults } = tablesWith()
  tables.hold(true)
  await tables.write(HERE, 'PutItem', put(item('race', 'older')))
  await tables.write(THERE, 'PutItem', put(item('race', 'newer')))
  expect(await valueIn(HERE, 'race')).toBe('older')
  tables.hold(false)
  await tables.idle()
  expect([await valueIn(HERE, 'race'), await valueIn(THERE, 'race'), faults]).toEqual(['newer', 'newer', []])
})

it('items overtake each other on their way, where that is asked for', async () => {
  const { tables, changes } = tablesWith({ delayMs: 5, reorder: true }, [40, 0])
  for (const pk of ['first', 'second']) await tables.write(HERE, 'PutItem', put(item(pk, '1')))
  await tables.idle()
  const arrived = changes.filter(({ region }) => region === THERE).map(({ key }) => key)
  expect(arrived).toEqual([{ pk: { S: 'second' } }, { pk: { S: 'first' } }])
})

it('records have the form of DynamoDB’s streams', () => {
  const change: Change = { table, region: HERE, key: { pk: { S: 'a' } }, before: undefined, after: item('a', '1') }
  expect(streamRecord(change, 'arn:stream', 7, 1_700_000_000_500)).toEqual({
    eventID: expect.stringMatching(/^[0-9a-f]{32}$/),
    eventName: 'INSERT',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: HERE,
    dynamodb: {
      ApproximateCreationDateTime: 1_700_000_000,
      Keys: { pk: { S: 'a' } },
      NewImage: item('a', '1'),
      SequenceNumber: expect.stringMatching(/^\d{21}$/),
      SizeBytes: expect.any(Number),
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
    eventSourceARN: 'arn:stream',
  })
  const gone = streamRecord({ ...change, before: item('a', '1'), after: undefined }, 'arn:stream', 8, 0)
  expect(gone).toMatchObject({ eventName: 'REMOVE', dynamodb: { OldImage: item('a', '1') } })
  expect(gone.dynamodb).not.toHaveProperty('NewImage')
  const keysOnly = { ...change, table: { ...table, streamView: 'KEYS_ONLY' } }
  expect(streamRecord(keysOnly, 'arn:stream', 9, 0).dynamodb).not.toHaveProperty('NewImage')
})
