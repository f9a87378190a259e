import fc from 'fast-check'
import { ServiceError } from '../../../lambda/core/domain/errors.ts'
import type { RotationRules } from '../../../lambda/core/domain/rotation.ts'
import { nextWindow, parseRotationRules } from '../../../lambda/core/domain/rotation-schedule.ts'

const expression = (scheduleExpression: string, duration?: string): RotationRules =>
  duration === undefined ? { scheduleExpression } : { scheduleExpression, duration }

function refusalOf(rules: RotationRules): unknown {
  try {
    return parseRotationRules(rules)
  } catch (error) {
    return error instanceof ServiceError ? [error.code, error.message] : error
  }
}

const invalid = (message: unknown) => ['InvalidParameterException', message]

/** The next starts after Sunday, 2026-03-01T00:00Z, hours and days only. */
function startsOf(text: string, count: number): string[] {
  const schedule = parseRotationRules(expression(text))!
  const starts: string[] = []
  let base = Date.UTC(2026, 2, 1) - 1
  while (starts.length < count) {
    base = nextWindow(schedule, { base, now: base }).start
    starts.push(new Date(base).toISOString().slice(5, 13))
  }
  return starts
}

describe('rules of a rotation', () => {
  it('SM-ROTATE-01 are a schedule in days when they bring AutomaticallyAfterDays', () => {
    expect(parseRotationRules({ automaticallyAfterDays: 1 })).toEqual({ kind: 'days', days: 1 })
    expect(parseRotationRules({ automaticallyAfterDays: 1000, duration: '3h' })).toEqual({
      kind: 'days',
      days: 1000,
      durationHours: 3,
    })
  })

  it.each([0, -1, 1001, 1.5, Number.NaN, Infinity])('SM-ROTATE-01 refuse %d days', (days) => {
    expect(refusalOf({ automaticallyAfterDays: days })).toEqual(
      invalid(`RotationRules.AutomaticallyAfterDays must be within 1-1000. You gave ${days}.`),
    )
  })

  it('SM-ROTATE-01 refuse a number of days together with an expression, whatever else is wrong', () => {
    const rules = { automaticallyAfterDays: 7000, scheduleExpression: 'rate(7 years)', duration: '99h' }
    expect(refusalOf(rules)).toEqual(
      invalid('You cannot specify both rotation frequency and schedule expression together.'),
    )
  })

  it('mean no schedule when they are empty', () => {
    expect(parseRotationRules({})).toBeUndefined()
  })

  it('refuse a Duration without a schedule, which would never rotate', () => {
    expect(refusalOf({ duration: '3h' })).toEqual(
      invalid("The Duration '3h' needs a schedule. Give AutomaticallyAfterDays or ScheduleExpression with it."),
    )
  })

  it.each(['1h', '01h', '9h', '10h', '24h'])('take the Duration %s', (duration) => {
    expect(parseRotationRules({ automaticallyAfterDays: 30, duration })).toEqual({
      kind: 'days',
      days: 30,
      durationHours: Number.parseInt(duration, 10),
    })
  })

  it.each(['', 'h', '0h', '00h', '25h', '99h', '100h', '3', '3H', '3 h', '-1h', '1.5h', '30m', '3h\n', '1h '])(
    'refuse the Duration %j',
    (duration) => {
      expect(refusalOf({ automaticallyAfterDays: 30, duration })).toEqual(
        invalid(
          `The Duration '${duration.replace('\n', '?')}' is not valid. Give the length of the rotation window in whole hours, from 1h to 24h.`,
        ),
      )
    },
  )
})

