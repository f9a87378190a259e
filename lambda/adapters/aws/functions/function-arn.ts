/**
 * ARNs of Lambda functions, taken apart.
 * @module
 */

export interface FunctionArn {
  readonly region: string
  readonly account: string
  readonly name: string
  /** A version or an alias. */
  readonly qualifier?: string
  /** Without the qualifier. */
  readonly unqualified: string
}

/** Undefined: it is none. */
export function parseFunctionArn(text: string): FunctionArn | undefined {
  const [, unqualified, region, account, name, qualifier] = FUNCTION.exec(text) ?? []
  if (unqualified === undefined || region === undefined || account === undefined || name === undefined) return undefined
  return { region, account, name, unqualified, ...(qualifier !== undefined && { qualifier }) }
}

const FUNCTION =
  /^(arn:aws[a-z-]*:lambda:([a-z0-9-]+):(\d{12}):function:([A-Za-z0-9_-]{1,140}))(?::(\$LATEST|[A-Za-z0-9_-]{1,128}))?$/
