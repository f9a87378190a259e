/**
 * Replication in virtual time: Regions, networks and keys that fail in every way that a seed can draw (docs/regions.md, "How this is checked"). More seeds: `npm run simulate:replication`.
 */
import { reportOf } from './report.ts'
import { simulate } from './world.ts'

// Each writer is a process of its own, as on AWS.
jest.mock('../../../lambda/core/in-turn.ts', () => jest.requireActual('./no-turns.ts'))
jest.setTimeout(300_000)

const SEEDS = 2_000
const CHUNK = 250
const counts = new Map<string, number>()

describe('simulated replication', () => {
  const chunks = Array.from({ length: SEEDS / CHUNK }, (_, index) => index * CHUNK)

  it.each(chunks)('keeps every promise, %d and the 250 seeds from there', async (from) => {
    for (let seed = from; seed < from + CHUNK; seed++) {
      const story = await simulate(seed)
      for (const [what, count] of story.counts) counts.set(what, (counts.get(what) ?? 0) + count)
      if (story.violation) throw new Error(await reportOf(story))
    }
  })

  it('has met everything that replication does, and many times', () => {
    for (const [what, least] of Object.entries(LEAST))
      expect([what, (counts.get(what) ?? 0) >= least]).toEqual([what, true])
  })

  it.each([7, 77, 777])('tells the same story twice: seed %d', async (seed) => {
    const [once, again] = [await simulate(seed, { isTraced: true }), await simulate(seed, { isTraced: true })]
    expect(once.trace.length).toBeGreaterThan(40)
    expect(again.trace).toEqual(once.trace)
    // Watching changes nothing.
    expect((await simulate(seed)).counts).toEqual(once.counts)
  })
})

/** By what is done: about half of what there is. */
const LEAST = {
  ReplicateSecretToRegions: 4_000,
  RemoveRegionsFromReplication: 2_000,
  StopReplicationToReplica: 500,
  Reprimary: 300,
  GetSecretValue: 1_500,
  'PutSecretValue refused': 4_000,
  copied: 7_000,
  removed: 600,
  confirmed: 2_500,
  acknowledged: 2_000,
  tended: 1_500,
  'took-over': 200,
  absorbed: 100,
  rekeyed: 300,
  noted: 5_000,
  failed: 10_000,
  conflict: 5_000,
  ReplicationFailed: 3_000,
} as const
