import { randomUUID } from 'node:crypto'
import { dynamoDbClient } from '../../../../lambda/adapters/aws/clients.ts'
import { DynamoDbSecretStore } from '../../../../lambda/adapters/aws/dynamo/dynamodb-secret-store.ts'
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

  secretStoreContract(
    adapter,
    async () => {
      const table = randomUUID()
      const clients = [dynamoDbClient(emulated(emulator.endpoint))]
      await createTable(clients[0]!, table)
      const open = (client = clients[0]!) =>
        new DynamoDbSecretStore({ client, table, clock: new ManualClock(), region: 'us-east-1' })
      return {
        store: open(),
        reopen: async () => {
          const client = dynamoDbClient(emulated(emulator.endpoint))
          clients.push(client)
          return open(client)
        },
        close: async () => {
          for (const client of clients) client.destroy()
        },
      }
    },
    options,
  )
}

describe('on dynalite', () => {
  contractOn('DynamoDB', startDynalite)
})

describeUnless(lacking('moto_server', ['--help'], 'moto_server'), 'on moto', () => {
  contractOn('DynamoDB on moto', startMoto)
})
