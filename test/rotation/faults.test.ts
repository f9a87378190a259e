/**
 * Functions that misbehave, databases that go away, and secrets that change while they rotate.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { randomBytes } from 'node:crypto'
import { CanaryHunt } from '../support/canary.ts'
import { DatabaseProcess } from '../support/databases/database-server.ts'
import { lackingPostgres, PostgresServer } from '../support/databases/postgres-server.ts'
import { describeUnless, run } from '../support/other-programs.ts'
import { logsIn, type DatabaseValue } from '../support/rotation-application.ts'
import { ACCOUNT, MANAGED, REGION, startEmbedded, type Embedded, type Shown } from '../support/rotation-embedded.ts'
import { Control, obedientFunction, STEPS, type Point } from '../support/rotation-obedient.ts'
import { suiteDirectories } from '../support/suite-directories.ts'
import { ADMIN } from '../local/support/running-server.ts'

jest.setTimeout(300_000)
const makeDirectory = suiteDirectories()

function makeControl(): Control {
  const control = new Control(join(makeDirectory(), 'control'))
  mkdirSync(control.folder)
  return control
}

const waits = ({ running }: Shown): boolean => running?.state === 'waiting'
const ended = ({ rotations: [last] }: Shown): boolean => last?.result !== undefined
const lastError = ({ rotations: [last] }: Shown) => {
  const attempt = last?.attempts.at(-1)
  return attempt?.steps.at(-1)?.error ?? attempt?.error
}

describe('a function that misbehaves', () => {
  const control = makeControl()
  const dataDir = join(makeDirectory(), 'data')
  let server: Embedded
  let functionArn: string

  beforeAll(async () => {
    server = await startEmbedded(dataDir)
    functionArn = await server.client.addFunction(obedientFunction(control))
  })
  afterAll(() => server.close())

  const begun = async (name: string, Description: string, value: object | string = 'first'): Promise<string> => {
    await server.client.create(name, value, { Description })
    return server.client.rotate(name, { RotationLambdaARN: functionArn })
  }

  /** It is forgiven, and the next attempt succeeds. */
  async function healsAfterwards(name: string, version: string): Promise<void> {
    const { client } = server
    await client.call('UpdateSecret', { SecretId: name, Description: 'well again' })
    await client.advance('61s')
    const { rotations } = await client.until(name, ended)
    expect(rotations.map((one) => [one.versionId, one.result])).toEqual([[version, 'succeeded']])
    expect(await client.labels(name)).toMatchObject({ AWSCURRENT: version })
  }

  const failing: [kind: string, step: string, error: object][] = [
    ['throw', 'createSecret', { type: 'TypeError', message: 'the database is in a bad mood' }],
    ['throw', 'setSecret', { type: 'TypeError', diagnosis: expect.stringContaining('failed in setSecret') }],
    ['throw', 'testSecret', { type: 'TypeError' }],
    ['throw', 'finishSecret', { type: 'TypeError' }],
    [
      'exit',
      'setSecret',
      { type: 'Runtime.ExitError', diagnosis: expect.stringContaining('ended before it returned') },
    ],
    ['circular', 'setSecret', { type: expect.stringMatching(/Error/) }],
    ['nothing', '*', { diagnosis: expect.stringContaining('stored no value') }],
    ['nothing', 'finishSecret', { diagnosis: expect.stringContaining('must move AWSCURRENT') }],
    ['wrong-label', 'finishSecret', { diagnosis: expect.stringContaining('must move AWSCURRENT') }],
  ]

  it.each(failing)(
    '%s in %s fails the attempt, is told and recorded, and the next attempt heals it',
    async (kind, step, error) => {
      const name = `${kind}-${step === '*' ? 'all' : step}`
      const version = await begun(name, `${kind}@${step}`)
      const shown = await server.client.until(name, waits)
      expect(lastError(shown)).toMatchObject(error)
      expect(shown.running).toMatchObject({ versionId: version, attempt: 1 })
      const told = server.events().filter(({ versionId }) => versionId === version)
      expect(told.map((event) => event.name)).toEqual(['RotationStarted', 'RotationFailed'])
      await expect(server.client.rotate(name)).rejects.toMatchObject({ code: 'InvalidRequestException' })
      await healsAfterwards(name, version)
    },
  )

  it('a result that makes no sense is no failure: only what became of the secret counts', async () => {
    const version = await begun('odd', 'odd@testSecret')
    const { rotations } = await server.client.until('odd', ended)
    expect(rotations).toMatchObject([{ versionId: version, result: 'succeeded' }])
  })

  it('one that hangs is ended at its timeout', async () => {
    const hasty = await server.client.addFunction(obedientFunction(control, { name: 'hasty', timeoutSeconds: 1 }))
    await server.client.create('hang', 'first', { Description: 'hang@setSecret' })
    const version = await server.client.rotate('hang', { RotationLambdaARN: hasty })
    const shown = await server.client.until('hang', waits)
    expect(lastError(shown)).toMatchObject({
      type: 'TimedOut',
      diagnosis: expect.stringContaining('did not end in time'),
    })
    await healsAfterwards('hang', version)
  })

  it('is attempted five times, then given up until another day, and gone on with then', async () => {
    const { client } = server
    await client.create('hopeless', 'first', { Description: 'throw@testSecret' })
    await client.rotate('hopeless', { RotationLambdaARN: functionArn, RotationRules: { AutomaticallyAfterDays: 10 } })
    for (const [index, wait] of ['61s', '5m', '17m', '61m'].entries()) {
      await client.until('hopeless', (shown) => waits(shown) && shown.running?.attempt === index + 1)
      await client.advance(wait)
    }
    const { rotations, incomplete } = await client.until('hopeless', ended)
    expect(rotations).toMatchObject([{ result: 'failed', versionId: incomplete }])
    expect(rotations[0]?.attempts).toHaveLength(5)
    await client.call('UpdateSecret', { SecretId: 'hopeless', Description: '' })
    await client.advance('2d')
    expect((await client.show('hopeless')).rotations[0]).toMatchObject({ result: 'succeeded', versionId: incomplete })
  })

  it('one that tells everything it knows leaves no secret in a log, a record, a metric or a file', async () => {
    const { client } = server
    const hunt = new CanaryHunt()
    const value = { password: `pass-${randomBytes(18).toString('base64')}`, apiKey: randomBytes(24).toString('hex') }
    hunt.add('password', value.password)
    hunt.add('another member', value.apiKey)
    const version = await begun('leak', 'leak@testSecret', value)
    await client.until('leak', waits)
    const tokens = control.trace('leak').map(({ token }) => token)
    expect(new Set(tokens).size).toBe(3)
    tokens.forEach((token, index) => hunt.add(`token ${index}`, token))
    hunt.add('the new value', await client.value('leak', { VersionId: version }))
    // An answer that people see must hold no secret even in a part.
    const shown = await run(process.execPath, ['bin/coffer.mjs', 'rotation', 'show', 'leak', '--json'], {
      environment: {
        AWS_ENDPOINT_URL: server.coffer.url,
        AWS_ACCESS_KEY_ID: ADMIN.accessKeyId,
        AWS_SECRET_ACCESS_KEY: ADMIN.secretAccessKey,
        AWS_REGION: REGION,
      },
    })
    expect(shown).toMatchObject({ code: 0, stderr: '' })
    expect(shown.stdout).toContain('testSecret')
    const metrics = await (await fetch(`${server.coffer.url}/metrics`)).text()
    const events = JSON.stringify(server.events())
    expect([
      ...hunt.inText('rotation show', shown.stdout + shown.stderr),
      ...hunt.inText('log', server.output.text),
      ...hunt.inText('metrics', metrics),
      ...hunt.inText('events', events),
      ...hunt.inDirectory(dataDir),
    ]).toEqual([])
    expect(shown.stdout).toContain('[redacted]')
    await healsAfterwards('leak', version)
  })
})

