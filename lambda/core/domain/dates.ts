/**
 * Days and dates in epoch milliseconds.
 * @module
 */

export const DAY = 24 * 60 * 60 * 1000

/** 00:00 UTC of the day: the precision of every LastAccessedDate (SM-DATE-02). */
export const utcDay = (time: number): number => Math.floor(time / DAY) * DAY
