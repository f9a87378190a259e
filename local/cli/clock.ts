/**
 * `coffer clock`: a signed call to `/_coffer/clock` of a running server.
 * @module
 */
import { z } from 'zod'
import { ConfigProblem, type Environment } from '../config.ts'
import { parseDuration, parseIsoTime } from '../duration.ts'
import { callCoffer } from './signed-call.ts'

export interface ClockFlags {
  readonly advance?: string
  readonly to?: string
  readonly url?: string
}

const answerSchema = z.object({ now: z.string() })

/** @returns the time after the move, as a line. @throws {ConfigProblem} {CallProblem} */
export async function moveClock(flags: ClockFlags, environment: Environment): Promise<string> {
  const body = bodyOf(flags)
  const { now } = await callCoffer({
    path: '/_coffer/clock',
    ...(body && { body }),
    flags,
    environment,
    service: 'coffer',
    schema: answerSchema,
  })
  return `${now}\n`
}

/** Undefined: only tell the time. */
function bodyOf({ advance, to }: ClockFlags): object | undefined {
  if (advance !== undefined && to !== undefined)
    throw new ConfigProblem('--advance and --to were both given: expected one of them')
  if (advance !== undefined && parseDuration(advance) === undefined)
    throw new ConfigProblem(
      `--advance is ${JSON.stringify(advance)}, expected a duration such as 30d, 12h, PT90M or a number of seconds`,
    )
  if (to !== undefined && parseIsoTime(to) === undefined)
    throw new ConfigProblem(`--to is ${JSON.stringify(to)}, expected an ISO 8601 time such as 2026-01-31T12:00:00Z`)
  if (advance !== undefined) return { advance }
  return to === undefined ? undefined : { to }
}
