/**
 * `--every`, `--cron` and `--window` as RotationRules. What an expression of cron may be is for the service to say: it names what is wrong.
 * @module
 */
import { ConfigProblem } from '../config.ts'

export interface RuleFlags {
  readonly every?: string
  readonly cron?: string
  readonly window?: string
}

export interface Rules {
  readonly AutomaticallyAfterDays?: number
  readonly ScheduleExpression?: string
  readonly Duration?: string
}

const MOST_DAYS = 1000
/** A rate in hours (UserGuide, "Schedule expressions"). */
const [FEWEST_HOURS, MOST_HOURS] = [4, 999 * 24]

/** @returns undefined: none was given, and the rules of the secret stay @throws {ConfigProblem} */
export function rulesOf({ every, cron, window }: RuleFlags): Rules | undefined {
  if (every !== undefined && cron !== undefined)
    throw new ConfigProblem('--every and --cron were both given: expected one of them')
  const duration = window === undefined ? {} : { Duration: durationOf(window) }
  if (every !== undefined) return { ...intervalOf(every), ...duration }
  if (cron !== undefined)
    return { ScheduleExpression: /^(cron|rate)\(/.test(cron) ? cron : `cron(${cron})`, ...duration }
  if (window !== undefined)
    throw new ConfigProblem('--window was given without --every or --cron: a window is of a schedule')
  return undefined
}

function intervalOf(every: string): Rules {
  const [, digits = '', unit] = /^(\d{1,5})([hdw])$/.exec(every) ?? []
  const count = Number(digits)
  if (unit === 'h' && count >= FEWEST_HOURS && count <= MOST_HOURS)
    return { ScheduleExpression: `rate(${count} hours)` }
  const days = unit === 'w' ? count * 7 : count
  if (unit !== 'h' && days >= 1 && days <= MOST_DAYS) return { AutomaticallyAfterDays: days }
  throw new ConfigProblem(
    `--every is ${JSON.stringify(every)}, expected hours, days or weeks such as 12h, 30d or 1w: from ${FEWEST_HOURS}h to ${MOST_DAYS}d`,
  )
}

function durationOf(window: string): string {
  const [, hours = ''] = /^(\d{1,2})h$/.exec(window) ?? []
  if (hours !== '' && Number(hours) >= 1 && Number(hours) <= 24) return window
  throw new ConfigProblem(`--window is ${JSON.stringify(window)}, expected hours such as 3h: from 1h to 24h`)
}
