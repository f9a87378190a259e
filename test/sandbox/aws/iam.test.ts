import {
  IAMClient,
  GetAccountAuthorizationDetailsCommand,
  paginateGetAccountAuthorizationDetails,
} from '@aws-sdk/client-iam'
import type { GetAccountAuthorizationDetailsResponse } from '@aws-sdk/client-iam'
import { IamService } from '../../../sandbox/aws/iam.ts'
import { HttpListener } from '../../../sandbox/http.ts'
import { withRoles } from '../../../sandbox/iam/listed-account.ts'
import { judgedByProxy } from '../../../sandbox/aws/judged-by-proxy.ts'
import { wallClock } from '../../../local/clock.ts'
import { iamEndpoint } from '../../../local/iam/iam-service.ts'
import { emptyAccount, type Account, type IdentityStore } from '../../../local/identities/model.ts'
import { MfaVerifier } from '../../../local/identities/mfa.ts'
import { Throttle } from '../../../local/identities/throttle.ts'
import type { Role } from '../../../sandbox/iam/role.ts'
import { entropy } from '../../support/keyring-fixture.ts'
import { definitionOf } from '../support/fixture-functions.ts'
import { ACCOUNT, REGION } from '../support/fixture-stack.ts'

const document = (Sid: string): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Sid, Effect: 'Allow', Action: 'a:B', Resource: "*'(é) +" }] })
const entity = (kind: string, name: string, path = '/') => ({
  origin: 'api' as const,
  id: `${kind.toUpperCase()}ID${name}`,
  name,
  path,
  arn: `arn:aws:iam::${ACCOUNT}:${kind}${path}${name}`,
  createdAt: Date.UTC(2026, 0, 2, 3, 4, 5),
})
const keyed = <T extends { readonly name: string }>(...entities: T[]) =>
  new Map(entities.map((each) => [each.name.toLowerCase(), each]))
const policy = entity('policy', 'Reading', '/team/')
const account: Account = {
  ...emptyAccount(ACCOUNT),
  users: keyed({
    ...entity('user', 'Alice', '/team/'),
    inline: new Map([['own', document('Own')]]),
    attached: [policy.arn, 'arn:aws:iam::aws:policy/ReadOnlyAccess'],
    boundary: policy.arn,
    tags: [{ key: 'team', value: '<a&b>' }],
    groups: ['Staff'],
    accessKeys: [
      { accessKeyId: 'AKIAALICE', secretAccessKey: 'hidden', status: 'Active', createdAt: 0, origin: 'api' },
    ],
    mfaDevices: [],
  }),
  groups: keyed({ ...entity('group', 'Staff'), inline: new Map([['g', document('Group')]]), attached: [] }),
  roles: keyed({
    ...entity('role', 'Reader', '/team/'),
    inline: new Map([['r', document('Role')]]),
    attached: [policy.arn],
    tags: [],
    trustPolicy: document('Trust'),
    maxSessionSeconds: 3600,
  }),
  policies: keyed({
    ...policy,
    description: 'reads',
    tags: [],
    defaultVersionId: 'v2',
    versions: ['v1', 'v2'].map((id) => ({ id, document: document(id), createdAt: 0 })),
  }),
}

let listed = account
const caller = definitionOf('identity')
const store: IdentityStore = {
  accounts: () => [ACCOUNT],
  account: (id) => (id === ACCOUNT ? listed : emptyAccount(id)),
  change: () => Promise.reject(new Error('nothing is changed here')),
}
const serviceWith = (...roles: Role[]): IamService => {
  const identities = {
    store: withRoles(store, roles),
    authorizer: judgedByProxy,
    mfa: new MfaVerifier({ store, now: Date.now }),
    passwordAttempts: new Throttle({ now: Date.now }),
  }
  return new IamService({ wire: iamEndpoint({ identities, entropy, now: Date.now, clock: wallClock }).serve, entropy })
}
let service = serviceWith()
const requestOf = (url: string, body: string, method = 'POST') => ({
  method,
  url,
  headers: {},
  body: Buffer.from(body),
  region: 'us-east-1',
  caller,
})

let listener: HttpListener
let client: IAMClient
let asked = 0
beforeAll(async () => {
  listener = new HttpListener({
    bodyLimit: 10_000,
    onFault: (fault) => {
      throw fault
    },
    answer: async ({ message, body }, response) => {
      asked++
      const answer = await service.read(requestOf(message.url ?? '', body.toString('utf8')))!.perform()
      response.writeHead(answer.status, answer.headers).end(answer.body)
    },
  })
  const credentials = { accessKeyId: 'AKIA', secretAccessKey: 'x' }
  client = new IAMClient({ endpoint: await listener.listen(), region: 'us-east-1', credentials, maxAttempts: 1 })
})
afterAll(async () => {
  client.destroy()
  await listener.close()
})
beforeEach(() => {
  listed = account
  service = serviceWith()
  asked = 0
})
const decoded = (text: string | undefined): string => decodeURIComponent(text ?? '')

