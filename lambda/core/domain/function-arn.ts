/**
 * ARNs of Lambda functions, taken apart.
 * @module
 */
import { partitionOf } from './names.ts'

export interface FunctionArn {
  readonly region: string
  readonly account: string
  readonly name: string
  /** A version or an alias; absent for $LATEST. */
  readonly qualifier?: string
  /** Without the qualifier. */
  readonly unqualified: string
  /** As policies are asked about it: with the qualifier, but for $LATEST. */
  readonly canonical: string
}

/** Undefined: it is none. A name alone, and an ARN of the wrong partition, would be other texts for what policies know by its ARN. */
export function parseFunctionArn(text: string): FunctionArn | undefined {
  const [, unqualified, partition, region, account, name, given] = FUNCTION.exec(text) ?? []
  if (unqualified === undefined || region === undefined || account === undefined || name === undefined) return undefined
  if (partition !== partitionOf(region)) return undefined
  const qualifier = given === '$LATEST' ? undefined : given
  const base = { region, account, name, unqualified }
  return qualifier === undefined
    ? { ...base, canonical: unqualified }
    : { ...base, qualifier, canonical: `${unqualified}:${qualifier}` }
}

const FUNCTION =
  /^(arn:(aws[a-z-]*):lambda:([a-z0-9-]+):(\d{12}):function:([A-Za-z0-9_-]{1,140}))(?::(\$LATEST|[A-Za-z0-9_-]{1,128}))?$/