describe('a secret that changes while it rotates', () => {
  const control = makeControl()
  let server: Embedded
  let functionArn: string

  beforeAll(async () => {
    server = await startEmbedded(join(makeDirectory(), 'data'))
    functionArn = await server.client.addFunction(obedientFunction(control))
  })
  afterAll(() => server.close())

  async function heldIn(name: string): Promise<{ point: Point; version: string }> {
    const point: Point = { name, phase: 'enter', step: 'setSecret' }
    control.hold(point)
    await server.client.create(name, 'first')
    const version = await server.client.rotate(name, { RotationLambdaARN: functionArn })
    await control.reached(point)
    return { point, version }
  }

  it('of ten RotateSecret at once one is taken, and the others are refused', async () => {
    const { client } = server
    await client.create('ten', 'first')
    const calls = Array.from({ length: 10 }, () => client.rotate('ten', { RotationLambdaARN: functionArn }))
    const results = await Promise.allSettled(calls)
    const taken = results.filter((one) => one.status === 'fulfilled')
    expect(taken).toHaveLength(1)
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'InvalidRequestException' })
    const { rotations } = await client.until('ten', ended)
    expect(rotations.map(({ versionId }) => versionId)).toEqual([taken[0]?.value])
    expect(
      control
        .trace('ten')
        .filter(({ phase }) => phase === 'enter')
        .map(({ step }) => step),
    ).toEqual([...STEPS])
  })

  it('of two RotateSecret with the same token the second changes nothing', async () => {
    const { client } = server
    await client.create('same', 'first')
    const ClientRequestToken = crypto.randomUUID()
    const input = { RotationLambdaARN: functionArn, ClientRequestToken }
    expect(await Promise.all([client.rotate('same', input), client.rotate('same', input)])).toEqual([
      ClientRequestToken,
      ClientRequestToken,
    ])
    await client.until('same', ended)
    expect(await client.rotate('same', input)).toBe(ClientRequestToken)
    await client.advance('1s')
    expect(control.trace('same')).toHaveLength(8)
  })

  it('deleted in mid-rotation it rotates no further, and restored it goes on with the same version', async () => {
    const { client } = server
    const { point, version } = await heldIn('deleted')
    await client.call('DeleteSecret', { SecretId: 'deleted', RecoveryWindowInDays: 30 })
    control.go(point)
    await control.reached({ ...point, phase: 'worked' })
    await client.advance('10d')
    expect(control.trace('deleted').some(({ step }) => step === 'testSecret')).toBe(false)
    await client.call('RestoreSecret', { SecretId: 'deleted' })
    expect(await client.value('deleted')).toBe('first')
    await client.advance('2d')
    expect(await client.labels('deleted')).toMatchObject({ AWSCURRENT: version })
    expect((await client.show('deleted')).rotations).toMatchObject([{ versionId: version, result: 'succeeded' }])
  })

  it('deleted for good and made again under its name, the old rotation does nothing to the new secret, which rotates by itself', async () => {
    const { client } = server
    const { point } = await heldIn('again')
    await client.call('DeleteSecret', { SecretId: 'again', ForceDeleteWithoutRecovery: true })
    await client.create('again', 'another life')
    const version = await client.rotate('again', { RotationLambdaARN: functionArn })
    control.go(point)
    await client.until('again', ended)
    const steps = control.trace('again').filter((one) => one.version === version && one.phase === 'enter')
    expect(steps.map(({ step }) => step)).toEqual([...STEPS])
    expect(await client.value('again')).toBe(`value of ${version}`)
    expect(await client.value('again', { VersionStage: 'AWSPREVIOUS' })).toBe('another life')
    expect((await client.show('again')).rotations).toMatchObject([{ versionId: version, result: 'succeeded' }])
  })

  it('given a value by hand the rotation is abandoned, and what the function still does changes nothing', async () => {
    const { client } = server
    const { point, version } = await heldIn('by-hand')
    const ClientRequestToken = crypto.randomUUID()
    await client.call('PutSecretValue', { SecretId: 'by-hand', SecretString: 'by hand', ClientRequestToken })
    control.go(point)
    await control.reached({ ...point, phase: 'worked' })
    await client.advance('2d')
    expect(await client.value('by-hand')).toBe('by hand')
    expect(control.trace('by-hand').some(({ step }) => step === 'testSecret')).toBe(false)
    const told = server.events().filter(({ versionId }) => versionId === version)
    expect(told.map(({ name }) => name)).toEqual(['RotationStarted', 'RotationAbandoned'])
  })

  it('cancelled in mid-rotation the step under way is the last one', async () => {
    const { client } = server
    const { point, version } = await heldIn('cancelled')
    expect(await client.call('CancelRotateSecret', { SecretId: 'cancelled' })).toMatchObject({ VersionId: version })
    control.go(point)
    await control.reached({ ...point, phase: 'worked' })
    await client.advance('40d')
    expect(control.trace('cancelled').some(({ step }) => step === 'testSecret')).toBe(false)
    expect(await client.labels('cancelled')).toMatchObject({ AWSPENDING: version })
  })

  it('a clock that jumps a year in mid-rotation disturbs nothing, and the windows of that year are kept', async () => {
    const { client } = server
    const point: Point = { name: 'jump', phase: 'enter', step: 'setSecret' }
    await client.create('jump', 'first')
    control.hold(point)
    const version = await client.rotate('jump', {
      RotationLambdaARN: functionArn,
      RotationRules: { ScheduleExpression: 'rate(90 days)' },
    })
    await control.reached(point)
    const jumping = client.advance('365d')
    control.go(point)
    await jumping
    const { rotations, incomplete } = await client.show('jump')
    expect(rotations.map(({ result }) => result)).toEqual(rotations.map(() => 'succeeded'))
    expect(rotations.at(-1)).toMatchObject({ versionId: version })
    // The first one ended before or after the year did.
    expect([1, 4, 5]).toContain(rotations.length)
    expect(incomplete).toBeUndefined()
  })
})

