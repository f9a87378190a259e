/**
 * Replication, embedded: how long thousands of copies take, what one change costs among few and among many, and whether a copy is read as fast as its primary.
 * @module
 */
import { randomUUID } from 'node:crypto'
import { ApiClient } from './api-client.ts'
import type { Bench } from './bench.ts'
import { withCoffer, type Coffer } from './coffer.ts'
import { CONNECTIONS, measure, ratio, type Contender } from './measurement.ts'
import { callOwn } from './own-call.ts'
import { peakMemory, processorTime } from './process-usage.ts'
import { readEachOnce } from './read-each-once.ts'
import { atLeast, below, notMeasured, type Row } from './row.ts'
import type { Outcome } from './scenario.ts'
import { fill, nameOf, randomValue } from './secrets.ts'
import { seriesOf } from './series.ts'
import { median } from './statistics.ts'

const OPERATION = 'Replication'
const THERE = 'us-west-2'
const FEW = 100
const MANY = { full: 10_000, quick: 1_000 } as const
/** Of 10,000 copies. */
const LONGEST_MS = 30_000
const MOST_GROWTH = 60e6
const IN_FLIGHT = 32
const WARM_UP = 100
const CHANGES = 500
const PAGE = 100

export async function replication(bench: Bench): Promise<Outcome> {
  const count = bench.effort.rounds === 1 ? MANY.quick : MANY.full
  const few = await withCoffer({}, async (coffer) => {
    await replicateAll(coffer, FEW)
    return costOfChange(coffer, FEW)
  })
  bench.say(`replicating ${count} secrets`)
  return withCoffer({}, async (coffer) => {
    const copies = await replicateAll(coffer, count)
    const many = await costOfChange(coffer, count)
    const reads = await readThere(bench, coffer, count)
    return { rows: [...copies, growth(few, many, count), ...reads.rows], series: reads.series }
  })
}

/** A change of the network is answered when nothing is on its way any more; this one changes nothing. */
const settle = async ({ address }: Coffer): Promise<void> => {
  await callOwn(address, '/_coffer/replication/network', {})
}

const inThere = ({ address }: Coffer) => ({ ...address, region: THERE })

/** Secrets are there; their copies are asked for one by one, as fast as they are taken. */
async function replicateAll(coffer: Coffer, count: number): Promise<Row[]> {
  await fill(coffer.address, count)
  const client = new ApiClient(coffer.address, IN_FLIGHT)
  const before = peakMemory(coffer.pid)
  const began = performance.now()
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) {
      const input = { SecretId: nameOf(next++), AddReplicaRegions: [{ Region: THERE }] }
      await client.call({ operation: 'ReplicateSecretToRegions', input })
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker))
  const asked = performance.now() - began
  await settle(coffer)
  const took = performance.now() - began
  const after = peakMemory(coffer.pid)
  client.close()
  const missing = count - (await copiesIn(coffer))
  if (missing !== 0) throw new Error(`${missing} of ${count} copies are missing`)
  const what = `${count} secrets to a second Region`
  const grown = `peak memory beyond that before it, ${what}`
  return [
    below(
      OPERATION,
      `${what}, from the first request to the last copy (requests alone: ${Math.round(asked / 100) / 10} s)`,
      took,
      (LONGEST_MS * count) / MANY.full,
      's',
    ),
    before === undefined || after === undefined
      ? notMeasured(OPERATION, grown, 'needs /proc')
      : below(OPERATION, grown, after - before, MOST_GROWTH, 'MB'),
  ]
}

/** How many have a value there. */
async function copiesIn(coffer: Coffer): Promise<number> {
  const client = new ApiClient(inThere(coffer))
  let copies = 0
  let NextToken: string | undefined
  do {
    const input = { MaxResults: PAGE, ...(NextToken !== undefined && { NextToken }) }
    const page = (await client.call({ operation: 'ListSecrets', input })) as unknown as Page
    copies += page.SecretList.filter((each) => Object.keys(each.SecretVersionsToStages ?? {}).length > 0).length
    NextToken = page.NextToken
  } while (NextToken !== undefined)
  client.close()
  return copies
}

interface Page {
  readonly SecretList: readonly { readonly SecretVersionsToStages?: object }[]
  readonly NextToken?: string
}

interface Cost {
  /** Median milliseconds from the call of a new value to the arrival of its copy. */
  readonly ms: number
  /** Microseconds of a processor, all told; undefined where the system does not tell. */
  readonly processorUs: number | undefined
}

/** One secret after the other. */
async function costOfChange(coffer: Coffer, count: number): Promise<Cost> {
  const [client, reader] = [new ApiClient(coffer.address), new ApiClient(inThere(coffer))]
  const times: number[] = []
  let before: number | undefined
  for (let round = 0; round < WARM_UP + CHANGES; round++) {
    if (round === WARM_UP) before = processorTime(coffer.pid)
    const SecretId = nameOf((round * 37) % count)
    const SecretString = randomValue()
    const began = performance.now()
    const input = { SecretId, SecretString, ClientRequestToken: randomUUID() }
    await client.call({ operation: 'PutSecretValue', input })
    await settle(coffer)
    const took = performance.now() - began
    if (round >= WARM_UP) times.push(took)
    const copy = await reader.call({ operation: 'GetSecretValue', input: { SecretId } })
    if (copy.SecretString !== SecretString) throw new Error('the copy is not the value that was put')
  }
  const after = processorTime(coffer.pid)
  client.close()
  reader.close()
  const used = before === undefined || after === undefined ? undefined : after - before
  return { ms: median(times), processorUs: used === undefined ? undefined : used / CHANGES }
}

/** What else the machine does meets the processor time of a change less than the time that it takes. */
function growth(few: Cost, many: Cost, count: number): Row {
  const figure = `processor time of a PutSecretValue, its copy and a read of it, one of ${count} secrets by one of ${FEW} (${many.ms.toFixed(1)} and ${few.ms.toFixed(1)} ms until the copy is there)`
  if (few.processorUs === undefined || many.processorUs === undefined)
    return notMeasured(OPERATION, figure, 'needs /proc')
  return below(OPERATION, figure, many.processorUs / few.processorUs, 1.5, 'x')
}

/** The same secrets in both Regions of one server, in turns. */
async function readThere(bench: Bench, coffer: Coffer, secrets: number): Promise<Outcome> {
  const contender = (name: string, server: Contender['server']): Contender => ({
    name: `Coffer, ${name} of ${secrets} secrets`,
    server,
    secrets,
    expectedRate: 10_000,
  })
  const primaries = contender('primaries', coffer)
  const copies = contender('replicas', { ...coffer, address: inThere(coffer) })
  for (const each of [primaries, copies]) await readEachOnce(each, bench)
  const series = await measure('GetSecretValue', [primaries, copies], bench.effort)
  const rows = CONNECTIONS.flatMap((connections) => {
    const [there, here] = [seriesOf(series, copies, connections), seriesOf(series, primaries, connections)]
    const rate = ratio(there, here, ({ perSecond }) => perSecond)
    const work = ratio(there, here, ({ processorUs }) => processorUs ?? NaN)
    const by = `of GetSecretValue on replicas by that on primaries, ${connections} connections`
    return [
      atLeast(OPERATION, `rate ${by}`, rate, 0.9, '%'),
      Number.isNaN(work)
        ? notMeasured(OPERATION, `processor time ${by}`, 'needs /proc')
        : below(OPERATION, `processor time ${by}`, work, 1.1, '%'),
    ]
  })
  return { rows, series }
}
