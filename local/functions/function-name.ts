/**
 * How functions are named: by name, by `account:function:name`, by ARN, each with or without a qualifier (Lambda API reference, FunctionName).
 * @module
 */

export interface FunctionPlace {
  readonly account: string
  readonly region: string
}

export interface FunctionKey extends FunctionPlace {
  readonly name: string
}

/** A function as somebody named it. */
export interface FunctionReference extends FunctionKey {
  /** Version or alias; absent: none was named. */
  readonly qualifier?: string
}

/** The one version that there is. */
export const LATEST = '$LATEST'

/** @param place of who names it: what the text does not say @returns undefined for what names no function */
export function parseFunctionName(text: string, place: FunctionPlace): FunctionReference | undefined {
  const parts = NAME.exec(text)?.groups
  const name = parts?.name
  if (name === undefined) return undefined
  const { region = place.region, account = place.account, qualifier } = parts ?? {}
  return { account, region, name, ...(qualifier !== undefined && { qualifier }) }
}

export const functionArn = ({ account, region, name }: FunctionKey): string =>
  `arn:aws:lambda:${region}:${account}:function:${name}`

export const isLatest = ({ qualifier }: FunctionReference): boolean => qualifier === undefined || qualifier === LATEST

const NAME =
  /^(?:(?:arn:aws[a-z-]*:lambda:)?(?:(?<region>[a-z]{2,8}(?:-[a-z0-9]{1,16}){1,4}):)?(?<account>\d{12}):function:|function:)?(?<name>[a-zA-Z0-9-_]{1,64})(?::(?<qualifier>\$LATEST|[a-zA-Z0-9-_]{1,128}))?$/