describe('a year in which Coffer did not run', () => {
  it('is not made up for: the next window is taken, once', async () => {
    const control = makeControl()
    const dataDir = join(makeDirectory(), 'data')
    let server = await startEmbedded(dataDir)
    const functionArn = await server.client.addFunction(obedientFunction(control))
    await server.client.create('a', 'first')
    await server.client.rotate('a', {
      RotationLambdaARN: functionArn,
      RotationRules: { ScheduleExpression: 'rate(7 days)', Duration: '2h' },
    })
    await server.client.until('a', ended)
    await server.close()
    server = await startEmbedded(dataDir, { clock: '2027-01-01T12:00:00Z' })
    await server.client.advance('1m')
    expect((await server.client.show('a')).rotations).toHaveLength(1)
    await server.client.advance('1d')
    const { rotations } = await server.client.show('a')
    expect(rotations.map(({ result }) => result)).toEqual(['succeeded', 'succeeded'])
    expect(rotations[0]?.startedAt).toMatch(/^2027-01-02T0[01]:/)
    await server.close()
  })
})

describeUnless(lackingPostgres(), 'a database that goes away', () => {
  let database: PostgresServer
  let again: DatabaseProcess | undefined
  let server: Embedded
  let data: string

  beforeAll(async () => {
    database = await PostgresServer.start()
    data = String((await database.query('SHOW data_directory'))[0]?.data_directory)
    server = await startEmbedded(join(makeDirectory(), 'data'))
  })
  afterAll(async () => {
    await server.close()
    await again?.stop()
    await database.stop()
  })

  async function killDatabase(): Promise<void> {
    const pid = Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0])
    process.kill(pid, 'SIGQUIT')
    for (let tries = 0; tries < 500; tries++) {
      try {
        process.kill(pid, 0)
      } catch {
        return
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    throw new Error('PostgreSQL does not end')
  }

  async function startDatabase(): Promise<void> {
    const isReady = async (): Promise<boolean> => (await database.query('SELECT 1')).length === 1
    again = await DatabaseProcess.start('postgres', ['-D', data], { folder: join(data, 'none'), isReady })
  }

  it.each(STEPS)('during %s fails the rotation at most until it is back: the next attempt heals it', async (step) => {
    const { client } = server
    const name = `down-${step.toLowerCase()}`
    const password = `first of ${name}`
    await database.query(`CREATE ROLE "${name}" LOGIN PASSWORD '${password}'`)
    const place = { engine: 'postgres', host: '127.0.0.1', port: database.port, dbname: 'postgres' }
    const first = { ...place, username: name, password, sslrootcert: database.certificates.authority }
    await client.create(name, first)
    if (step === 'createSecret' || step === 'setSecret') await killDatabase()
    const version = await client.rotate(name, { RotationLambdaARN: MANAGED })
    if (step === 'testSecret' || step === 'finishSecret') {
      await client.until(
        name,
        ({ rotations: [last] }) => last?.attempts[0]?.steps.some((one) => one.step === step) === true,
      )
      await killDatabase()
      await client.until(name, (shown) => waits(shown) || ended(shown))
    } else {
      const shown = await client.until(name, waits)
      expect(lastError(shown)).toMatchObject({
        type: 'DatabaseUnreachable',
        diagnosis: expect.stringContaining('No connection'),
      })
      expect(shown.rotations[0]?.attempts[0]?.steps.at(-1)?.step).toBe('setSecret')
    }
    await startDatabase()
    await client.advance('61s')
    const { rotations } = await client.until(name, ended)
    expect(rotations).toMatchObject([{ versionId: version, result: 'succeeded' }])
    expect(await logsIn(await client.json<DatabaseValue>(name))).toBe(true)
    expect(await logsIn(first)).toBe(false)
  })
})

