/**
 * Rows as text for people, in columns that are as wide as need be.
 * @module
 */
export const table = (rows: readonly (readonly string[])[]): string =>
  tableLines(rows)
    .map((line) => `${line}\n`)
    .join('')

export function tableLines(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