it('the stock client reads users, groups, roles and policies with everything that decides on them', async () => {
  const all = await client.send(new GetAccountAuthorizationDetailsCommand({}))
  expect(all).toMatchObject({ IsTruncated: false })
  expect(all.UserDetailList).toMatchObject([
    {
      UserName: 'Alice',
      UserId: 'USERIDAlice',
      Path: '/team/',
      Arn: `arn:aws:iam::${ACCOUNT}:user/team/Alice`,
      CreateDate: new Date('2026-01-02T03:04:05Z'),
      GroupList: ['Staff'],
      AttachedManagedPolicies: [
        { PolicyName: 'Reading', PolicyArn: policy.arn },
        { PolicyName: 'ReadOnlyAccess', PolicyArn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' },
      ],
      PermissionsBoundary: { PermissionsBoundaryType: 'PermissionsBoundaryPolicy', PermissionsBoundaryArn: policy.arn },
      Tags: [{ Key: 'team', Value: '<a&b>' }],
    },
  ])
  expect(decoded(all.UserDetailList?.[0]?.UserPolicyList?.[0]?.PolicyDocument)).toBe(document('Own'))
  expect(all.GroupDetailList).toMatchObject([{ GroupName: 'Staff', GroupId: 'GROUPIDStaff' }])
  expect(decoded(all.GroupDetailList?.[0]?.GroupPolicyList?.[0]?.PolicyDocument)).toBe(document('Group'))
  const [role] = all.RoleDetailList ?? []
  expect(role).toMatchObject({ RoleName: 'Reader', RoleId: 'ROLEIDReader', Path: '/team/' })
  expect(decoded(role?.AssumeRolePolicyDocument)).toBe(document('Trust'))
  expect(all.Policies).toMatchObject([
    {
      PolicyName: 'Reading',
      Arn: policy.arn,
      DefaultVersionId: 'v2',
      AttachmentCount: 2,
      PermissionsBoundaryUsageCount: 1,
      PolicyVersionList: [
        { VersionId: 'v1', IsDefaultVersion: false },
        { VersionId: 'v2', IsDefaultVersion: true },
      ],
    },
  ])
  expect(decoded(all.Policies?.[0]?.PolicyVersionList?.[1]?.Document)).toBe(document('v2'))
  expect(JSON.stringify(all)).not.toContain('hidden')
})

it('documents are encoded as RFC 3986 has it, with nothing left that XML or a URL could mistake', async () => {
  const answer = await service
    .read(requestOf('/', 'Action=GetAccountAuthorizationDetails&Version=2010-05-08'))!
    .perform()
  const [, encoded] = /<PolicyDocument>([^<]*)</.exec(answer.body) ?? []
  expect(encoded).toMatch(/^[A-Za-z0-9%._~-]+$/)
})

it('pages follow each other without a gap, also when somebody has come or gone in between', async () => {
  const names = (page: GetAccountAuthorizationDetailsResponse): (string | undefined)[] => [
    ...(page.UserDetailList ?? []).map(({ UserName }) => UserName),
    ...(page.GroupDetailList ?? []).map(({ GroupName }) => GroupName),
    ...(page.RoleDetailList ?? []).map(({ RoleName }) => RoleName),
    ...(page.Policies ?? []).map(({ PolicyName }) => PolicyName),
  ]
  const seen: (string | undefined)[] = []
  for await (const page of paginateGetAccountAuthorizationDetails({ client, pageSize: 1 }, {})) {
    seen.push(...names(page))
    listed = { ...account, groups: new Map() }
  }
  expect(seen).toEqual(['Staff', 'Reading', 'Reader', 'Alice'])
  expect(asked).toBe(4)
})

it('filters leave what is asked for, roles of the templates are among it', async () => {
  const role = { ...caller.role, arn: `arn:aws:iam::${ACCOUNT}:role/test/identity` }
  service = serviceWith(role, { ...role, account: '999999999999', name: 'elsewhere' })
  const { RoleDetailList, UserDetailList, Policies } = await client.send(
    new GetAccountAuthorizationDetailsCommand({ Filter: ['Role'] }),
  )
  expect(RoleDetailList?.map(({ Arn, Path }) => [Arn, Path])).toEqual([
    [`arn:aws:iam::${ACCOUNT}:role/test/identity`, '/test/'],
    [`arn:aws:iam::${ACCOUNT}:role/team/Reader`, '/team/'],
  ])
  expect([UserDetailList, Policies]).toEqual([[], []])
})

it('asks for the one right that the call takes; anything else of IAM is not here', () => {
  const read = (body: string, method?: string) => service.read(requestOf('/', body, method))
  expect(read('Action=GetAccountAuthorizationDetails&Version=2010-05-08')?.needs).toEqual([
    { action: 'iam:GetAccountAuthorizationDetails', resource: '*' },
  ])
  for (const body of ['Action=ListUsers&Version=2010-05-08', '']) expect(read(body)).toBeUndefined()
  expect(read('Action=GetAccountAuthorizationDetails&Version=2010-05-08', 'GET')).toBeUndefined()
})

it.each([{ MaxItems: 0 }, { MaxItems: 1001 }, { Filter: ['Everything' as 'User'] }])('%j is refused', async (input) => {
  await expect(client.send(new GetAccountAuthorizationDetailsCommand(input))).rejects.toMatchObject({
    name: 'ValidationError',
    $metadata: { httpStatusCode: 400 },
  })
})

it('faults and denials are worded as the query protocol words them', () => {
  expect(service.error(400, 'Throttling', 'Rate exceeded').body).toContain('<Code>Throttling</Code>')
  expect(service.error(403, 'AccessDeniedException', 'no').body).toContain('<Code>AccessDenied</Code>')
  expect(service.signingRegions).not.toContain(REGION)
})