describe('a rate', () => {
  it.each([
    ['rate(4 hours)', { kind: 'hours', hours: 4 }],
    ['rate(4 hour)', { kind: 'hours', hours: 4 }],
    ['rate(24 hours)', { kind: 'hours', hours: 24 }],
    ['rate(23976 hours)', { kind: 'hours', hours: 999 * 24 }],
    ['rate(1 day)', { kind: 'days', days: 1 }],
    ['rate(1 days)', { kind: 'days', days: 1 }],
    ['rate(10 days)', { kind: 'days', days: 10 }],
    ['rate(999 days)', { kind: 'days', days: 999 }],
    ['rate( 007  days )', { kind: 'days', days: 7 }],
  ])('is %s', (text, schedule) => {
    expect(parseRotationRules(expression(text))).toEqual(schedule)
  })

  it.each(['rate(0 days)', 'rate(1 hour)', 'rate(3 hours)', 'rate(23977 hours)', 'rate(1000 days)'])(
    'is not %s, which is out of range',
    (text) => {
      expect(refusalOf(expression(text))).toEqual(
        invalid(`The ScheduleExpression '${text}' is not valid: rotations can be from 4 hours to 999 days apart.`),
      )
    },
  )

  it.each([
    'rate()',
    'rate(30)',
    'rate(days)',
    'rate(30days)',
    'rate(-4 days)',
    'rate(1 week)',
    'rate(90 minutes)',
    'rate(5 Days)',
    'rate(5 dayss)',
    'rate(5 days 4 hours)',
    'rate(1,5 days)',
  ])('is not %s, which is misshapen', (text) => {
    expect(refusalOf(expression(text))).toEqual(
      invalid(
        `The ScheduleExpression '${text}' is not valid: rate(...) takes a whole number and hour, hours, day or days, such as rate(12 hours) or rate(30 days).`,
      ),
    )
  })

  it.each([
    ['rate(4 hours)', '5h', 4],
    ['rate(12 hours)', '24h', 12],
  ])('of %s has no room for a Duration of %s', (text, duration, most) => {
    expect(refusalOf(expression(text, duration))).toEqual(
      invalid(
        `The Duration '${duration}' is too long for '${text}': the window would reach into the next one. The longest that fits is ${most}h.`,
      ),
    )
    expect(parseRotationRules(expression(text, `${most}h`))).toMatchObject({ durationHours: most })
  })

  it('of days has room for a window of the whole day, and so has one of many hours', () => {
    expect(parseRotationRules(expression('rate(1 day)', '24h'))).toMatchObject({ durationHours: 24 })
    expect(parseRotationRules(expression('rate(48 hours)', '24h'))).toMatchObject({ durationHours: 24 })
  })
})