describe('functions elsewhere, by --lambda-url', () => {
  let there: Server
  let server: Embedded
  let answer: (response: ServerResponse, body: { Step: string }) => unknown
  const asked: { url: string | undefined; body: { Step: string; SecretId: string } }[] = []
  const remoteArn = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:elsewhere`

  beforeAll(async () => {
    there = createServer((request, response) => {
      void text(request).then((sent) => {
        const body = JSON.parse(sent) as { Step: string; SecretId: string }
        asked.push({ url: request.url, body })
        return answer(response, body)
      })
    })
    await new Promise<void>((resolve) => there.listen(0, '127.0.0.1', resolve))
    const lambdaUrl = `http://127.0.0.1:${(there.address() as AddressInfo).port}`
    server = await startEmbedded(join(makeDirectory(), 'data'), { lambdaUrl })
  })
  afterAll(async () => {
    await server.close()
    there.closeAllConnections()
    there.close()
  })

  const good = async (response: ServerResponse, { Step, SecretId, ClientRequestToken }: Record<string, string>) => {
    const { client } = server
    if (Step === 'createSecret')
      await client.call('PutSecretValue', {
        ...{ SecretId, ClientRequestToken, SecretString: `by ${ClientRequestToken}` },
        VersionStages: ['AWSPENDING'],
      })
    if (Step === 'finishSecret')
      await client.call('UpdateSecretVersionStage', {
        ...{ SecretId, VersionStage: 'AWSCURRENT', MoveToVersionId: ClientRequestToken },
        RemoveFromVersionId: (await client.labels(SecretId!)).AWSCURRENT,
      })
    response.end('null')
  }

  it('are invoked as Lambda is, by the name that the owner gave', async () => {
    answer = good
    const arn = await server.client.create('remote', 'first')
    const version = await server.client.rotate('remote', { RotationLambdaARN: remoteArn })
    expect((await server.client.until('remote', ended)).rotations).toMatchObject([
      { versionId: version, result: 'succeeded' },
    ])
    expect(asked.map(({ body }) => body.Step)).toEqual([...STEPS])
    for (const { url, body } of asked) {
      expect(url).toBe(`/2015-03-31/functions/${encodeURIComponent(remoteArn)}/invocations`)
      expect(body.SecretId).toBe(arn)
    }
  })

  const bad: [title: string, (response: ServerResponse) => unknown, object][] = [
    ['answers 500', (response) => response.writeHead(500).end('{"Message":"boom"}'), { type: 'Http500' }],
    ['answers 429', (response) => response.writeHead(429).end(), { type: 'throttled' }],
    ['answers 403', (response) => response.writeHead(403).end(), { type: 'not-allowed' }],
    ['answers 404', (response) => response.writeHead(404).end(), { type: 'missing' }],
    [
      'redirects',
      (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      { type: 'unreachable' },
    ],
    ['breaks the connection', (response) => response.destroy(), { type: 'unreachable' }],
    [
      'breaks off in its answer',
      (response) => response.writeHead(200, { 'content-length': '100' }).write('{', () => response.destroy()),
      { type: 'unreachable' },
    ],
    [
      'says that the function failed',
      (response) =>
        response
          .writeHead(200, { 'x-amz-function-error': 'Unhandled' })
          .end('{"errorType":"OldPasswordRefused","errorMessage":"no"}'),
      { type: 'OldPasswordRefused', diagnosis: expect.stringContaining('refused the stored password') },
    ],
    [
      'says so in garbage',
      (response) => response.writeHead(200, { 'x-amz-function-error': 'Unhandled' }).end('\u0000<html>'),
      {},
    ],
  ]

  it.each(bad)('one that %s fails the attempt, and heals with the next', async (title, respond, error) => {
    const { client } = server
    const name = title.replaceAll(' ', '-')
    answer = respond
    await client.create(name, 'first')
    const version = await client.rotate(name, { RotationLambdaARN: remoteArn })
    expect(lastError(await client.until(name, waits))).toMatchObject({ diagnosis: expect.any(String), ...error })
    answer = good
    await client.advance('61s')
    expect((await client.until(name, ended)).rotations).toMatchObject([{ versionId: version, result: 'succeeded' }])
  })
})
