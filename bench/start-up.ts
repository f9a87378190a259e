/**
 * From the start of the process to the first answer. Runs before anything else is started on the same data.
 * @module
 */
import { SMALL, type Bench } from './bench.ts'
import { timeToFirstAnswer } from './coffer.ts'
import { below, type Row } from './row.ts'
import type { Outcome } from './scenario.ts'
import { median } from './statistics.ts'

const STARTS = 5
const LIMIT_MS = 1000

export async function startUp(bench: Bench): Promise<Outcome> {
  const rows: Row[] = []
  for (const secrets of [SMALL, bench.large]) {
    const { dataDir } = await bench.filled(secrets)
    const times: number[] = []
    for (let start = 0; start < STARTS; start++) times.push(await timeToFirstAnswer(dataDir))
    rows.push(below('Start', `to the first GetSecretValue, ${secrets} secrets`, median(times), LIMIT_MS, 'ms'))
  }
  return { rows, series: [] }
}