describe('an expression', () => {
  it.each([
    '',
    ' ',
    'rate',
    '30 days',
    '0 8 1 * ? *',
    'rate(30 days',
    'Rate(30 days)',
    'CRON(0 8 1 * ? *)',
    ' rate(30 days)',
    'rate(30 days) ',
    'at(2030-01-01T00)',
    'rate(30 days)rate(30 days)',
    'rate((30 days))',
    'cron(0 8 1 * ? *',
  ])('is neither rate nor cron: %j', (text) => {
    expect(refusalOf(expression(text))).toEqual(
      invalid(
        `The ScheduleExpression '${text}' is not valid: expected rate(...), such as rate(30 days), or cron(...), such as cron(0 8 1 * ? *).`,
      ),
    )
  })

  it('has the characters of the API only, and a refusal does not repeat others', () => {
    expect(refusalOf(expression('rate(30\ndäys)\u{1f511}'))).toEqual(
      invalid(
        "The ScheduleExpression 'rate(30?d?ys)??' is not valid: it may hold letters, digits, spaces and ( ) # ? * - / , only.",
      ),
    )
    // Its capital is an I.
    expect(refusalOf(expression('cron(0 8 ? * frı *)'))).toEqual(invalid(expect.stringContaining('may hold letters')))
  })

  it('is 256 characters long at most, and a refusal repeats 80 of them', () => {
    const padded = (length: number) => `rate(${'30 days'.padEnd(length - 6)})`
    expect(parseRotationRules(expression(padded(256)))).toEqual({ kind: 'days', days: 30 })
    expect(refusalOf(expression(padded(257)))).toEqual(
      invalid(
        `The ScheduleExpression '${padded(257).slice(0, 80)}...' is not valid: it is longer than 256 characters.`,
      ),
    )
  })

  it.each([
    // The guide's own examples.
    ['cron(0 /8 * * ? *)', ['03-01T00', '03-01T08', '03-01T16', '03-02T00']],
    ['cron(0 8/8 * * ? *)', ['03-01T08', '03-01T16', '03-02T08', '03-02T16']],
    ['cron(0 2/10 * * ? *)', ['03-01T02', '03-01T12', '03-01T22', '03-02T02']],
    ['cron(0 4/12 * * ? *)', ['03-01T04', '03-01T16', '03-02T04']],
    ['cron(0 10 * * ? *)', ['03-01T10', '03-02T10']],
    ['cron(0 18 ? * SAT *)', ['03-07T18', '03-14T18']],
    ['cron(0 8 1 * ? *)', ['03-01T08', '04-01T08', '05-01T08']],
    ['cron(0 1 ? 1/3 SUN#1 *)', ['04-05T01', '07-05T01', '10-04T01', '01-03T01']],
    ['cron(0 17 L * ? *)', ['03-31T17', '04-30T17', '05-31T17']],
    ['cron(0 8 ? * MON-FRI *)', ['03-02T08', '03-03T08', '03-04T08', '03-05T08', '03-06T08', '03-09T08']],
    ['cron(0 16 1,15 * ? *)', ['03-01T16', '03-15T16', '04-01T16']],
    ['cron(0 0 ? * SUN#1 *)', ['03-01T00', '04-05T00']],
    // Hours.
    ['cron(00 08 01 * ? *)', ['03-01T08', '04-01T08']],
    ['cron(0 */6 * * ? *)', ['03-01T00', '03-01T06', '03-01T12', '03-01T18', '03-02T00']],
    ['cron(0 20,8 * * ? *)', ['03-01T08', '03-01T20', '03-02T08']],
    ['cron(0 8,8 * * ? *)', ['03-01T08', '03-02T08']],
    ['cron(0 8-17/5 * * ? *)', ['03-01T08', '03-01T13', '03-02T08']],
    ['cron(0 23/23 * * ? *)', ['03-01T23', '03-02T23']],
    // Days of the month.
    ['cron(0 8 1/7 * ? *)', ['03-01T08', '03-08T08', '03-15T08', '03-22T08', '03-29T08', '04-01T08']],
    ['cron(0 8 /7 * ? *)', ['03-01T08', '03-08T08']],
    ['cron(0 8 30-31 * ? *)', ['03-30T08', '03-31T08', '04-30T08', '05-30T08']],
    ['cron(0 8 10-20/10,L * ? *)', ['03-10T08', '03-20T08', '03-31T08', '04-10T08']],
    ['cron(0 8 31 * ? *)', ['03-31T08', '05-31T08', '07-31T08']],
    ['cron(0 8 29 2 ? *)', ['02-29T08', '02-29T08']],
    ['cron(0 8 l 2 ? *)', ['02-28T08', '02-29T08', '02-28T08']],
    // Months.
    ['cron(0 8 1 JAN,apr,Jul ? *)', ['04-01T08', '07-01T08', '01-01T08']],
    ['cron(0 8 1 4-JUN ? *)', ['04-01T08', '05-01T08', '06-01T08', '04-01T08']],
    ['cron(0 8 1 NOV-FEB ? *)', ['11-01T08', '12-01T08', '01-01T08', '02-01T08', '11-01T08']],
    ['cron(0 8 1 */4 ? *)', ['05-01T08', '09-01T08', '01-01T08']],
    // Days of the week; 1 is Sunday.
    ['cron(0 8 ? * 1 *)', ['03-01T08', '03-08T08']],
    ['cron(0 8 ? * 7 *)', ['03-07T08', '03-14T08']],
    ['cron(0 8 ? * L *)', ['03-07T08', '03-14T08']],
    ['cron(0 8 ? * sunL *)', ['03-29T08', '04-26T08']],
    ['cron(0 8 ? * 6L *)', ['03-27T08', '04-24T08']],
    ['cron(0 8 ? * TUE#3 *)', ['03-17T08', '04-21T08']],
    ['cron(0 8 ? * 1#5 *)', ['03-29T08', '05-31T08']],
    ['cron(0 8 ? * MON#1,MON#3 *)', ['03-02T08', '03-16T08', '04-06T08']],
    ['cron(0 8 ? * MON,3-4 *)', ['03-02T08', '03-03T08', '03-04T08', '03-09T08']],
    ['cron(0 8 ? * SAT-SUN *)', ['03-01T08', '03-07T08', '03-08T08']],
    ['cron(0 8 ? * 1/2 *)', ['03-01T08', '03-03T08', '03-05T08', '03-07T08', '03-08T08']],
    ['cron(0 8 ? * FRI-MON/2 *)', ['03-01T08', '03-06T08', '03-08T08']],
    ['cron(0 8 ? * * *)', ['03-01T08', '03-02T08']],
    ['cron(  0   8 ? *  *   * )', ['03-01T08', '03-02T08']],
  ])('fires as it says: %s', (text, starts) => {
    expect(startsOf(text, starts.length)).toEqual(starts)
  })

  it('may wait many years: the fifth Sunday of February', () => {
    const schedule = parseRotationRules(expression('cron(0 0 ? 2 SUN#5 *)'))!
    const moment = Date.UTC(2088, 2, 1)
    expect(nextWindow(schedule, { base: moment, now: moment }).start).toBe(Date.UTC(2128, 1, 29))
  })

  const hours = '0 to 23'
  const daysOfMonth = '1 to 31'
  const months = '1 to 12, or JAN, FEB, MAR, APR, MAY, JUN, JUL, AUG, SEP, OCT, NOV, DEC'
  const daysOfWeek = '1 to 7, or SUN, MON, TUE, WED, THU, FRI, SAT'
  const six = 'cron(...) takes six: minutes, hours, day of month, month, day of week, year'
  const oneOpen = 'exactly one of day of month and day of week must be ?, and the other one must say the days'

  it.each([
    ['cron()', `it has 0 fields, but ${six}`],
    ['cron(0 8 * * ?)', `it has 5 fields, but ${six}`],
    ['cron(0 0 8 * * ? *)', `it has 7 fields, but ${six}`],
    ['cron(30 8 1 * ? *)', 'minutes must be 0, as rotation windows open on the hour'],
    ['cron(* 8 1 * ? *)', 'minutes must be 0, as rotation windows open on the hour'],
    ['cron(0/15 8 1 * ? *)', 'minutes must be 0, as rotation windows open on the hour'],
    ['cron(000 8 1 * ? *)', 'minutes must be 0, as rotation windows open on the hour'],
    ['cron(0 8 1 * ? 2027)', 'year must be *'],
    ['cron(0 8 1 * ? ?)', 'year must be *'],
    ['cron(0 24 1 * ? *)', `24 is out of range for hours: expected ${hours}`],
    ['cron(0 8- 1 * ? *)', `an empty place is no value for hours: expected ${hours}`],
    ['cron(0 ? 1 * ? *)', `? is no value for hours: expected ${hours}`],
    ['cron(0 8AM 1 * ? *)', `8AM is no value for hours: expected ${hours}`],
    ['cron(0 0008 1 * ? *)', `0008 is no value for hours: expected ${hours}`],
    ['cron(0 8,,20 1 * ? *)', `an empty place is no value for hours: expected ${hours}`],
    ['cron(0 22-2 1 * ? *)', 'the range 22-2 of hours runs backwards: write 22-23,0-2'],
    ['cron(0 0/0 1 * ? *)', 'the increment /0 of hours is not a whole number from 1 to 23'],
    ['cron(0 0/24 1 * ? *)', 'the increment /24 of hours is not a whole number from 1 to 23'],
    ['cron(0 8/ 1 * ? *)', 'the increment / of hours is not a whole number from 1 to 23'],
    ['cron(0 8/4/4 1 * ? *)', `8/4/4 is no value for hours: expected ${hours}`],
    ['cron(0 8-9-10 1 * ? *)', `8-9-10 is no value for hours: expected ${hours}`],
    ['cron(0 8 0 * ? *)', `0 is out of range for day of month: expected ${daysOfMonth}`],
    ['cron(0 8 32 * ? *)', `32 is out of range for day of month: expected ${daysOfMonth}`],
    ['cron(0 8 1-32 * ? *)', `32 is out of range for day of month: expected ${daysOfMonth}`],
    ['cron(0 8 15W * ? *)', `15W is no value for day of month: expected ${daysOfMonth}`],
    ['cron(0 8 L-3 * ? *)', `L is no value for day of month: expected ${daysOfMonth}`],
    ['cron(0 8 SUNL * ? *)', `SUNL is no value for day of month: expected ${daysOfMonth}`],
    ['cron(0 8 28-3 * ? *)', 'the range 28-3 of day of month runs backwards: write 28-31,1-3'],
    ['cron(0 8 1,? * ? *)', `? is no value for day of month: expected ${daysOfMonth}`],
    ['cron(0 8 1 0 ? *)', `0 is out of range for month: expected ${months}`],
    ['cron(0 8 1 13 ? *)', `13 is out of range for month: expected ${months}`],
    ['cron(0 8 1 JANUARY ? *)', `JANUARY is no value for month: expected ${months}`],
    ['cron(0 8 1 SUN ? *)', `SUN is no value for month: expected ${months}`],
    ['cron(0 8 1 ? ? *)', `? is no value for month: expected ${months}`],
    ['cron(0 8 1 L ? *)', `L is no value for month: expected ${months}`],
    ['cron(0 8 ? * 0 *)', `0 is out of range for day of week: expected ${daysOfWeek}`],
    ['cron(0 8 ? * 8 *)', `8 is out of range for day of week: expected ${daysOfWeek}`],
    ['cron(0 8 ? * MONDAY *)', `MONDAY is no value for day of week: expected ${daysOfWeek}`],
    ['cron(0 8 ? * 8L *)', `8 is out of range for day of week: expected ${daysOfWeek}`],
    ['cron(0 8 ? * MON-FRIL *)', `MON-FRI is no value for day of week: expected ${daysOfWeek}`],
    ['cron(0 8 ? * MON-FRI#2 *)', `MON-FRI is no value for day of week: expected ${daysOfWeek}`],
    ['cron(0 8 ? * #2 *)', `an empty place is no value for day of week: expected ${daysOfWeek}`],
    [
      'cron(0 8 ? * TUE#6 *)',
      'TUE#6 is no value for day of week: after # expected 1 to 5, as in TUE#3 for the third Tuesday',
    ],
    [
      'cron(0 8 ? * TUE#1#2 *)',
      'TUE#1#2 is no value for day of week: after # expected 1 to 5, as in TUE#3 for the third Tuesday',
    ],
    ['cron(0 8 * * * *)', oneOpen],
    ['cron(0 8 1 * MON *)', oneOpen],
    ['cron(0 8 ? * ? *)', oneOpen],
    ['cron(0 8 31 2 ? *)', 'no month that it names has such a day, so it would never fire'],
    ['cron(0 8 30,31 FEB ? *)', 'no month that it names has such a day, so it would never fire'],
    ['cron(0 8 31 4,6,9,11 ? *)', 'no month that it names has such a day, so it would never fire'],
    [
      'cron(0 * * * ? *)',
      'it has windows at 00:00 and 01:00 UTC, 1 hour apart, but rotations must be at least 4 hours apart',
    ],
    [
      'cron(0 8,11 1 * ? *)',
      'it has windows at 08:00 and 11:00 UTC, 3 hours apart, but rotations must be at least 4 hours apart',
    ],
    [
      'cron(0 0/7 * * ? *)',
      'it has windows at 21:00 and 00:00 UTC, 3 hours apart, but rotations must be at least 4 hours apart',
    ],
    [
      'cron(0 1,22 1,L * ? *)',
      'it has windows at 22:00 and 01:00 UTC, 3 hours apart, but rotations must be at least 4 hours apart',
    ],
    // Once in 28 years, from a leap day to the first of March.
    [
      'cron(0 1,22 ? 2,3 THU#5,FRI#1 *)',
      'it has windows at 22:00 and 01:00 UTC, 3 hours apart, but rotations must be at least 4 hours apart',
    ],
    [
      'cron(0 1,22 ? * MON#5,TUE#1 *)',
      'it has windows at 22:00 and 01:00 UTC, 3 hours apart, but rotations must be at least 4 hours apart',
    ],
  ])('is refused with the reason: %s', (text, problem) => {
    expect(refusalOf(expression(text))).toEqual(invalid(`The ScheduleExpression '${text}' is not valid: ${problem}.`))
  })

  it('may have windows close to midnight on both sides when no two of its days follow each other', () => {
    expect(startsOf('cron(0 1,22 1 * ? *)', 3)).toEqual(['03-01T01', '03-01T22', '04-01T01'])
    expect(startsOf('cron(0 1,22 ? * MON#2,TUE#1 *)', 3)).toEqual(['03-03T01', '03-03T22', '03-09T01'])
  })

  it.each([
    ['cron(0 22 * * ? *)', '3h', 'the window that opens at 22:00 UTC would reach into the next UTC day', 2],
    ['cron(0 2/10 * * ? *)', '3h', 'the window that opens at 22:00 UTC would reach into the next UTC day', 2],
    ['cron(0 1 1 * ? *)', '24h', 'the window that opens at 01:00 UTC would reach into the next UTC day', 23],
    ['cron(0 /8 * * ? *)', '9h', 'the window that opens at 00:00 UTC would reach into the next one', 8],
    ['cron(0 4,16 * * ? *)', '12h', 'the window that opens at 16:00 UTC would reach into the next UTC day', 8],
    ['cron(0 2,7,12 * * ? *)', '6h', 'the window that opens at 02:00 UTC would reach into the next one', 5],
  ])('%s has no room for a Duration of %s', (text, duration, problem, most) => {
    expect(refusalOf(expression(text, duration))).toEqual(
      invalid(`The Duration '${duration}' is too long for '${text}': ${problem}. The longest that fits is ${most}h.`),
    )
    expect(parseRotationRules(expression(text, `${most}h`))).toMatchObject({ durationHours: most })
  })
})

