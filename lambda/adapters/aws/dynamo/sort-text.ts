/**
 * Text that sorts as the listings do: DynamoDB compares the UTF-8 bytes of sort keys.
 * @module
 */

/** Digits of Number.MAX_SAFE_INTEGER. */
const DIGITS = 16

/** @param time epoch milliseconds, 0 or more */
export const sortableTime = (time: number): string => String(Math.max(0, time)).padStart(DIGITS, '0')

/** Ties of a time go by name. */
export const sortableTimeAndName = (time: number, name: string): string => `${sortableTime(time)}#${name}`

export const compareText = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
