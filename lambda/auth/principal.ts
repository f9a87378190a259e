/**
 * Who is asking: what authentication proved about the caller of one request.
 * @module
 */
export interface Principal {
  /** Twelve digits. */
  readonly account: string
  /** ARN of the user, the assumed-role session, the federated-user session or the account root. */
  readonly arn: string
  /** The unique id (AIDA..., AROA...:session, the account for its root) that policies and audit records name. */
  readonly userId: string
  readonly accessKeyId: string
  /** Id (`o-...`) of the organisation that the account is in; absent: none; `unseen`: not told here. */
  readonly organization?: string
  /** Of temporary credentials; absent: long-term ones, which carry nothing beside. `unseen`: temporary, and what they carry is not told here (on AWS). */
  readonly session?: Session | 'unseen'
}

/** What temporary credentials carry beside the name of their owner. */
export interface Session {
  /** Epoch milliseconds of wall time, as all times here. */
  readonly issuedAt: number
  /** When an MFA code was accepted for it; absent: none was. */
  readonly mfaAt?: number
  readonly tags?: Readonly<Record<string, string>>
  /** Texts of the session policies that were passed when it was made; absent: none, and nothing is limited. */
  readonly policies?: readonly string[]
  readonly sourceIdentity?: string
  /** Keys of the tags that a further session, made with this one, takes over. */
  readonly transitiveTagKeys?: readonly string[]
  /** Of a federated-user session: the unique id of the user who made it, whose policies are its own. */
  readonly issuerId?: string
}

/** `federated`: a session of GetFederationToken. `other`: an ARN that is none of these. */
export type PrincipalKind = 'root' | 'user' | 'role-session' | 'federated' | 'other'

export function kindOf({ arn }: Pick<Principal, 'arn'>): PrincipalKind {
  const [, , service, , , resource = ''] = arn.split(':')
  if (service === 'iam') return resource === 'root' ? 'root' : resource.startsWith('user/') ? 'user' : 'other'
  if (service !== 'sts') return 'other'
  if (resource.startsWith('assumed-role/')) return 'role-session'
  return resource.startsWith('federated-user/') ? 'federated' : 'other'
}

/** The unique id of the user or role behind the credentials: the part before the session name. */
export const identityIdOf = ({ userId }: Pick<Principal, 'userId'>): string => userId.split(':', 1)[0] ?? userId
