/**
 * The contract on somebody else's KMS, where it is installed: moto. Its multi-Region keys can't decrypt, so the service's keys are made single-Region on their
 * way to it.
 * @module
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { KMSClient, type CreateKeyCommandInput } from '@aws-sdk/client-kms'
import { keyServiceContract } from '../../../contracts/key-service-contract.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { place } from '../../../support/keyring-fixture.ts'
import { describeUnless, lacking } from '../../../support/other-programs.ts'
import { adapter, customerKeys, scope } from './kms-fixture.ts'

const noArns = 'moto answers HTTP 500 when DisableKey or ScheduleKeyDeletion is given a key ARN'

describeUnless(lacking('moto_server', ['--help'], 'moto_server'), 'on moto_server', () => {
  let server: ChildProcess
  let endpoint: string
  beforeAll(async () => {
    // moto gives out this account's keys to everybody.
    const env = { ...process.env, MOTO_ACCOUNT_ID: place.account }
    server = spawn('moto_server', ['-H', '127.0.0.1', '-p', '0'], { env, stdio: ['ignore', 'ignore', 'pipe'] })
    endpoint = await addressOf(server)
  })
  afterAll(async () => {
    server.kill()
    await once(server, 'exit')
  })

  const skip = [
    { test: 'retires a dedicated key, any number of times, and then refuses to use it', reason: noArns },
    { test: 'refuses every use of a disabled key', reason: noArns },
    { test: 'refuses a key that is pending deletion', reason: noArns },
    { test: 'describes a key in any state: whether it works is for its use to say', reason: noArns },
    {
      test: 'tells of the primary of a multi-Region key',
      reason: "moto's multi-Region keys can't decrypt: none are made",
    },
    {
      test: 'unwraps only with the key that is named',
      reason: 'moto answers AccessDeniedException to a blob of another key',
    },
    {
      test: 'tells of a key or an alias that is not there, with a request id',
      reason: "moto's request ids are not UUIDs, as KMS's are",
    },
  ]
  keyServiceContract(
    'AWS KMS adapter on moto_server',
    async (mode) => {
      const client = new KMSClient({
        endpoint,
        region: place.region,
        credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'example' },
      })
      singleRegionKeys(client)
      const clock = new ManualClock()
      const service = adapter({ client, clock }, { mode })
      return { service, scope, ...customerKeys(client), dispose: async () => client.destroy() }
    },
    { skip },
  )
})

function singleRegionKeys(client: KMSClient): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        if (commandName !== 'CreateKeyCommand') return next(args)
        const input = args.input as CreateKeyCommandInput
        return next({ ...args, input: { ...input, MultiRegion: false } })
      },
    { step: 'initialize' },
  )
}

async function addressOf(server: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: server.stderr! })) {
    const [, address] = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line) ?? []
    if (address !== undefined) {
      server.stderr!.resume()
      return address
    }
  }
  throw new Error('moto_server ended before it listened')
}
