/**
 * The resident memory of a server with many secrets: its peak over everything that it was asked for in this run.
 * @module
 */
import type { Bench } from './bench.ts'
import { measure } from './measurement.ts'
import { peakMemory, residentMemory } from './process-usage.ts'
import { below, notMeasured, type Row } from './row.ts'
import type { Outcome } from './scenario.ts'

const LIMIT = 250e6

export async function memory(bench: Bench): Promise<Outcome> {
  const large = await bench.many()
  const { pid } = large.server
  // Other scenarios may have been left out.
  await measure('GetSecretValue', [large], { ...bench.effort, rounds: 1 })
  await measure('ListSecrets', [large], { ...bench.effort, rounds: 1 })
  const filling = (await bench.filled(bench.large)).peakMemory
  const secrets = `${bench.large} secrets`
  return {
    series: [],
    rows: [
      row(`peak while reading and listing ${secrets}`, peakMemory(pid)),
      row(`after it`, residentMemory(pid)),
      row(`peak while creating ${secrets}`, filling),
    ],
  }
}

const row = (figure: string, bytes: number | undefined): Row =>
  bytes === undefined ? notMeasured('Memory', figure, 'needs /proc') : below('Memory', figure, bytes, LIMIT, 'MB')
