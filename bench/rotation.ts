/**
 * Rotations, embedded: what one costs beyond the time of its function, how thousands that are due at once go, and what it costs to find out what is due.
 * @module
 */
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { AddPermissionCommand, CreateFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { buildSync } from 'esbuild'
import { zipSync } from 'fflate'
import { Database } from '../lambda/adapters/embedded/database.ts'
import { rotationStoreSchema, storeSchema } from '../lambda/adapters/embedded/store/schema.ts'
import { SqliteSecretStore } from '../lambda/adapters/embedded/store/sqlite-secret-store.ts'
import { wallClock } from '../lambda/adapters/wall-clock.ts'
import { ApiClient } from './api-client.ts'
import type { Bench } from './bench.ts'
import { withCoffer, type Coffer } from './coffer.ts'
import { callOwn } from './own-call.ts'
import { peakMemory } from './process-usage.ts'
import { below, notMeasured, type Row } from './row.ts'
import type { Outcome } from './scenario.ts'
import { freshDirectory } from './scratch.ts'
import { credentials, REGION, type Address } from './signed-call.ts'
import { median } from './statistics.ts'

const ACCOUNT = '123456789012'
const MANAGED = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:coffer-managed-rotation`
const GENERIC = [{ Key: 'strategy', Value: 'generic' }]
const WARM_UP = 5
const ROTATIONS = 40
const MOST_OVERHEAD_MS = 50
const MANY = { full: 10_000, quick: 1_000 } as const
const MOST_GROWTH = 60e6
const CONNECTIONS = 32
const [FEW_DUE, MANY_DUE] = [1_000, 100_000]
const QUERIES = 2_000

const WINDOW = { start: '2026-01-10T00:00:00Z', end: '2026-01-10T01:00:00Z' } as const

export async function rotation(bench: Bench): Promise<Outcome> {
  const count = bench.effort.rounds === 1 ? MANY.quick : MANY.full
  const one = await withCoffer({}, overhead)
  bench.say(`rotating ${count} secrets in one window`)
  const flags = ['--clock', '2026-01-09T12:00:00Z']
  const many = await withCoffer({ keyMode: 'shared', flags }, (coffer) => dueAtOnce(coffer, count))
  return { rows: [one, ...many, await dueQuery(bench)], series: [] }
}

async function overhead(coffer: Coffer): Promise<Row> {
  const client = new ApiClient(coffer.address)
  const times = join(freshDirectory('rotation'), 'times')
  const RotationLambdaARN = await addFunction(coffer, times)
  const overheads: number[] = []
  const totals: number[] = []
  await client.call({ operation: 'CreateSecret', input: { Name: 'one', SecretString: 'first', ...token() } })
  for (let round = 0; round < WARM_UP + ROTATIONS; round++) {
    const before = timesIn(times).length
    const began = wallClock.now()
    const input = { SecretId: 'one', RotationLambdaARN, ...token() }
    await client.call({ operation: 'RotateSecret', input })
    const endedAt = await end(coffer.address, 'one', input.ClientRequestToken)
    const own = timesIn(times).slice(before)
    if (own.length !== 4) throw new Error(`a rotation had ${own.length} steps`)
    if (round < WARM_UP) continue
    totals.push(endedAt - began)
    overheads.push(endedAt - began - own.reduce((sum, each) => sum + each, 0))
  }
  client.close()
  const figure = `four steps of a warm Node function, beyond its own time (of ${Math.round(median(totals))} ms with it), median of ${ROTATIONS}`
  return below('Rotation', figure, median(overheads), MOST_OVERHEAD_MS, 'ms')
}

const token = () => ({ ClientRequestToken: randomUUID() })

const timesIn = (path: string): number[] =>
  existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1).map(Number) : []

/** @returns when its rotation to that version ended, epoch milliseconds */
async function end(address: Address, secret: string, version: string): Promise<number> {
  for (;;) {
    const { rotations } = (await callOwn(address, '/_coffer/rotation/show', { secret })) as Shown
    const { endedAt, result } = rotations.find(({ versionId }) => versionId === version) ?? {}
    if (endedAt !== undefined) {
      if (result !== 'succeeded') throw new Error(`the rotation of ${secret} ended as ${result ?? 'nothing'}`)
      return Date.parse(endedAt)
    }
    await sleep(2)
  }
}

interface Shown {
  readonly rotations: readonly { readonly versionId: string; readonly endedAt?: string; readonly result?: string }[]
}

async function addFunction({ address: { host, port } }: Coffer, times: string): Promise<string> {
  const options = { endpoint: `http://${host}:${port}`, region: REGION, credentials }
  const [iam, lambda] = [new IAMClient(options), new LambdaClient(options)]
  const built = buildSync({
    entryPoints: [resolve('bench/functions/rotate.mjs')],
    ...{ bundle: true, minify: true, platform: 'node', format: 'cjs', write: false },
  })
  const trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }
  const RoleName = 'rotation'
  await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: document(trust) }))
  const allowed = document({ Effect: 'Allow', Action: 'secretsmanager:*', Resource: '*' })
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'secrets', PolicyDocument: allowed }))
  const FunctionName = 'rotate'
  const { FunctionArn = '' } = await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: `arn:aws:iam::${ACCOUNT}:role/${RoleName}`,
      Code: { ZipFile: zipSync({ 'index.js': built.outputFiles[0]?.contents ?? new Uint8Array() }) },
      Environment: { Variables: { TIMES: times } },
      Timeout: 30,
    }),
  )
  await lambda.send(
    new AddPermissionCommand({
      FunctionName,
      StatementId: 'SecretsManager',
      Action: 'lambda:InvokeFunction',
      Principal: 'secretsmanager.amazonaws.com',
      SourceAccount: ACCOUNT,
    }),
  )
  iam.destroy()
  lambda.destroy()
  return FunctionArn
}

