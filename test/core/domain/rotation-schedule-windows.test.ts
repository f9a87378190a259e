import fc from 'fast-check'
import type { RotationRules } from '../../../lambda/core/domain/rotation.ts'
import {
  daysBetweenWindows,
  momentIn,
  nextWindow,
  parseRotationRules,
  type Schedule,
} from '../../../lambda/core/domain/rotation-schedule.ts'
import {
  anyCron,
  anyMoment,
  anyMoments,
  flawOf,
  goodCron,
  HOUR,
  DAY,
  nextCronWindow,
  nextDaysWindow,
  nextHoursWindow,
  onTheHour,
  midnight,
  type CronCase,
} from './rotation-schedule-oracle.ts'

const schedule = (rules: RotationRules): Schedule => parseRotationRules(rules)!
const withDuration = (rules: RotationRules, hours: number | undefined): RotationRules =>
  hours === undefined ? rules : { ...rules, duration: `${hours}h` }
const ofCron = ({ text, durationHours }: CronCase): Schedule =>
  schedule(withDuration({ scheduleExpression: text }, durationHours))

const shown = ({ start, end }: { start: number; end: number }) =>
  [start, end].map((time) => new Date(time).toISOString().slice(0, 16))

describe('the next window', () => {
  const cases: readonly (readonly [rules: RotationRules, base: string, now: string, start: string, end: string])[] = [
    // A year of the observed example (behaviour 8.7): rotated on 2 February, changed by hand on the 3rd.
    [{ automaticallyAfterDays: 30 }, '2026-02-03T11:22', '2026-02-03T11:22', '2026-03-05T00:00', '2026-03-06T00:00'],
    [
      { automaticallyAfterDays: 30, duration: '3h' },
      '2026-02-03T11:22',
      '2026-02-03T11:22',
      '2026-03-05T00:00',
      '2026-03-05T03:00',
    ],
    [{ automaticallyAfterDays: 1 }, '2028-02-28T23:59', '2028-02-28T23:59', '2028-02-29T00:00', '2028-03-01T00:00'],
    // Overdue: every day is tried.
    [{ automaticallyAfterDays: 30 }, '2026-02-03T11:22', '2026-03-05T23:59', '2026-03-05T00:00', '2026-03-06T00:00'],
    [{ automaticallyAfterDays: 30 }, '2026-02-03T11:22', '2026-03-06T00:00', '2026-03-06T00:00', '2026-03-07T00:00'],
    [
      { automaticallyAfterDays: 30, duration: '3h' },
      '2026-02-03T11:22',
      '2026-03-05T03:00',
      '2026-03-06T00:00',
      '2026-03-06T03:00',
    ],
    [
      { automaticallyAfterDays: 30, duration: '3h' },
      '2026-02-03T11:22',
      '2027-03-05T02:59',
      '2027-03-05T00:00',
      '2027-03-05T03:00',
    ],
    // A rate in days is the same; one in hours keeps to its steps.
    [
      { scheduleExpression: 'rate(30 days)' },
      '2026-02-03T11:22',
      '2026-02-03T11:22',
      '2026-03-05T00:00',
      '2026-03-06T00:00',
    ],
    [
      { scheduleExpression: 'rate(4 hours)' },
      '2026-02-03T11:22',
      '2026-02-03T11:22',
      '2026-02-03T15:00',
      '2026-02-03T16:00',
    ],
    [
      { scheduleExpression: 'rate(4 hours)' },
      '2026-02-03T11:22',
      '2026-02-03T16:00',
      '2026-02-03T19:00',
      '2026-02-03T20:00',
    ],
    [
      { scheduleExpression: 'rate(4 hours)' },
      '2026-02-03T11:22',
      '2026-02-04T23:30',
      '2026-02-04T23:00',
      '2026-02-05T00:00',
    ],
    [
      { scheduleExpression: 'rate(6 hours)', duration: '6h' },
      '2026-02-03T11:22',
      '2026-02-03T11:22',
      '2026-02-03T17:00',
      '2026-02-03T23:00',
    ],
    // A window never reaches into the next UTC day.
    [
      { scheduleExpression: 'rate(6 hours)', duration: '6h' },
      '2026-02-03T11:22',
      '2026-02-03T23:00',
      '2026-02-03T23:00',
      '2026-02-04T00:00',
    ],
    // Once a day: to the end of the day. Several times: an hour.
    [
      { scheduleExpression: 'cron(0 22 * * ? *)' },
      '2026-02-03T11:22',
      '2026-02-03T11:22',
      '2026-02-03T22:00',
      '2026-02-04T00:00',
    ],
    [
      { scheduleExpression: 'cron(0 2/10 * * ? *)' },
      '2026-02-03T12:00',
      '2026-02-03T12:00',
      '2026-02-03T22:00',
      '2026-02-03T23:00',
    ],
    [
      { scheduleExpression: 'cron(0 2/10 * * ? *)', duration: '2h' },
      '2026-02-03T12:00',
      '2026-02-03T22:30',
      '2026-02-03T22:00',
      '2026-02-04T00:00',
    ],
    // Rotated within its window: that one is done.
    [
      { scheduleExpression: 'cron(0 8 1 * ? *)' },
      '2026-03-01T09:10',
      '2026-03-01T09:10',
      '2026-04-01T08:00',
      '2026-04-02T00:00',
    ],
    // Not rotated in its window: there is the next.
    [
      { scheduleExpression: 'cron(0 8 1 * ? *)' },
      '2026-02-01T09:10',
      '2026-03-01T23:59',
      '2026-03-01T08:00',
      '2026-03-02T00:00',
    ],
    [
      { scheduleExpression: 'cron(0 8 1 * ? *)' },
      '2026-02-01T09:10',
      '2026-03-02T00:00',
      '2026-04-01T08:00',
      '2026-04-02T00:00',
    ],
    // The clock was set back.
    [
      { scheduleExpression: 'cron(0 8 1 * ? *)' },
      '2027-02-01T09:10',
      '2026-03-02T00:00',
      '2027-03-01T08:00',
      '2027-03-02T00:00',
    ],
    // 2100 is no leap year.
    [
      { scheduleExpression: 'cron(0 8 29 2 ? *)' },
      '2096-02-29T08:00',
      '2096-02-29T08:00',
      '2104-02-29T08:00',
      '2104-03-01T00:00',
    ],
    [{ automaticallyAfterDays: 1 }, '9999-12-30T12:00', '9999-12-30T12:00', '9999-12-31T00:00', '+010000-01-01T00'],
  ]

  it.each(cases)('of %j, based on %s, at %s is %s to %s', (rules, base, now, start, end) => {
    const moments = { base: Date.parse(`${base}Z`), now: Date.parse(`${now}Z`) }
    expect(shown(nextWindow(schedule(rules), moments))).toEqual([start, end])
  })

  it('ends so that a date a second earlier is the one that AWS was seen to show', () => {
    const changed = Date.parse('2026-02-03T09:00:00Z')
    const { end } = nextWindow(schedule({ automaticallyAfterDays: 30 }), { base: changed, now: changed })
    expect(new Date(end - 1000).toISOString()).toBe('2026-03-05T23:59:59.000Z')
  })

  const anyDays = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 1000 }))
  const anyHours = fc.oneof(fc.integer({ min: 4, max: 30 }), fc.integer({ min: 4, max: 999 * 24 }))
  const anyDuration = fc.option(fc.integer({ min: 1, max: 24 }), { nil: undefined, freq: 2 })

  it('of a schedule in days is what a walk day by day finds', () => {
    fc.assert(
      fc.property(anyDays, anyDuration, anyMoments, (days, hours, { base, now }) => {
        expect(nextWindow(schedule(withDuration({ automaticallyAfterDays: days }, hours)), { base, now })).toEqual(
          nextDaysWindow(days, hours, base, now),
        )
      }),
      { numRuns: 2000 },
    )
  })

  it('of a schedule in hours is what a walk from window to window finds', () => {
    fc.assert(
      fc.property(anyHours, anyDuration, anyMoments, (hours, length, { base, now }) => {
        fc.pre(length === undefined || length <= hours)
        const rules = withDuration({ scheduleExpression: `rate(${hours} hours)` }, length)
        expect(nextWindow(schedule(rules), { base, now })).toEqual(nextHoursWindow(hours, length, base, now))
      }),
      { numRuns: 2000 },
    )
  })

  it('of a cron expression is what a walk hour by hour finds, over leap days and the ends of months', () => {
    fc.assert(
      fc.property(goodCron, anyMoments, (cron, { base, now }) => {
        expect(nextWindow(ofCron(cron), { base, now })).toEqual(nextCronWindow(cron, base, now))
      }),
      { numRuns: 500 },
    )
  })

  it('follows windows over forty years just as the walk does', () => {
    for (const text of [
      'cron(0 2/10 L * ? *)',
      'cron(0 8 29-31 * ? *)',
      'cron(0 5 ? * SUN#5 *)',
      'cron(0 5 ? 2 MONL *)',
    ]) {
      const cron = CASES[text]!
      let base = Date.UTC(2070, 0, 1)
      while (base < Date.UTC(2110, 0, 1)) {
        const window = nextWindow(schedule({ scheduleExpression: text }), { base, now: base })
        expect(window).toEqual(nextCronWindow(cron, base, base))
        base = window.start
      }
    }
  })

  it('is there for every cron expression that can fire and keeps its distance, and for no other', () => {
    fc.assert(
      fc.property(anyCron, (cron) => {
        const flaw = flawOf(cron)
        if (flaw === undefined) expect(() => ofCron(cron)).not.toThrow()
        else expect(() => ofCron(cron)).toThrow(MESSAGES[flaw])
      }),
      { numRuns: 500 },
    )
  })

  const anySchedule: fc.Arbitrary<Schedule> = fc.oneof(
    fc
      .tuple(anyDays, anyDuration)
      .map(([days, hours]) => schedule(withDuration({ automaticallyAfterDays: days }, hours))),
    fc
      .tuple(anyHours, anyDuration)
      .map(([hours, length]) =>
        schedule(withDuration({ scheduleExpression: `rate(${hours} hours)` }, length && Math.min(length, hours))),
      ),
    goodCron.map(ofCron),
  )

  it('is never over, opens on the hour after the base, and ends within its UTC day', () => {
    fc.assert(
      fc.property(anySchedule, anyMoments, (any, { base, now }) => {
        const { start, end } = nextWindow(any, { base, now })
        expect(end).toBeGreaterThan(now)
        expect(start).toBeGreaterThan(base)
        expect(start).toBe(onTheHour(start))
        expect(end).toBe(onTheHour(end))
        expect(end - start).toBeGreaterThanOrEqual(HOUR)
        expect(end).toBeLessThanOrEqual(midnight(start) + DAY)
      }),
      { numRuns: 500 },
    )
  })

  it('stays the same as long as it is open and nothing was rotated', () => {
    fc.assert(
      fc.property(
        anySchedule,
        anyMoments,
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        (any, { base, now }, part) => {
          const window = nextWindow(any, { base, now })
          const later = Math.max(now, window.start + Math.floor(part * (window.end - window.start - 1)))
          expect(nextWindow(any, { base, now: later })).toEqual(window)
          expect(nextWindow(any, { base, now: window.end - 1 })).toEqual(window)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('never moves forward with an earlier base nor with an earlier now', () => {
    fc.assert(
      fc.property(anySchedule, anyMoments, anyMoments, (any, one, other) => {
        const [base, laterBase] = [one.base, other.base].toSorted((left, right) => left - right) as [number, number]
        const [now, laterNow] = [one.now, other.now].toSorted((left, right) => left - right) as [number, number]
        expect(nextWindow(any, { base, now: laterNow }).start).toBeGreaterThanOrEqual(
          nextWindow(any, { base, now }).start,
        )
        // An overdue rate in hours keeps its own steps, which another base places otherwise.
        const isOverdue = any.kind === 'hours' && nextWindow(any, { base, now: base }).end <= now
        if (!isOverdue)
          expect(nextWindow(any, { base: laterBase, now }).start).toBeGreaterThanOrEqual(
            nextWindow(any, { base, now }).start,
          )
      }),
      { numRuns: 500 },
    )
  })

  it('is found in under 50 microseconds on average, also where years pass', () => {
    const texts = [
      'cron(0 8 29 2 ? *)',
      'cron(0 8 ? 2 SUN#5 *)',
      'cron(0 8 31 * ? *)',
      'cron(0 /8 * * ? *)',
      'cron(0 8 ? * SUNL *)',
    ]
    for (const any of texts.map((text) => schedule({ scheduleExpression: text }))) {
      // The best of many short turns: a busy machine slows some of them, slow code all.
      const turns = Array.from({ length: 40 }, () => {
        const began = performance.now()
        for (let index = 0; index < 50; index++) {
          const moment = Date.UTC(2026, 0, 1) + index * 205 * DAY
          nextWindow(any, { base: moment, now: moment })
        }
        return (performance.now() - began) / 50
      })
      expect(Math.min(...turns)).toBeLessThan(0.05)
    }
  })

  it('is refused for a time that is none, rather than sought for ever', () => {
    const cron = schedule({ scheduleExpression: 'cron(0 8 1 * ? *)' })
    expect(() => nextWindow(cron, { base: Number.NaN, now: 0 })).toThrow(RangeError)
  })
})

const isLast = (moment: Date) => new Date(+moment + DAY).getUTCDate() === 1
const isIn = (month: number) => ({ text: '', lets: (moment: Date) => moment.getUTCMonth() === month })
const always: CronCase['months'] = { text: '', lets: () => true }
const at = (...hours: number[]) => ({ text: '', lets: (moment: Date) => hours.includes(moment.getUTCHours()) })
const caseOf = (hours: CronCase['hours'], lets: (moment: Date) => boolean, months = always): CronCase => ({
  text: '',
  durationHours: undefined,
  hours,
  days: { text: '', lets },
  months,
})
const CASES: Record<string, CronCase> = {
  'cron(0 2/10 L * ? *)': caseOf(at(2, 12, 22), isLast),
  'cron(0 8 29-31 * ? *)': caseOf(at(8), (moment) => moment.getUTCDate() >= 29),
  'cron(0 5 ? * SUN#5 *)': caseOf(at(5), (moment) => moment.getUTCDay() === 0 && moment.getUTCDate() > 28),
  'cron(0 5 ? 2 MONL *)': caseOf(
    at(5),
    (moment) => moment.getUTCDay() === 1 && new Date(+moment + 7 * DAY).getUTCMonth() === 2,
    isIn(1),
  ),
}

const MESSAGES = {
  never: /never fire/,
  'too often': /at least 4 hours apart/,
  'too long': /is too long for/,
}

describe('the moment at which to start', () => {
  const window = { start: Date.UTC(2026, 2, 5), end: Date.UTC(2026, 2, 6) }
  const minute = 60_000

  it('is spread over the first three quarters of the window, but for its first minute', () => {
    const now = window.start - 30 * DAY
    expect(momentIn(window, { now, fraction: 0 })).toBe(window.start + minute)
    expect(momentIn(window, { now, fraction: 0.5 })).toBe(window.start + minute + (18 * 60 - 1) * 30_000)
    expect(momentIn(window, { now, fraction: 1 - Number.EPSILON })).toBeLessThanOrEqual(window.start + 18 * HOUR)
  })

  it('is spread over what is left of a window that is open', () => {
    const now = window.end - HOUR
    expect(momentIn(window, { now, fraction: 0 })).toBe(now)
    expect(momentIn(window, { now, fraction: 0.5 })).toBe(now + 22.5 * minute)
    expect(momentIn(window, { now: window.start + 1, fraction: 0 })).toBe(window.start + minute)
  })

  it('is now when the window is nearly over, and when it is over', () => {
    expect(momentIn(window, { now: window.end - 4 * minute, fraction: 0.9 })).toBe(window.end - 4 * minute)
    expect(momentIn(window, { now: window.end, fraction: 0.9 })).toBe(window.end)
    expect(momentIn(window, { now: window.end + DAY, fraction: 0.9 })).toBe(window.end + DAY)
  })

  it('lies in the window, not before now, in whole milliseconds, with a quarter of what is left behind it', () => {
    fc.assert(
      fc.property(
        anyMoment,
        fc.integer({ min: 1, max: 24 }),
        fc.integer({ min: -2 * DAY, max: DAY - 1 }),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        (time, hours, offset, fraction) => {
          const start = onTheHour(time)
          const end = start + hours * HOUR
          const now = Math.min(start + offset, end - 1)
          const moment = momentIn({ start, end }, { now, fraction })
          const opens = Math.max(start, now)
          expect(Number.isInteger(moment)).toBe(true)
          expect(moment).toBeGreaterThanOrEqual(opens)
          expect(moment).toBeLessThan(end)
          expect(end - moment).toBeGreaterThanOrEqual((end - opens) / 4)
          if (end - opens >= 5 * minute) expect(moment).toBeGreaterThanOrEqual(start + minute)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('differs from secret to secret', () => {
    const moments = Array.from({ length: 100 }, (_, index) => momentIn(window, { now: 0, fraction: index / 100 }))
    expect(new Set(moments).size).toBe(100)
  })
})

describe('the days between windows', () => {
  const now = Date.parse('2026-01-15T12:00:00Z')

  it.each([
    [{ automaticallyAfterDays: 1000 }, 1000],
    [{ scheduleExpression: 'rate(10 days)' }, 10],
    [{ scheduleExpression: 'rate(4 hours)' }, 1],
    [{ scheduleExpression: 'rate(24 hours)' }, 1],
    [{ scheduleExpression: 'rate(25 hours)' }, 2],
    [{ scheduleExpression: 'rate(23976 hours)' }, 999],
    [{ scheduleExpression: 'cron(0 8 * * ? *)' }, 1],
    [{ scheduleExpression: 'cron(0 2/10 * * ? *)' }, 1],
    [{ scheduleExpression: 'cron(0 8 ? * MON *)' }, 7],
    [{ scheduleExpression: 'cron(0 8 1 * ? *)' }, 28],
    [{ scheduleExpression: 'cron(0 8 1 1 ? *)' }, 365],
    [{ scheduleExpression: 'cron(0 8 29 2 ? *)' }, 1000],
  ])('SM-ROTATE-21 of %j are %d', (rules, days) => {
    expect(daysBetweenWindows(schedule(rules), now)).toBe(days)
  })

  it('SM-ROTATE-21 are whole, from 1 to 1000, whatever the schedule', () => {
    fc.assert(
      fc.property(goodCron, anyMoment, (cron, moment) => {
        const days = daysBetweenWindows(ofCron(cron), moment)
        expect(Number.isInteger(days)).toBe(true)
        expect(days).toBeGreaterThanOrEqual(1)
        expect(days).toBeLessThanOrEqual(1000)
      }),
    )
  })
})
