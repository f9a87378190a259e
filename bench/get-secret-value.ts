/**
 * GetSecretValue: beside a bare node:http server and moto, with few and with many secrets, with a key for each secret and with one for all.
 * @module
 */
import { SMALL, type Bench } from './bench.ts'
import { CONNECTIONS, measure, ratio, type Contender, type Run } from './measurement.ts'
import { readEachOnce } from './read-each-once.ts'
import { atLeast, below, notMeasured, type Row } from './row.ts'
import type { Outcome } from './scenario.ts'
import { seriesOf } from './series.ts'

const OPERATION = 'GetSecretValue'
const rate = ({ perSecond }: Run): number => perSecond
const p99 = ({ p99Ms }: Run): number => p99Ms

export async function getSecretValue(bench: Bench): Promise<Outcome> {
  const small = await bench.small()
  const large = await bench.many()
  const shared = await bench.fresh(SMALL, { keyMode: 'shared' })
  const bare = await bench.bare()
  const moto = await bench.moto()
  for (const contender of [small, large, shared]) await readEachOnce(contender, bench)

  const contenders = [bare, small, large, shared, ...(moto ? [moto] : [])]
  const series = await measure(OPERATION, contenders, bench.effort)
  await bench.stop(shared.server)
  const of = (contender: Contender, connections: number) => seriesOf(series, contender, connections)

  const rows: Row[] = []
  for (const connections of CONNECTIONS) {
    const at = `${connections} connections`
    const coffer = of(small, connections)
    rows.push(atLeast(OPERATION, `rate by bare node:http, ${at}`, ratio(coffer, of(bare, connections), rate), 0.3, '%'))
    rows.push(
      moto
        ? atLeast(OPERATION, `rate by moto, ${at}`, ratio(coffer, of(moto, connections), rate), 22, 'x')
        : notMeasured(OPERATION, `rate by moto, ${at}`, 'moto_server is not installed'),
    )
    rows.push(
      atLeast(
        OPERATION,
        `rate with ${large.secrets} secrets by that with ${small.secrets}, ${at}`,
        ratio(of(large, connections), coffer, rate),
        0.9,
        '%',
      ),
    )
  }
  rows.push(below(OPERATION, 'p99 by bare node:http, 16 connections', ratio(of(small, 16), of(bare, 16), p99), 5, 'x'))
  return { rows, series }
}
