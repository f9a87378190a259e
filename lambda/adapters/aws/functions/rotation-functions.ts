/**
 * Which functions a deployment may have rotate secrets: as the config says, by default every one of its account and Region. Never its own, which trust their event (invoking one is as good as full
 * access); but for managed rotation, which is made for it. The worker's role says the same (lib/grants.ts).
 * @module
 */
import { parseFunctionArn } from '../../../core/domain/function-arn.ts'

export interface RotationFunctions {
  readonly region: string
  readonly account: string
  /** ARN of the deployment's own function for managed rotation. */
  readonly managedArn: string
  /** Names of the deployment's other functions. */
  readonly isOwnName: (name: string) => boolean
  /** Names of functions of this account and Region, with `*` for any part, and ARNs of others. */
  readonly allowed: readonly string[]
}

/** `managed`: the deployment's own. */
export type Standing = 'managed' | 'allowed' | 'refused'

export function standingOf(
  arn: string,
  { managedArn, account, region, isOwnName, allowed }: RotationFunctions,
): Standing {
  const parsed = parseFunctionArn(arn)
  if (parsed === undefined) return 'refused'
  if (parsed.unqualified === managedArn) return parsed.qualifier === undefined ? 'managed' : 'refused'
  const isHere = parsed.account === account && parsed.region === region
  if (isHere && isOwnName(parsed.name)) return 'refused'
  const isListed = allowed.some((pattern) =>
    pattern.startsWith('arn:')
      ? pattern === parsed.unqualified || pattern === arn
      : isHere && namePattern(pattern).test(parsed.name),
  )
  return isListed ? 'allowed' : 'refused'
}

const namePattern = (pattern: string): RegExp => new RegExp(`^${pattern.replaceAll(/\*+/g, '.*')}$`)
