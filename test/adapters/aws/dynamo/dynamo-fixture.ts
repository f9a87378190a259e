/**
 * A store on dynalite with a client of its own, counted.
 * @module
 */
import { randomUUID } from 'node:crypto'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { dynamoDbClient } from '../../../../lambda/adapters/aws/clients.ts'
import { DynamoDbSecretStore } from '../../../../lambda/adapters/aws/dynamo/dynamodb-secret-store.ts'
import { createTable, emulated, startDynalite, type Emulator } from '../../../support/dynamo-table.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { RequestCount } from './disturbed-client.ts'

export interface StoreOnTable {
  readonly client: DynamoDBClient
  readonly table: string
  readonly store: DynamoDbSecretStore
  readonly requests: RequestCount
  /** How long the store wanted to wait between rounds; it does not. */
  readonly pauses: readonly number[]
}

/** One dynalite for a suite; a fresh table and any number of clients for each test. */
export function dynaliteSuite() {
  let emulator: Emulator
  let table = ''
  const clients: DynamoDBClient[] = []
  const connect = (): DynamoDBClient => {
    const client = dynamoDbClient(emulated(emulator.endpoint))
    clients.push(client)
    return client
  }
  beforeAll(async () => {
    emulator = await startDynalite()
  })
  beforeEach(async () => {
    table = randomUUID()
    await createTable(connect(), table)
    // The SDK's pauses before it repeats a request are random: none at all here.
    jest.spyOn(Math, 'random').mockReturnValue(0)
  })
  afterEach(() => {
    jest.restoreAllMocks()
    for (const client of clients.splice(0)) client.destroy()
  })
  afterAll(() => emulator.stop())

  return {
    connect,
    table: () => table,
    /** Another process on the same table. */
    open(): StoreOnTable {
      const client = connect()
      const pauses: number[] = []
      const pause = async (milliseconds: number) => pauses.push(milliseconds)
      const store = new DynamoDbSecretStore({ client, table, clock: new ManualClock(), region: 'us-east-1', pause })
      return { client, table, store, requests: new RequestCount(client), pauses }
    },
  }
}
