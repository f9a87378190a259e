/** What functions print while a suite runs: their log lines and metrics, which Lambda takes from standard output. Import it before any handler. */
process.env.POWERTOOLS_DEV = 'true'
// The development mode prints through the console, which a test can watch, and would be silent about metrics.
process.env.POWERTOOLS_METRICS_DISABLED = 'false'
process.env.POWERTOOLS_SERVICE_NAME = 'coffer'
process.env.POWERTOOLS_METRICS_NAMESPACE = 'Coffer'

export class Printed {
  readonly lines: string[] = []

  constructor() {
    const take = (...line: unknown[]): void => void this.lines.push(line.map(String).join(' '))
    for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const)
      jest.spyOn(console, level).mockImplementation(take)
  }

  get text(): string {
    return this.lines.join('\n')
  }

  /** The log lines with this message. */
  of(message: string): Record<string, unknown>[] {
    return this.#parsed.filter((line) => line.message === message)
  }

  /** Names of the metrics with data, and their `operation`. */
  get metrics(): string[] {
    return this.#parsed
      .filter((line) => '_aws' in line)
      .flatMap((line) =>
        ['Faults', 'ClientErrors'].filter((name) => name in line).map((name) => `${name} ${String(line.operation)}`),
      )
  }

  /** Figures of the deployment, in their order: the metric and its dimension. */
  get figures(): Record<string, unknown>[] {
    const plain = ['_aws', 'service']
    return this.#parsed
      .filter((line) => '_aws' in line && 'deployment' in line)
      .map((line) => Object.fromEntries(Object.entries(line).filter(([name]) => !plain.includes(name))))
  }

  get #parsed(): Record<string, unknown>[] {
    return this.lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  }
}
