/**
 * A year in a minute: rotations by schedule against a real PostgreSQL, and an application that never notices.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { lackingPostgres, POSTGRES_ADMIN, PostgresServer } from '../support/databases/postgres-server.ts'
import { describeUnless, lacking } from '../support/other-programs.ts'
import { Application, logsIn, type DatabaseValue } from '../support/rotation-application.ts'
import { MANAGED, PYTHON, startEmbedded, type Embedded } from '../support/rotation-embedded.ts'
import { suiteDirectories } from '../support/suite-directories.ts'

jest.setTimeout(400_000)
const makeDirectory = suiteDirectories()
const HOURS = 365 * 24
const HOUR_MS = 3_600_000

const lacks =
  lackingPostgres() ??
  lacking(PYTHON, ['-c', 'import boto3, pgdb'], `a ${PYTHON} with boto3 and pgdb (python3-boto3, python3-pygresql)`)

describeUnless(lacks, 'a simulated year', () => {
  let database: PostgresServer
  let server: Embedded
  let masterarn: string
  let functionArn: string

  beforeAll(async () => {
    database = await PostgresServer.start()
    server = await startEmbedded(join(makeDirectory(), 'data'))
    const { username, password } = POSTGRES_ADMIN
    masterarn = await server.client.create(
      'admin',
      { ...place(), username, password },
      { Tags: [{ Key: 'coffer:rotation-admin-for', Value: '/' }] },
    )
    functionArn = await server.client.addFunction({
      name: 'alternating-postgres',
      runtime: 'python3.12',
      handler: 'alternating_postgres.handler',
      files: {
        'alternating_postgres.py': readFileSync(join(import.meta.dirname, 'functions', 'alternating_postgres.py')),
      },
    })
  })
  afterAll(async () => {
    await server.close()
    await database.stop()
  })

  const place = () => ({
    engine: 'postgres',
    host: '127.0.0.1',
    port: database.port,
    dbname: 'postgres',
    sslrootcert: database.certificates.authority,
  })

  async function makeUser(username: string) {
    const password = `first of ${username}`
    await database.query(`CREATE ROLE ${username} LOGIN PASSWORD '${password}'`)
    return { ...place(), username, password }
  }

  /** Hour by hour; the application works in each of them, also while the clock is moved and things happen. */
  async function live(secret: string, hours: number): Promise<Application> {
    const { client } = server
    const application = new Application(client, secret)
    let near = { from: 0, to: 0 }
    for (let hour = 0; hour < hours; hour++) {
      const move = { isOver: false }
      const moving = client.advance('1h').then(() => (move.isOver = true))
      if (hour % 24 === 0) {
        const { NextRotationDate } = await client.call('DescribeSecret', { SecretId: secret })
        const untilDue = (Number(NextRotationDate) * 1000 - server.coffer.clock.now()) / HOUR_MS
        if (untilDue < 48) near = { from: hour, to: hour + untilDue + 24 }
      }
      // Every login costs a process of the server: far from rotations the open connection does, but for one hour of the day.
      const isNear = hour >= near.from && hour <= near.to
      do await application.work(isNear || hour % 24 === 0)
      while (!move.isOver)
      await moving
    }
    await application.close()
    return application
  }

  it('a rate of 30 days rotates twelve times, by a function in Python and two users, and no login fails', async () => {
    const { client } = server
    await client.create('app', { ...(await makeUser('app')), masterarn })
    await client.rotate('app', {
      RotationLambdaARN: functionArn,
      RotationRules: { ScheduleExpression: 'rate(30 days)' },
      RotateImmediately: false,
    })
    const application = await live('app', HOURS)
    expect(application.reads).toBeGreaterThanOrEqual(HOURS)
    expect(application.logins).toBeGreaterThan(HOURS / 24 + 12 * 48)
    const alternating = Array.from({ length: 13 }, (_, index) => (index % 2 === 0 ? 'app' : 'app_clone'))
    expect(application.users).toEqual(alternating)

    const { rotations } = await client.show('app')
    const made = rotations.filter(({ kind }) => kind === 'rotation').reverse()
    expect(made.map(({ result }) => result)).toEqual(Array.from({ length: 12 }, () => 'succeeded'))
    expect(new Set(made.map(({ versionId }) => versionId)).size).toBe(12)
    for (const { attempts } of made) {
      expect(attempts).toHaveLength(1)
      expect(attempts[0]?.steps.map(({ step, outcome }) => [step, outcome])).toEqual(
        ['createSecret', 'setSecret', 'testSecret', 'finishSecret'].map((step) => [step, 'ok']),
      )
    }
    const days = made.map(
      ({ startedAt }) => (Date.parse(startedAt.slice(0, 10)) - Date.parse('2026-01-01')) / 86_400_000,
    )
    expect(days).toEqual(Array.from({ length: 12 }, (_, index) => 30 * (index + 1)))
    // Both users can still log in: who has read the value before has an hour, and a month.
    const [current, previous] = [await client.json('app'), await client.json('app', { VersionStage: 'AWSPREVIOUS' })]
    expect([current.username, previous.username]).toEqual(['app', 'app_clone'])
    expect(await logsIn(current as never)).toBe(true)
    expect(await logsIn(previous as never)).toBe(true)
    expect(server.events().map(({ name }) => name)).toEqual([
      'TestRotationStarted',
      'TestRotationSucceeded',
      ...made.flatMap(() => ['RotationStarted', 'RotationSucceeded']),
    ])
  })

  it('managed rotation of alternating users: no login fails over three rotations', async () => {
    const { client } = server
    await client.create('managed', { ...(await makeUser('managed')), masterarn })
    const every = { ScheduleExpression: 'rate(10 days)', Duration: '6h' }
    await client.rotate('managed', { RotationLambdaARN: MANAGED, RotationRules: every, RotateImmediately: false })
    const application = await live('managed', 31 * 24)
    expect(application.users).toEqual(['managed', 'managed_clone', 'managed', 'managed_clone'])
    const { rotations } = await client.show('managed')
    expect(rotations.map(({ kind, result }) => `${kind} ${result ?? ''}`)).toEqual([
      ...Array.from({ length: 3 }, () => 'rotation succeeded'),
      'test succeeded',
    ])
    expect(await logsIn(await client.json<DatabaseValue>('managed', { VersionStage: 'AWSPREVIOUS' }))).toBe(true)
  })

  it('managed rotation of a single user: the new password logs in after each, and the old one is refused', async () => {
    const { client } = server
    const first = await makeUser('single')
    await client.create('single', first)
    await client.rotate('single', {
      RotationLambdaARN: MANAGED,
      RotationRules: { ScheduleExpression: 'cron(0 3 ? * SUN *)', Duration: '2h' },
      RotateImmediately: false,
    })
    let before: object = first
    for (let week = 0; week < 4; week++) {
      await client.advance('7d')
      const now = await client.json('single')
      expect(now).not.toEqual(before)
      expect(await logsIn(now as never)).toBe(true)
      expect(await logsIn(before as never)).toBe(false)
      before = now
    }
    const { rotations } = await client.show('single')
    const starts = rotations.filter(({ kind }) => kind === 'rotation').map(({ startedAt }) => new Date(startedAt))
    expect(starts.map((start) => [start.getUTCDay(), [3, 4].includes(start.getUTCHours())])).toEqual(
      Array.from({ length: 4 }, () => [0, true]),
    )
  })
})