const document = (statement: object): string => JSON.stringify({ Version: '2012-10-17', Statement: [statement] })

/** By managed rotation of a value of its own, so that no function's time is measured. */
async function dueAtOnce(coffer: Coffer, count: number): Promise<Row[]> {
  const client = new ApiClient(coffer.address, CONNECTIONS)
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) {
      const Name = `due/${next++}`
      await client.call({ operation: 'CreateSecret', input: { Name, SecretString: 'first', ...token() } })
      const RotationRules = { ScheduleExpression: 'cron(0 0 10 * ? *)', Duration: '1h' }
      const rotation = { RotationLambdaARN: MANAGED, ExternalSecretRotationMetadata: GENERIC, RotationRules }
      const input = { SecretId: Name, ...rotation, RotateImmediately: false, ...token() }
      await client.call({ operation: 'RotateSecret', input })
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, worker))
  await callOwn(coffer.address, '/_coffer/clock', { advance: '1s' })
  const before = peakMemory(coffer.pid)
  const began = performance.now()
  await callOwn(coffer.address, '/_coffer/clock', { to: WINDOW.end })
  const took = performance.now() - began
  const after = peakMemory(coffer.pid)
  const outside = await rotatedOutside(client)
  client.close()
  const what = `${count} secrets that are due in one window, ten at a time`
  const growth = `peak memory beyond that before it, ${what}`
  return [
    below('Rotation', `not rotated inside it, of ${what}, in %`, outside / count, 1e-9, '%'),
    below('Rotation', `for each of ${what}`, took / count, MOST_OVERHEAD_MS, 'ms'),
    before === undefined || after === undefined
      ? notMeasured('Rotation', growth, 'needs /proc')
      : below('Rotation', growth, after - before, MOST_GROWTH, 'MB'),
  ]
}

/** How many have not rotated, or at another time. */
async function rotatedOutside(client: ApiClient): Promise<number> {
  const [start, last] = [Date.parse(WINDOW.start) / 1000, Date.parse(WINDOW.end) / 1000]
  let outside = 0
  let NextToken: string | undefined
  do {
    const input = { MaxResults: 100, ...(NextToken !== undefined && { NextToken }) }
    const page = (await client.call({ operation: 'ListSecrets', input })) as unknown as Page
    outside += page.SecretList.filter(({ LastRotatedDate: at = 0 }) => at < start || at >= last).length
    NextToken = page.NextToken
  } while (NextToken !== undefined)
  return outside
}

interface Page {
  readonly SecretList: readonly { readonly LastRotatedDate?: number }[]
  readonly NextToken?: string
}

/** Ten are due, of few and of many secrets that rotate. */
async function dueQuery(bench: Bench): Promise<Row> {
  bench.say(`filling a store with ${MANY_DUE} secrets that rotate`)
  const [few, many] = [await timeOfQuery(FEW_DUE), await timeOfQuery(MANY_DUE)]
  const figure = `query for what is due with ${MANY_DUE} secrets by that with ${FEW_DUE} (${Math.round(many * 1000)} and ${Math.round(few * 1000)} us)`
  return below('Rotation', figure, many / few, 1.5, 'x')
}

async function timeOfQuery(count: number): Promise<number> {
  const path = join(freshDirectory('due'), 'coffer.db')
  const database = new Database({ path, migrations: [storeSchema, rotationStoreSchema] })
  const store = new SqliteSecretStore({ database, clock: wallClock })
  const at = Date.parse('2026-01-01T00:00:00Z')
  const commit = (index: number) =>
    store.commit({
      head: {
        key: { account: ACCOUNT, region: REGION, name: `due/${index}` },
        ...{ suffix: 'AbCdEf', revision: 1, state: 'active', creationToken: randomUUID(), versions: [] },
        ...{ createdAt: at, changedAt: at },
        rotation: { isEnabled: true, functionArn: MANAGED, base: at, runs: 1, due: { run: 1, at: at + index * 1000 } },
      },
      put: [],
      drop: [],
    })
  for (let index = 0; index < count; index += 1000)
    await Promise.all(Array.from({ length: Math.min(1000, count - index) }, (_, one) => commit(index + one)))
  const times: number[] = []
  for (let query = 0; query < QUERIES; query++) {
    const began = performance.now()
    const due = await store.dueRotations(at + 9_500, 10)
    times.push(performance.now() - began)
    if (due.length !== 10) throw new Error(`${due.length} are due, not ten`)
  }
  await store.close()
  database.close()
  return median(times)
}
