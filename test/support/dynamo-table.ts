/**
 * DynamoDB on the desk: dynalite in this process, or moto's server beside it, with the table of a deployment.
 * @module
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import dynalite from 'dynalite'
import { indexes, PARTITION_KEY, SORT_KEY } from '../../lambda/adapters/aws/table-schema.ts'

export interface Emulator {
  readonly endpoint: string
  readonly stop: () => Promise<void>
}

/** What a client needs to talk to an emulator. */
export const emulated = (endpoint: string) => ({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'AKIATESTTESTTESTTEST', secretAccessKey: 'not-a-secret' },
})

export async function startDynalite(): Promise<Emulator> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

export async function startMoto(): Promise<Emulator> {
  const port = await freePort()
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  const endpoint = `http://127.0.0.1:${port}`
  await answering(`${endpoint}/moto-api/`, () => child.exitCode !== null)
  return {
    endpoint,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function answering(url: string, hasEnded: () => boolean): Promise<void> {
  const until = performance.now() + 60_000
  for (;;) {
    if (
      await fetch(url, { method: 'HEAD' }).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return
    if (hasEnded() || performance.now() > until) throw new Error('moto_server did not come up')
    await sleep(50)
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** The table as the data stack makes it. */
export async function createTable(client: DynamoDBClient, name: string): Promise<void> {
  const all = Object.values(indexes)
  const keys = new Set([
    PARTITION_KEY,
    SORT_KEY,
    ...all.flatMap(({ partitionKey, sortKey }) => [partitionKey, sortKey]),
  ])
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [...keys].map((key) => ({ AttributeName: key, AttributeType: 'S' })),
      KeySchema: keySchema(PARTITION_KEY, SORT_KEY),
      GlobalSecondaryIndexes: all.map(({ name: IndexName, partitionKey, sortKey, include }) => ({
        IndexName,
        KeySchema: keySchema(partitionKey, sortKey),
        Projection:
          include.length > 0
            ? { ProjectionType: 'INCLUDE', NonKeyAttributes: [...include] }
            : { ProjectionType: 'KEYS_ONLY' },
      })),
    }),
  )
}

const keySchema = (partitionKey: string, sortKey: string) => [
  { AttributeName: partitionKey, KeyType: 'HASH' as const },
  { AttributeName: sortKey, KeyType: 'RANGE' as const },
]
