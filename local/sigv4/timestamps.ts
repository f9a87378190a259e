/**
 * The date of a signed request: ISO 8601 basic form in `X-Amz-Date`, that or the HTTP form in `Date`.
 * @module
 */

/** `20260131T235959Z` -> epoch milliseconds; undefined for anything else, impossible dates included. */
export function parseBasicTime(text: string): number | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour, minute, second] = match.map(Number)
  const time = Date.UTC(year ?? 0, (month ?? 0) - 1, day, hour, minute, second)
  // Date.UTC carries over what is out of range (and reads years below 100 as 19xx); only a real date comes back unchanged.
  return formatBasicTime(time) === text ? time : undefined
}

export function formatBasicTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
}

/** `Sat, 31 Jan 2026 23:59:59 GMT` -> epoch milliseconds. */
export function parseHttpTime(text: string): number | undefined {
  const time = Date.parse(text)
  return !Number.isNaN(time) && new Date(time).toUTCString() === text ? time : undefined
}
