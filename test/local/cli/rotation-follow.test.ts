import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { follow } from '../../../local/cli/rotation-follow.ts'
import { ADMIN } from '../support/running-server.ts'

let server: Server
let calls: number

beforeEach(async () => {
  calls = 0
  server = createServer((request) => {
    calls++
    request.socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(() => {
  server.close()
})

it('asks a Coffer that gives no answer again for a while, and then says how to look', async () => {
  const place = {
    flags: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    environment: { AWS_ACCESS_KEY_ID: ADMIN.accessKeyId, AWS_SECRET_ACCESS_KEY: ADMIN.secretAccessKey },
  }
  const followed = follow(
    place,
    { secret: 'db', versionId: 'v', afterRun: 0 },
    { print: () => undefined, waitMs: 60_000, patienceMs: 200 },
  )
  await expect(followed).rejects.toMatchObject({
    name: 'CallProblem',
    message: expect.stringMatching(
      /ended the connection[^]*goes on where Coffer does[^]*coffer rotation show db$/,
    ) as string,
  })
  expect(calls).toBeGreaterThan(2)
})
