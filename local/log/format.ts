/**
 * One log line from named values, as JSON or as text. Whatever a value holds, the line stays one line and its fields stay apart: control characters, quotes
 * and line separators are escaped.
 * @module
 */

export type LogFormat = 'json' | 'text'
export type Level = 'info' | 'warn' | 'error'
export type Fields = Readonly<Record<string, string | number | undefined>>

export interface Entry {
  /** ISO 8601. */
  readonly time: string
  readonly level: Level
  readonly event: string
  /** Names are our own constants; values that are undefined are left out. */
  readonly fields: Fields
}

export function formatEntry(format: LogFormat, entry: Entry): string {
  return format === 'json' ? jsonLine(entry) : textLine(entry)
}

function jsonLine({ time, level, event, fields }: Entry): string {
  let line = `{"time":"${time}","level":"${level}","event":"${event}"`
  for (const name in fields) {
    const value = fields[name]
    if (value === undefined) continue
    line += typeof value === 'number' ? `,"${name}":${value}` : `,"${name}":${quote(value)}`
  }
  return `${line}}`
}

function textLine({ time, level, event, fields }: Entry): string {
  let line = `${time} ${level.toUpperCase()} ${event}`
  for (const name in fields) {
    const value = fields[name]
    if (value === undefined) continue
    line += typeof value === 'number' || BARE.test(value) ? ` ${name}=${value}` : ` ${name}=${quote(value)}`
  }
  return line
}

const BARE = /^[A-Za-z0-9_.:/@+,;*!~-]+$/
const PLAIN = /^[ !#-[\]-~]*$/

function quote(value: string): string {
  if (PLAIN.test(value)) return `"${value}"`
  // JSON.stringify escapes C0 controls and lone surrogates; DEL, C1 controls, line separators and text direction marks are left to us.
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
