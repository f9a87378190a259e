/**
 * A histogram for Prometheus, tallied in plain arrays and rendered when it is scraped: prom-client hashes the labels at every observation.
 * @module
 */

interface Tally {
  /** Observations per bucket, not yet cumulated; the last is above all bounds. */
  readonly counts: number[]
  sum: number
}

export class Histogram {
  readonly #label: string
  readonly #bounds: readonly number[]
  readonly #tallies = new Map<string, Tally>()

  /** @param label that tells its series apart @param bounds upper ones, ascending */
  constructor(label: string, bounds: readonly number[]) {
    this.#label = label
    this.#bounds = bounds
  }

  /** @param series the label's value */
  observe(series: string, value: number): void {
    let tally = this.#tallies.get(series)
    if (tally === undefined) {
      tally = { counts: new Array<number>(this.#bounds.length + 1).fill(0), sum: 0 }
      this.#tallies.set(series, tally)
    }
    let bucket = 0
    while (value > (this.#bounds[bucket] ?? Infinity)) bucket++
    tally.counts[bucket] = (tally.counts[bucket] ?? 0) + 1
    tally.sum += value
  }

  /** In the text exposition format 0.0.4. */
  lines(name: string, help: string): readonly string[] {
    const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`]
    for (const [series, { counts, sum }] of this.#tallies) {
      const label = `${this.#label}="${escapeLabel(series)}"`
      let total = 0
      for (const [index, bound] of [...this.#bounds, '+Inf'].entries()) {
        total += counts[index] ?? 0
        lines.push(`${name}_bucket{${label},le="${bound}"} ${total}`)
      }
      lines.push(`${name}_sum{${label}} ${sum}`, `${name}_count{${label}} ${total}`)
    }
    return lines
  }
}

export const escapeLabel = (value: string): string =>
  value.replace(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`))
