import { randomUUID } from 'node:crypto'
import { dynamoDbClient } from '../../../../lambda/adapters/aws/clients.ts'
import { DynamoDbReplicationStore } from '../../../../lambda/adapters/aws/dynamo/dynamodb-replication-store.ts'
import { DynamoDbSecretStore } from '../../../../lambda/adapters/aws/dynamo/dynamodb-secret-store.ts'
import { REGIONS, replicationStoreContract } from '../../../contracts/replication-store-contract.ts'
import { secretStoreContract, type ContractOptions } from '../../../contracts/secret-store-contract.ts'
import { createTable, emulated, startDynalite, startMoto, type Emulator } from '../../../support/dynamo-table.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { describeUnless, lacking } from '../../../support/other-programs.ts'

/** A table for each test, on one emulator for all. */
function contractOn(adapter: string, start: () => Promise<Emulator>, options: ContractOptions = {}): void {
  let emulator: Emulator
  beforeAll(async () => {
    emulator = await start()
  })
  afterAll(() => emulator.stop())

  /** A fresh table, and any number of clients of it. */
  async function makeTable() {
    const table = randomUUID()
    const clients = [dynamoDbClient(emulated(emulator.endpoint))]
    await createTable(clients[0]!, table)
    return {
      table,
      client: clients[0]!,
      connect: () => {
        const client = dynamoDbClient(emulated(emulator.endpoint))
        clients.push(client)
        return client
      },
      close: async () => {
        for (const client of clients) client.destroy()
      },
    }
  }
  const clock = new ManualClock()
  const region = 'us-east-1'

  secretStoreContract(
    adapter,
    async () => {
      const { table, client, connect, close } = await makeTable()
      return {
        store: new DynamoDbSecretStore({ client, table, clock, region }),
        reopen: async () => new DynamoDbSecretStore({ client: connect(), table, clock, region }),
        close,
      }
    },
    options,
  )

  // One table for all Regions: what one has written is there for the others at once.
  replicationStoreContract(adapter, async () => {
    const { table, client, connect, close } = await makeTable()
    return {
      store: new DynamoDbSecretStore({ client, table, clock, region }),
      replication: new DynamoDbReplicationStore({ client, table, region, regions: REGIONS }),
      settle: async () => undefined,
      reopen: async () => new DynamoDbReplicationStore({ client: connect(), table, region, regions: REGIONS }),
      close,
    }
  })
}

describe('on dynalite', () => {
  contractOn('DynamoDB', startDynalite)
})

describeUnless(lacking('moto_server', ['--help'], 'moto_server'), 'on moto', () => {
  contractOn('DynamoDB on moto', startMoto)
})
