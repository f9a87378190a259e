/**
 * The result of a run as Markdown tables that are also readable as text, and as data.
 * @module
 */
import type { Series } from './measurement.ts'
import type { Row } from './row.ts'
import type { Outcome } from './scenario.ts'
import { median } from './statistics.ts'

export interface Report extends Outcome {
  readonly facts: readonly (readonly [name: string, value: string])[]
}

export function asMarkdown({ facts, rows, series }: Report): string {
  return [
    facts.map(([name, value]) => `- ${name}: ${value}`).join('\n'),
    table(['Operation', 'Figure', 'Measured', 'Target', 'Met'], rows.map(rowCells)),
    ...(series.length > 0 ? [table(SERIES_HEAD, series.map(seriesCells))] : []),
  ].join('\n\n')
}

export function asJson({ facts, rows, series }: Report): string {
  return JSON.stringify({ facts: Object.fromEntries(facts), rows, series }, undefined, 2)
}

const rowCells = ({ operation, figure, value, target, isMet }: Row): string[] => [
  operation,
  figure,
  value,
  target,
  isMet === undefined ? '' : isMet ? 'yes' : '**no**',
]

const SERIES_HEAD = ['Operation', 'Server', 'Connections', 'Requests/s', 'p50 ms', 'p99 ms', 'Processor us each']

function seriesCells({ operation, contender, connections, runs }: Series): string[] {
  const of = (figure: (run: Series['runs'][number]) => number): number => median(runs.map(figure))
  const processor = of(({ processorUs }) => processorUs ?? NaN)
  return [
    operation,
    contender,
    String(connections),
    String(Math.round(of(({ perSecond }) => perSecond))),
    of(({ p50Ms }) => p50Ms).toFixed(2),
    of(({ p99Ms }) => p99Ms).toFixed(2),
    Number.isNaN(processor) ? '' : String(Math.round(processor)),
  ]
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}
