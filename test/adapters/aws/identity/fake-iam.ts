/**
 * An account as IAM tells of it, page by page.
 * @module
 */
import type {
  GetAccountAuthorizationDetailsCommand,
  GetAccountAuthorizationDetailsResponse,
  GroupDetail,
  ManagedPolicyDetail,
  RoleDetail,
  UserDetail,
} from '@aws-sdk/client-iam'

export const ACCOUNT = '123456789012'
export const userArn = (name: string, path = '/'): string => `arn:aws:iam::${ACCOUNT}:user${path}${name}`
export const roleArn = (name: string, path = '/'): string => `arn:aws:iam::${ACCOUNT}:role${path}${name}`
export const managedArn = (name: string): string => `arn:aws:iam::${ACCOUNT}:policy/${name}`
export const sessionArn = (role: string, session = 's'): string =>
  `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${session}`

export const allow = (action: string, resource = '*'): object => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: action, Resource: resource }],
})

export const encoded = (policy: object): string => encodeURIComponent(JSON.stringify(policy))

export const inline = (name: string, policy: object) => ({ PolicyName: name, PolicyDocument: encoded(policy) })
export const attached = (arn: string) => ({ PolicyName: arn.split('/').at(-1) ?? '', PolicyArn: arn })

export const trusting = (...actions: string[]): string =>
  encoded({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: actions, Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } }],
  })

export const user = (name: string, id: string, rest: Partial<UserDetail> = {}): UserDetail => ({
  UserName: name,
  UserId: id,
  Arn: userArn(name),
  ...rest,
})

export const role = (name: string, id: string, rest: Partial<RoleDetail> = {}): RoleDetail => ({
  RoleName: name,
  RoleId: id,
  Arn: roleArn(name),
  AssumeRolePolicyDocument: trusting('sts:AssumeRole'),
  ...rest,
})

/** With an older version beside the one in force. */
export const managedPolicy = (arn: string, policy: object): ManagedPolicyDetail => ({
  PolicyName: arn.split('/').at(-1) ?? '',
  Arn: arn,
  DefaultVersionId: 'v2',
  PolicyVersionList: [
    { VersionId: 'v1', Document: encoded(allow('*')), IsDefaultVersion: false },
    { VersionId: 'v2', Document: encoded(policy), IsDefaultVersion: true },
  ],
})

export const ALICE = 'AIDAALICEALICEALICE00'
export const APP = 'AROAAPPAPPAPPAPPAPP00'

export class FakeIam {
  users: UserDetail[] = [user('alice', ALICE)]
  roles: RoleDetail[] = [role('app', APP)]
  groups: GroupDetail[] = []
  policies: ManagedPolicyDetail[] = []
  pageSize = 100
  /** Thrown instead of an answer, one by one. */
  readonly failures: Error[] = []
  /** Runs before each answer. */
  before: () => unknown = () => undefined
  calls = 0

  async send({ input }: GetAccountAuthorizationDetailsCommand): Promise<GetAccountAuthorizationDetailsResponse> {
    this.calls++
    await this.before()
    const failure = this.failures.shift()
    if (failure !== undefined) throw failure
    const all = [
      ...this.users.map((one) => ['UserDetailList', one] as const),
      ...this.groups.map((one) => ['GroupDetailList', one] as const),
      ...this.roles.map((one) => ['RoleDetailList', one] as const),
      ...this.policies.map((one) => ['Policies', one] as const),
    ]
    const from = Number(input.Marker ?? 0)
    const next = from + Math.min(this.pageSize, input.MaxItems ?? 100)
    const page: Record<string, unknown[]> = {}
    for (const [list, one] of all.slice(from, next)) (page[list] ??= []).push(one)
    return { ...page, ...(next < all.length && { IsTruncated: true, Marker: String(next) }) }
  }
}

export const throttling = (): Error => Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' })
