/** @module */
import type { Contender, Series } from './measurement.ts'

export function seriesOf(series: readonly Series[], { name }: Contender, connections: number): Series {
  const found = series.find((one) => one.contender === name && one.connections === connections)
  if (!found) throw new Error(`${name} was not measured with ${connections} connections`)
  return found
}
