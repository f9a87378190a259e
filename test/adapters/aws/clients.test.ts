import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { ListAliasesCommand } from '@aws-sdk/client-kms'
import { dynamoDbClient, kmsClient, kmsClients } from '../../../lambda/adapters/aws/clients.ts'
import { emulated } from '../../support/dynamo-table.ts'

describe('the AWS clients', () => {
  let server: Server
  let requests: number
  let sockets: number
  let isSilent: boolean
  beforeEach(async () => {
    requests = sockets = 0
    isSilent = false
    server = createServer((request, response) => {
      requests++
      if (!isSilent) request.resume().on('end', () => response.end('{}'))
    }).listen(0, '127.0.0.1')
    server.on('connection', () => sockets++)
    await once(server, 'listening')
  })
  afterEach(() => {
    server.closeAllConnections()
    server.close()
  })
  const here = () => emulated(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)

  it('keep their sockets from call to call', async () => {
    const client = dynamoDbClient(here())
    for (let call = 0; call < 3; call++) await client.send(new ListTablesCommand())
    expect([requests, sockets]).toEqual([3, 1])
    client.destroy()
  })

  it('try three times', async () => {
    for (const client of [dynamoDbClient(here()), kmsClient(here())]) {
      expect(await client.config.maxAttempts()).toBe(3)
      expect(await client.config.retryStrategy()).toMatchObject({ mode: 'standard' })
    }
  })

  it('are one for each Region whose KMS is asked from another, with more patience for the way', async () => {
    const kmsIn = kmsClients(here())
    const [one, other] = [kmsIn('eu-west-1'), kmsIn('us-west-2')]
    expect(kmsIn('eu-west-1')).toBe(one)
    expect([await one.config.region(), await other.config.region()]).toEqual(['eu-west-1', 'us-west-2'])
    expect(await one.config.maxAttempts()).toBe(3)
    await one.send(new ListAliasesCommand())
    const handler = one.config.requestHandler as unknown as { httpHandlerConfigs(): object }
    expect(handler.httpHandlerConfigs()).toMatchObject({
      connectionTimeout: 2_000,
      requestTimeout: 5_000,
      throwOnRequestTimeout: true,
    })
    for (const client of [one, other]) client.destroy()
  })

  it('give up on a silent socket: KMS after two seconds', async () => {
    isSilent = true
    const started = performance.now()
    const call = kmsClient({ ...here(), maxAttempts: 1 }).send(new ListAliasesCommand())
    await expect(call).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(performance.now() - started).toBeGreaterThan(1_900)
  })
})
