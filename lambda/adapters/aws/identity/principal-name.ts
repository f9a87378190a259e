/**
 * Users and roles by the name that is theirs alone in an account: IAM tells neither paths nor cases of letters apart when it makes one. The ARN of a session has that name and nothing
 * else of its role.
 * @module
 */

export interface PrincipalName {
  readonly partition: string
  readonly account: string
  readonly kind: 'user' | 'role'
  /** As the ARN has it. */
  readonly name: string
  /** Of the session, where the ARN is of one. */
  readonly session?: string
}

const ENTITY = /^arn:([a-z0-9-]+):iam::(\d{12}):(user|role)\/(?:[!-~]+\/)?([\w+=,.@-]+)$/
const SESSION = /^arn:([a-z0-9-]+):sts::(\d{12}):assumed-role\/([\w+=,.@-]+)\/([\w+=,.@-]+)$/

/** @returns undefined for the ARN of anything but a user, a role or a session of one */
export function principalNameIn(arn: string): PrincipalName | undefined {
  const [, partition = '', account = '', kind, name = ''] = ENTITY.exec(arn) ?? []
  if (kind === 'user' || kind === 'role') return { partition, account, kind, name }
  const [, ofPartition = '', ofAccount = '', role, session] = SESSION.exec(arn) ?? []
  if (role === undefined || session === undefined) return undefined
  return { partition: ofPartition, account: ofAccount, kind: 'role', name: role, session }
}
