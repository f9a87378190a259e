/**
 * `coffer rotation`: what a rotation did, and what to do about it.
 * @module
 */
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { ConfigProblem } from '../config.ts'
import { parseDuration } from '../duration.ts'
import { callOperation, callRotation, Refusal, type CofferPlace, type PlaceFlags } from './coffer-call.ts'
import { abortedRotation, resumedRotation, shownRotation, type ShownRotation } from './rotation-answers.ts'
import { follow, type FollowMeans } from './rotation-follow.ts'
import { moment, textOf, timeline } from './rotation-timeline.ts'
import { CallProblem } from './signed-call.ts'

export interface ShowFlags extends PlaceFlags {
  readonly json?: boolean
  readonly all?: boolean
}

export interface FollowFlags extends PlaceFlags {
  /** false: --no-wait. */
  readonly wait?: boolean
  readonly timeout?: string
}

type Printing = Pick<FollowMeans, 'print'>

/** @throws {ConfigProblem} {CallProblem} */
export async function showRotation(place: CofferPlace, secret: string, { json, all }: ShowFlags): Promise<string> {
  const shown = await show(place, secret)
  return json ? `${JSON.stringify(shown, undefined, 2)}\n` : timeline(shown, { given: secret, all: all === true })
}

/** @returns whether it succeeded, as far as it was waited for @throws {ConfigProblem} {CallProblem} */
export async function resumeRotation(
  place: CofferPlace,
  secret: string,
  { flags, print }: Printing & { readonly flags: FollowFlags },
): Promise<boolean> {
  const waitMs = waitOf(flags)
  const before = waitMs === undefined ? undefined : await show(place, secret)
  const { versionId, from } = await callRotation(place, 'resume', { secret, schema: resumedRotation })
  print(textOf([`Going on with version ${versionId} at ${from}.`]))
  if (waitMs === undefined) return true
  const runs = before?.rotations.flatMap(({ attempts }) => attempts.map(({ run }) => run)) ?? []
  return follow(place, { secret, versionId, afterRun: Math.max(0, ...runs) }, { print, waitMs })
}

/** @throws {ConfigProblem} {CallProblem} */
export async function abortRotation(place: CofferPlace, secret: string): Promise<string> {
  const { versionId, isEnabled, plannedStart } = await callRotation(place, 'abort', {
    secret,
    schema: abortedRotation,
  })
  const next = plannedStart === undefined ? 'none is planned' : `the next one is planned for ${moment(plannedStart)}`
  return textOf([
    `Given up: version ${versionId} has no AWSPENDING any more.`,
    'What it may have changed in a database stays changed: see that AWSCURRENT still logs in.',
    ...(isEnabled
      ? [`Rotation is on, and ${next}; to rotate now:`, `  coffer rotation run ${secret}`]
      : ['Rotation is off; to turn it on and rotate:', `  coffer rotate enable ${secret}`]),
  ])
}

const described = z.object({ RotationEnabled: z.boolean().optional(), RotationRules: z.object({}).optional() })

/**
 * RotateSecret as it is set up: at once, or (`isTest`) the test of the configuration alone.
 * @returns whether it succeeded, as far as it was waited for
 * @throws {ConfigProblem} {CallProblem}
 */
export async function runRotation(
  place: CofferPlace,
  secret: string,
  { flags, isTest, print }: Printing & { readonly flags: FollowFlags; readonly isTest: boolean },
): Promise<boolean> {
  const waitMs = waitOf(flags)
  const { RotationEnabled: isOn = false, RotationRules: rules } = await callOperation(place, 'DescribeSecret', {
    input: { SecretId: secret },
    schema: described,
  })
  // RotateSecret would turn it on.
  if (!isOn)
    throw new CallProblem(
      `Rotation of ${secret} is off. Turn it on with: coffer rotate enable ${secret}${rules ? '' : ' --every 30d'}${isTest ? ' --not-now' : ''}`,
    )
  const input = { SecretId: secret, ...(isTest && { RotateImmediately: false }) }
  try {
    return await requestRotation(place, input, { print, waitMs })
  } catch (error) {
    if (!isUnseen(error)) throw error
    throw new CallProblem(`${UNSEEN} Ask for --no-wait to do without.`, { cause: error })
  }
}

/** It was begun, and only how it goes is not for this caller to see. */
export const isUnseen = (error: unknown): boolean =>
  error instanceof Refusal && error.message.includes('coffer:ShowRotation')

export const UNSEEN = 'It cannot be shown how it goes: that takes a permission for coffer:ShowRotation.'

const rotated = z.object({ VersionId: z.string() })

/** Calls RotateSecret and follows what it starts. @param waitMs undefined: it is not waited for @returns whether it succeeded */
export async function requestRotation(
  place: CofferPlace,
  input: { readonly SecretId: string; readonly RotateImmediately?: boolean } & Readonly<Record<string, unknown>>,
  { print, waitMs }: Printing & { readonly waitMs: number | undefined },
): Promise<boolean> {
  const request = { ...input, ClientRequestToken: randomUUID() }
  const { VersionId: versionId } = await callOperation(place, 'RotateSecret', {
    input: request,
    schema: rotated,
  }).catch((error: unknown) => {
    throw withAdvice(error, input.SecretId)
  })
  const what = input.RotateImmediately === false ? 'Test with version' : 'Rotation to version'
  print(textOf([`${what} ${versionId}`]))
  if (waitMs === undefined) return true
  return follow(place, { secret: input.SecretId, versionId, afterRun: 0 }, { print, waitMs })
}

/** SM-ROTATE-06: what the API leaves unsaid. */
function withAdvice(error: unknown, secret: string): unknown {
  if (!(error instanceof Refusal) || !error.message.includes("previous rotation isn't complete")) return error
  const advice = [
    error.message,
    `  what failed: coffer rotation show ${secret}`,
    `  go on with it: coffer rotation resume ${secret}`,
    `  give it up: coffer rotation abort ${secret}`,
  ]
  return new CallProblem(advice.join('\n'), { cause: error })
}

const show = (place: CofferPlace, secret: string): Promise<ShownRotation> =>
  callRotation(place, 'show', { secret, schema: shownRotation })

/** @returns milliseconds; undefined: not to be waited for @throws {ConfigProblem} */
export function waitOf({ wait = true, timeout = '30m' }: FollowFlags): number | undefined {
  const waitMs = parseDuration(timeout)
  if (waitMs === undefined)
    throw new ConfigProblem(`--timeout is ${JSON.stringify(timeout)}, expected a duration such as 90s or 30m`)
  return wait ? waitMs : undefined
}
