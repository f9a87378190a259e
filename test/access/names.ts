/**
 * The names of one case: what texts of policies, inputs and messages have in braces.
 * @module
 */
import type { CallerPlan } from './access-case.ts'

/** What the deployment of a sandbox has too. */
export const HOME = '111122223333'
export const FRIENDS = '444455556666'
/** Both accounts are in it. */
export const ORGANIZATION = 'o-friendsofcoffer'

export interface Names {
  /** Of the case: also the name of its user, role, group and device. */
  readonly id: string
  readonly region: string
  readonly account: string
  readonly friends: string
  readonly organization: string
  /** ARN of the admin. */
  readonly admin: string
  /** Of the user or role, with its path. */
  readonly caller: string
  /** As the caller's own ARN is: of the user or of the session. */
  readonly me: string
  readonly name: string
  /** As policies name a secret: the name and any suffix. */
  readonly secret: string
  /** Full ARN; of a secret that is not there, one that it could have. */
  readonly arn: string
  /** Full ARN of the other secret. */
  readonly second: string
  /** What is written. */
  readonly value: string
}

export const SESSION_NAME = 'now'

export function callerNames(id: string, { kind, account, path = '/' }: CallerPlan): Pick<Names, 'caller' | 'me'> {
  const owner = account === 'friends' ? FRIENDS : HOME
  const own = `arn:aws:iam::${owner}:user${path}${id}`
  switch (kind) {
    case 'admin': {
      const arn = `arn:aws:iam::${HOME}:user/admin`
      return { caller: arn, me: arn }
    }
    case 'role':
      return {
        caller: `arn:aws:iam::${owner}:role${path}${id}`,
        me: `arn:aws:sts::${owner}:assumed-role/${id}/${SESSION_NAME}`,
      }
    case 'federated':
      return { caller: own, me: `arn:aws:sts::${owner}:federated-user/${id}` }
    case 'user':
    case 'session':
      return { caller: own, me: own }
  }
}

export const nameOf = (id: string): string => `access/${id}`
export const secondNameOf = (id: string): string => `access/second/${id}`

/** Policy variables (`${...}`) are left alone. */
export function fill(text: string, names: Partial<Names>): string {
  return text.replaceAll(/(?<!\$)\{([a-z]+)\}/g, (whole, name: string) => {
    const value = Object.entries(names).find(([key]) => key === name)?.[1]
    if (value === undefined) throw new Error(`nothing is called ${whole} here`)
    return value
  })
}

export const filled = <T>(value: T, names: Partial<Names>): T => JSON.parse(fill(JSON.stringify(value), names)) as T
