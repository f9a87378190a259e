/**
 * No secret byte in a log, an error, a metric or, unsealed, in a file.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CanaryHunt, filesIn, type Sighting } from '../support/canary.ts'
import { ChildCoffer } from '../support/child-coffer.ts'
import { suiteDirectories } from '../support/suite-directories.ts'
import { WireClient } from '../support/wire-client.ts'
import { operations } from '../../lambda/core/operations/index.ts'
import { CanaryTraffic } from './canary-traffic.ts'

const makeDirectory = suiteDirectories()

describe('the hunt itself', () => {
  const secret = 'canary-planted-0123456789'
  const hunt = new CanaryHunt()
  hunt.add('planted', secret)
  const padded = (before: number): Buffer => Buffer.concat([Buffer.alloc(before, 'x'), Buffer.from(`${secret}yy`)])

  it.each([
    ['as it is', Buffer.from(`{"a":"${secret}"}`)],
    ['in hex', Buffer.from(Buffer.from(secret).toString('hex'))],
    ['in capital hex', Buffer.from(Buffer.from(secret).toString('hex').toUpperCase())],
    ['in UTF-16', Buffer.from(secret, 'utf16le')],
    ['as a list of bytes', Buffer.from(JSON.stringify(Buffer.from(secret)))],
    ...[0, 1, 2, 3].map((before): [string, Buffer] => [
      `in base64 after ${before} bytes`,
      Buffer.from(padded(before).toString('base64')),
    ]),
  ])('finds a canary that was planted %s', (_, bytes) => {
    expect(hunt.inBytes('here', bytes).map(({ canary }) => canary)).toContain('planted')
    expect(hunt.inBytes('here', Buffer.concat([randomBytes(5000), bytes, randomBytes(100)]))).not.toEqual([])
  })

  it('finds it in a file, at any depth, and nothing in other bytes', () => {
    const directory = makeDirectory()
    mkdirSync(join(directory, 'deep'))
    writeFileSync(join(directory, 'deep', 'file'), `before ${secret} after`)
    expect(hunt.inDirectory(directory)).toMatchObject([
      { canary: 'planted', form: 'raw' },
      { form: 'JSON' },
      { form: 'URL' },
    ])
    expect(hunt.inBytes('noise', randomBytes(100_000))).toEqual([])
  })
})

describe.each(['json', 'text'])('a server that logs %s', (logFormat) => {
  const hunt = new CanaryHunt()
  const adminSecret = `canary-admin-${randomBytes(12).toString('hex')}`
  const masterKey = randomBytes(32)
  const dataDir = join(makeDirectory(), 'data')
  const errors: string[] = []
  let traffic: CanaryTraffic
  let metrics: string
  let log: string
  let whileRunning: Sighting[]
  let runningFiles: string[]
  let runningBytes: Buffer

  beforeAll(async () => {
    hunt.add('admin secret', adminSecret)
    hunt.add('master key', masterKey)
    const environment = {
      COFFER_ADMIN_ACCESS_KEY_ID: 'AKIACANARYCANARYCANA',
      COFFER_ADMIN_SECRET_ACCESS_KEY: adminSecret,
      COFFER_MASTER_KEY: masterKey.toString('hex'),
    }
    const coffer = await ChildCoffer.start({ dataDir, environment, flags: ['--log-format', logFormat] })
    const credentials = { accessKeyId: 'AKIACANARYCANARYCANA', secretAccessKey: adminSecret }
    const client = new WireClient({ endpoint: coffer.url, credentials })
    traffic = new CanaryTraffic(client, hunt)
    await traffic.run()
    errors.push(...traffic.errors)
    metrics = await (await fetch(`${coffer.url}/metrics`)).text()
    runningFiles = filesIn(dataDir)
    runningBytes = Buffer.concat(runningFiles.map((path) => readFileSync(path)))
    whileRunning = hunt.inDirectory(dataDir)
    client.close()
    await coffer.stop()
    const wrongKey = { ...environment, COFFER_MASTER_KEY: randomBytes(32).toString('hex') }
    const refused = await ChildCoffer.startAndEnd({ dataDir, environment: wrongKey })
    log = coffer.output + refused.output
  })

  it('was asked for everything that it offers', () => {
    expect(traffic.operations).toEqual(expect.arrayContaining(Object.keys(operations)))
    expect(traffic.operations).toEqual(expect.arrayContaining(['Encrypt', 'Decrypt', 'ReEncrypt', 'GenerateDataKey']))
    expect(errors.length).toBeGreaterThan(30)
    expect(hunt.canaries.length).toBeGreaterThan(40)
  })

  it('repeats no secret in an error', () => {
    expect(errors.flatMap((body, index) => hunt.inText(`error ${index}: ${body.slice(0, 200)}`, body))).toEqual([])
  })

  it('writes no secret to its log or its welcome', () => {
    expect(hunt.inText('log', log)).toEqual([])
    // The log has something to say all the same.
    expect(log).toContain('GetSecretValue')
    expect(log).toContain(':secret:canary/text-')
  })

  it('shows no secret in its metrics', () => {
    expect(hunt.inText('metrics', metrics)).toEqual([])
    expect(metrics).toContain('operation="GetSecretValue"')
  })

  it('keeps no secret in a file, neither in the log of the database nor after a shutdown', () => {
    expect(runningFiles.map((path) => path.slice(dataDir.length + 1))).toContain('coffer.db-wal')
    expect(whileRunning).toEqual([])
    expect(hunt.inDirectory(dataDir)).toEqual([])
    // What is not secret is found where it should be: the files were the right ones, at the right time.
    const shown = new CanaryHunt()
    shown.add('a name', 'canary/keyed')
    expect(shown.inBytes('while running', runningBytes)).not.toEqual([])
    expect(shown.inDirectory(dataDir)).not.toEqual([])
  })
})

describe('a first start that makes its own keys', () => {
  it('has the master key in its own file only, and shows the admin secret once', async () => {
    const dataDir = join(makeDirectory(), 'data')
    const first = await ChildCoffer.start({ dataDir, environment: {} })
    const secret = /AWS_SECRET_ACCESS_KEY=(\S+)/.exec(first.output)?.[1] ?? ''
    await first.stop()
    const second = await ChildCoffer.start({ dataDir, environment: {} })
    await second.stop()
    const hunt = new CanaryHunt()
    hunt.add('admin secret', secret)
    expect(first.output.split(secret)).toHaveLength(2)
    expect(hunt.inText('second start', second.output)).toEqual([])
    expect(hunt.inDirectory(dataDir)).toEqual([])

    const keyFile = join(dataDir, 'master.key')
    const masterKey = readFileSync(keyFile)
    const keys = new CanaryHunt()
    keys.add('master key', masterKey)
    keys.add('master key as text', Buffer.from(masterKey.toString('utf8').trim()))
    const others = filesIn(dataDir).filter((path) => path !== keyFile)
    expect(others.flatMap((path) => keys.inBytes(path, readFileSync(path)))).toEqual([])
    expect(keys.inText('output', first.output + second.output)).toEqual([])
  })
})
