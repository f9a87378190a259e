/**
 * What a scenario gets and gives.
 * @module
 */
import type { Bench } from './bench.ts'
import type { Series } from './measurement.ts'
import type { Row } from './row.ts'

export interface Outcome {
  readonly rows: readonly Row[]
  readonly series: readonly Series[]
}

export type Scenario = (bench: Bench) => Promise<Outcome>
