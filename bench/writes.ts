/**
 * PutSecretValue and CreateSecret, acknowledged when they are on the disk, beside moto, which keeps them in memory.
 * @module
 */
import { SMALL, type Bench } from './bench.ts'
import { CONNECTIONS, measure, ratio } from './measurement.ts'
import { atLeast, notMeasured, type Row } from './row.ts'
import type { Outcome, Scenario } from './scenario.ts'
import { seriesOf } from './series.ts'
import type { OperationName } from './workloads.ts'

/** More secrets than elsewhere: one takes a hundred versions a day, and a long list of versions is a case of its own. */
const PUT_SECRETS = 10_000

export const putSecretValue: Scenario = (bench) => writes(bench, 'PutSecretValue', PUT_SECRETS)
export const createSecret: Scenario = (bench) => writes(bench, 'CreateSecret', SMALL)

async function writes(bench: Bench, operation: OperationName, secrets: number): Promise<Outcome> {
  const moto = await bench.moto()
  const coffer = await bench.fresh(secrets)
  const series = await measure(operation, [coffer, ...(moto ? [moto] : [])], bench.effort)
  await bench.stop(coffer.server)
  const rows = CONNECTIONS.map((connections): Row => {
    const figure = `rate by moto, ${connections} connections`
    if (!moto) return notMeasured(operation, figure, 'moto_server is not installed')
    const [ours, theirs] = [seriesOf(series, coffer, connections), seriesOf(series, moto, connections)]
    return atLeast(
      operation,
      figure,
      ratio(ours, theirs, ({ perSecond }) => perSecond),
      8,
      'x',
    )
  })
  return { rows, series }
}
