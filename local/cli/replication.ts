/**
 * `coffer replication`: what becomes of a secret's copies, whether one more will work, and what the network between the Regions of an embedded Coffer is like.
 * @module
 */
import { ConfigProblem, type Environment } from '../config.ts'
import { parseDuration } from '../duration.ts'
import { callOwn, Refusal, type CofferPlace, type PlaceFlags } from './coffer-call.ts'
import { networkAnswer, preflightAnswer, shownReplication, type ShownReplication } from './replication-answers.ts'
import { isAllWell, networkText, preflightText, statusText } from './replication-text.ts'
import { callCoffer } from './signed-call.ts'

export interface StatusFlags extends PlaceFlags {
  readonly json?: boolean
}

export interface PreflightFlags extends PlaceFlags {
  readonly to?: string
  readonly kmsKeyId?: string
  readonly overwrite?: boolean
  readonly json?: boolean
}

export interface NetworkFlags {
  readonly url?: string
  readonly lag?: string
  readonly cut?: string
  readonly heal?: boolean
  readonly json?: boolean
}

export interface Told {
  readonly text: string
  readonly isFine: boolean
}

/** @throws {ConfigProblem} {CallProblem} */
export async function replicationStatus(place: CofferPlace, secret: string, { json }: StatusFlags): Promise<Told> {
  const shown = await showReplication(place, { secret, region: place.flags.region })
  return { text: json ? jsonText(shown) : statusText(shown, secret), isFine: isAllWell(shown) }
}

/** @param asked `region`: whose view; absent: that of the place @throws {ConfigProblem} {CallProblem} */
export function showReplication(
  { flags, environment }: CofferPlace,
  { secret, region }: { readonly secret: string; readonly region: string | undefined },
): Promise<ShownReplication> {
  const there = { flags: { ...flags, ...(region !== undefined && { region }) }, environment }
  const body = { secret, ...(region !== undefined && { region }) }
  return callOwn(there, '/_coffer/replication/status', { body, schema: shownReplication })
}

/** @throws {ConfigProblem} {CallProblem} */
export async function replicationPreflight(
  { flags: { url }, environment }: CofferPlace,
  secret: string,
  { to: region, kmsKeyId, overwrite, json }: PreflightFlags,
): Promise<Told> {
  if (region === undefined) throw new ConfigProblem('--to must name the Region that shall have a replica')
  const place = { flags: { ...(url !== undefined && { url }), region }, environment }
  const body = {
    secret,
    region,
    ...(kmsKeyId !== undefined && { kmsKeyId }),
    ...(overwrite === true && { overwrite }),
  }
  const answer = await callOwn(place, '/_coffer/replication/preflight', { body, schema: preflightAnswer }).catch(
    (error: unknown) => {
      if (!isOfNoRegion(error)) throw error
      const message = `The Coffer at this URL is not in ${region}.`
      return { secret, region, isFine: false, checks: [{ check: 'region', isFine: false, message }] }
    },
  )
  return { text: json ? jsonText(answer) : preflightText(answer), isFine: answer.isFine }
}

/** A signature for a Region that is not served is no good to anybody there. */
const isOfNoRegion = (error: unknown): boolean =>
  error instanceof Refusal && error.message.includes('scoped to a valid Region')

/** @throws {ConfigProblem} {CallProblem} */
export async function replicationNetwork(flags: NetworkFlags, environment: Environment): Promise<string> {
  const body = changesOf(flags)
  const answer = await callCoffer({
    path: '/_coffer/replication/network',
    ...(body && { body }),
    flags,
    environment,
    service: 'coffer',
    schema: networkAnswer,
  })
  return flags.json ? jsonText(answer) : networkText(answer)
}

/** Undefined: only tell what it is like. */
function changesOf({ lag, cut, heal = false }: NetworkFlags): object | undefined {
  if (cut !== undefined && heal) throw new ConfigProblem('--cut and --heal were both given: expected one of them')
  const lagMs = lag === undefined ? undefined : parseDuration(lag)
  if (lag !== undefined && lagMs === undefined)
    throw new ConfigProblem(`--lag is ${JSON.stringify(lag)}, expected a duration such as 500ms or 5s`)
  const regions = cut?.split(',').map((region) => region.trim())
  if (regions?.includes(''))
    throw new ConfigProblem(`--cut is ${JSON.stringify(cut)}, expected Regions such as eu-west-1,us-east-1`)
  if (lagMs === undefined && regions === undefined && !heal) return undefined
  return {
    ...(lagMs !== undefined && { lagSeconds: lagMs / 1000 }),
    ...(heal ? { cut: [] } : regions !== undefined && { cut: regions }),
  }
}

const jsonText = (answer: object): string => `${JSON.stringify(answer, undefined, 2)}\n`