const LETTERS = [...'0123456789SUNMOTEWDHFRIAJBLPYGCVKhoursdaytecn()#?*-/, ']

const almostCron = fc
  .array(fc.string({ unit: fc.constantFrom(...LETTERS), maxLength: 12 }), { maxLength: 8 })
  .map((fields) => `cron(${fields.join(' ')})`)
const cronOfTokens = fc
  .array(
    fc
      .array(fc.constantFrom('0', '*', '?', 'L', '#', '/', '-', ',', '1', '2', '12', '31', 'SUN', 'FEB', 'JAN'), {
        minLength: 1,
        maxLength: 5,
      })
      .map((tokens) => tokens.join('')),
    { minLength: 4, maxLength: 4 },
  )
  .map((fields) => `cron(0 ${fields.join(' ')} *)`)

describe('whatever text comes', () => {
  it('is a schedule with a window to come, or InvalidParameterException with a message of bounded length', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 256 }),
      fc.string({ unit: 'binary', maxLength: 256 }),
      fc.string({ unit: fc.constantFrom(...LETTERS), maxLength: 256 }),
      fc.string({ unit: fc.constantFrom(...LETTERS), maxLength: 40 }).map((body) => `rate(${body})`),
      almostCron,
      cronOfTokens,
    )
    fc.assert(
      fc.property(text, fc.option(fc.string({ maxLength: 3 }), { nil: undefined }), (scheduleExpression, duration) => {
        const now = Date.UTC(2026, 10, 24)
        try {
          const schedule = parseRotationRules(expression(scheduleExpression, duration))!
          expect(nextWindow(schedule, { base: now, now }).end).toBeGreaterThan(now)
        } catch (error) {
          expect(error).toBeInstanceOf(ServiceError)
          expect(error).toMatchObject({ code: 'InvalidParameterException' })
          expect((error as ServiceError).message.length).toBeLessThan(600)
          expect((error as ServiceError).message).toMatch(/^[\x20-\x7e]*$/)
        }
      }),
      { numRuns: 5000 },
    )
  })
})
