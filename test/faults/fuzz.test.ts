/**
 * Twenty thousand requests that nobody should send. COFFER_FUZZ_SEED repeats a run.
 * @module
 */
import { randomInt } from 'node:crypto'
import { connect } from 'node:net'
import { once } from 'node:events'
import fc from 'fast-check'
import { readServeConfig } from '../../local/config.ts'
import { startCoffer, type RunningCoffer } from '../../local/start.ts'
import { MemoryOutput } from '../local/support/memory-output.ts'
import { ADMIN } from '../support/child-coffer.ts'
import { suiteDirectories } from '../support/suite-directories.ts'
import { WireClient, type Answer } from '../support/wire-client.ts'
import { CANARY, NAMES } from './fuzz/inputs.ts'
import { observedState } from './fuzz/observed-state.ts'
import { refusable, whatever, type FuzzRequest } from './fuzz/requests.ts'

const seed = Number(process.env.COFFER_FUZZ_SEED ?? randomInt(2 ** 31))
const BATCH = 50
const BATCHES = { refusable: 240, whatever: 170 }

const makeDirectory = suiteDirectories()
const output = new MemoryOutput()
let coffer: RunningCoffer
let client: WireClient
let keyId: string
let sent = 0

beforeAll(async () => {
  console.log(`COFFER_FUZZ_SEED=${seed}`)
  const config = readServeConfig({ port: '0', dataDir: makeDirectory(), logFormat: 'json' }, {})
  coffer = await startCoffer({ config, secrets: { adminKey: ADMIN }, output })
  client = new WireClient({ endpoint: coffer.url, credentials: ADMIN })
})
afterAll(async () => {
  client.close()
  await coffer.close()
  console.log(`${sent} requests were sent`)
})

async function furnish(): Promise<void> {
  const [plain, versions, binary, big, scheduled, tagged] = NAMES
  const create = (Name: string | undefined, rest: object): Promise<unknown> =>
    client.call('CreateSecret', { Name, ClientRequestToken: `${Name}`.padEnd(32, '-'), ...rest })
  const { KeyMetadata } = (await client.kms('CreateKey')) as { KeyMetadata: { KeyId: string } }
  keyId = KeyMetadata.KeyId
  await client.kms('CreateAlias', { AliasName: 'alias/fuzz', TargetKeyId: keyId })
  await create(plain, { SecretString: 'plain value' })
  await create(versions, { SecretString: 'one' })
  await client.call('PutSecretValue', { SecretId: versions, SecretString: 'two', ClientRequestToken: 't'.repeat(32) })
  await create(binary, { SecretBinary: 'AAECAw==', KmsKeyId: 'alias/fuzz' })
  await create(big, { SecretString: 'b'.repeat(65_536) })
  await create(scheduled, { SecretString: 'scheduled' })
  await client.call('DeleteSecret', { SecretId: scheduled })
  await create(tagged, { SecretString: 'tagged', Tags: [{ Key: 'k', Value: 'v' }], Description: 'a description' })
}

/** The batch as a client with sixteen connections sends it. @returns those that were accepted */
async function sendAll(batch: readonly FuzzRequest[]): Promise<FuzzRequest[]> {
  sent += batch.length
  const answers = await Promise.all(
    batch.map(async ({ kind, raw }) => {
      const answer = await client.send(raw).catch((cause: unknown) => {
        throw new Error(`no answer to: ${kind}`, { cause })
      })
      checkAnswer(kind, answer)
      return answer
    }),
  )
  return batch.filter((_, index) => answers[index]?.status === 200)
}

function checkAnswer(kind: string, { status, headers, text }: Answer): void {
  if (status === 200) return
  const problem = problemOf(status, headers['content-type'], text)
  if (problem !== undefined) throw new Error(`${kind}: ${problem}: ${status} ${text}`)
}

function problemOf(status: number, contentType: string | undefined, text: string): string | undefined {
  if (status >= 500) return 'a server fault'
  if (status < 400) return 'neither success nor refusal'
  if (text.includes(CANARY)) return 'a secret value in an error'
  if (contentType === 'text/xml') return /<Code>\w+<\/Code><Message>/.test(text) ? undefined : 'not an error of STS'
  const body = parse(text)
  if (typeof body !== 'object' || body === null) return 'not JSON'
  const { __type: type, Message, message } = body as Record<string, unknown>
  if (typeof type !== 'string' || !/^[A-Z]\w+$/.test(type)) return 'no __type'
  return typeof (Message ?? message) === 'string' ? undefined : 'no message'
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

describe('bad requests', () => {
  beforeAll(furnish)

  it('what is not a right call is refused, and nothing changes', async () => {
    const before = await observedState(client, keyId)
    await fc.assert(
      fc.asyncProperty(fc.array(refusable, { minLength: BATCH, maxLength: BATCH }), async (batch) => {
        const accepted = await sendAll(batch)
        if (accepted.length > 0) throw new Error(`accepted: ${accepted.map((each) => fc.stringify(each)).join('\n')}`)
        expect(await observedState(client, keyId)).toEqual(before)
      }),
      { seed, numRuns: BATCHES.refusable, endOnFailure: true },
    )
  }, 120_000)

  it('whatever the members of an input are, the answer is one, and what was refused did nothing', async () => {
    let accepted = 0
    await fc.assert(
      fc.asyncProperty(fc.array(whatever, { minLength: BATCH, maxLength: BATCH }), async (batch) => {
        accepted += (await sendAll(batch)).length
        // Once more, one by one: each refusal by itself leaves everything as it was.
        for (const request of batch.slice(0, 3)) {
          const before = await observedState(client, keyId)
          if ((await sendAll([request])).length === 0) expect(await observedState(client, keyId)).toEqual(before)
        }
      }),
      { seed, numRuns: BATCHES.whatever, endOnFailure: true },
    )
    // A fuzzer that is always refused tests the first check only.
    expect(accepted).toBeGreaterThan(300)
  }, 120_000)

  it('bytes that are no HTTP are turned away, and the server goes on', async () => {
    const { hostname, port } = new URL(coffer.url)
    const garbage = [
      'GET\r\n\r\n',
      '\u0000'.repeat(2000),
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nx',
      'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      `POST / HTTP/1.1\r\n${'X: y\r\n'.repeat(5000)}\r\n`,
      `GET /${'a'.repeat(100_000)} HTTP/1.1\r\n\r\n`,
      Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
    ]
    for (const bytes of garbage) {
      const socket = connect(Number(port), hostname)
      let reply = ''
      socket.on('data', (chunk: Buffer) => (reply += chunk.toString('latin1')))
      socket.on('error', () => undefined)
      socket.end(bytes)
      await once(socket, 'close')
      expect(reply).toMatch(/^(HTTP\/1\.1 4\d\d .*)?/)
      expect(reply).not.toMatch(/^HTTP\/1\.1 5/)
      expect((await fetch(`${coffer.url}/health`)).status).toBe(200)
    }
  })

  it('at least 20,000 requests were sent, none was a fault, none of their secrets is in the log', () => {
    expect(sent).toBeGreaterThanOrEqual(20_000)
    expect(output.lines.filter((line) => line.includes('"level":"error"'))).toEqual([])
    // Version ids and descriptions hold the canary too, and are not logged either.
    expect(output.text).not.toContain(CANARY)
    expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain('polluted')
  })
})
