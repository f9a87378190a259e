/**
 * ListSecrets in pages of 100, from everywhere in the list.
 * @module
 */
import type { Bench } from './bench.ts'
import { CONNECTIONS, measure, ratio, type Run } from './measurement.ts'
import { atLeast, notMeasured, type Row } from './row.ts'
import type { Outcome } from './scenario.ts'
import { seriesOf } from './series.ts'

const OPERATION = 'ListSecrets'
const rate = ({ perSecond }: Run): number => perSecond

export async function listSecrets(bench: Bench): Promise<Outcome> {
  const small = await bench.small()
  const large = await bench.many()
  const moto = await bench.moto()
  const series = await measure(OPERATION, [small, large, ...(moto ? [moto] : [])], bench.effort)
  const rows = CONNECTIONS.flatMap((connections): Row[] => {
    const at = `${connections} connections`
    const few = seriesOf(series, small, connections)
    const many = seriesOf(series, large, connections)
    return [
      moto
        ? atLeast(OPERATION, `rate by moto, ${at}`, ratio(few, seriesOf(series, moto, connections), rate), 18, 'x')
        : notMeasured(OPERATION, `rate by moto, ${at}`, 'moto_server is not installed'),
      atLeast(
        OPERATION,
        `rate with ${large.secrets} secrets by that with ${small.secrets}, ${at}`,
        ratio(many, few, rate),
        0.8,
        '%',
      ),
    ]
  })
  return { rows, series }
}
