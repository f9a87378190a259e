/**
 * `/_coffer/clock`: GET tells the domain's time, POST moves the virtual clock forward and answers once everything that fell due has been done.
 * @module
 */
import { z } from 'zod'
import type { Clock } from '../../lambda/core/ports/clock.ts'
import type { WireResponse } from '../../lambda/protocol/wire.ts'
import { ClockProblem, VirtualClock } from '../clock.ts'
import { parseDuration, parseIsoTime } from '../duration.ts'
import { adminEndpoint, answersOf, parseJson } from './plain-json.ts'
import type { SignedEndpoint } from './endpoint.ts'

const { answer, refuse } = answersOf('Clock')

const inputSchema = z.union([
  z.strictObject({
    advance: z
      .union([z.string(), z.number()])
      .transform(parseDuration)
      .refine((span) => span !== undefined),
  }),
  z.strictObject({
    to: z
      .string()
      .transform(parseIsoTime)
      .refine((time) => time !== undefined),
  }),
])

export interface ClockEndpointOptions {
  /** The domain's clock. */
  readonly clock: Clock
  /** Moves a virtual clock on to a time that it can have, and does what falls due on the way and then. */
  readonly move: (clock: VirtualClock, time: number) => Promise<void>
}

export function clockEndpoint(options: ClockEndpointOptions): SignedEndpoint {
  return adminEndpoint(async ({ method, body }) => {
    if (method === 'GET') return tell(options.clock)
    if (method === 'POST') return move(options, body)
    return refuse('UnknownOperationException', 'The clock takes GET and POST.')
  })
}

async function move({ clock, move: moveOn }: ClockEndpointOptions, body: Buffer): Promise<WireResponse> {
  if (!(clock instanceof VirtualClock))
    return refuse(
      'InvalidRequestException',
      'This Coffer runs on real time. Start it with --clock <time> to be able to move its clock.',
    )
  const input = inputSchema.safeParse(parseJson(body))
  if (!input.success)
    return refuse(
      'ValidationException',
      'Expected {"advance": "30d"}, with a duration such as 12h, PT90M or a number of seconds, or {"to": "2026-01-31T12:00:00Z"}.',
    )
  try {
    const time = 'to' in input.data ? input.data.to : clock.now() + input.data.advance
    clock.checkMove(time)
    await moveOn(clock, time)
  } catch (error) {
    if (error instanceof ClockProblem) return refuse('ValidationException', error.message)
    throw error
  }
  return tell(clock)
}

const tell = (clock: Clock): WireResponse =>
  answer({ now: new Date(clock.now()).toISOString(), virtual: clock instanceof VirtualClock })
