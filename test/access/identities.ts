/**
 * The identities that the cases call as, in the form of an identities file: everybody may call the API itself unless the case says otherwise, and nobody may do anything else.
 * @module
 */
import { hash, randomBytes } from 'node:crypto'
import { systemEntropy } from '../../lambda/adapters/system-entropy.ts'
import type { AccessKey } from '../../local/identities/access-keys.ts'
import { newSeed } from '../../local/identities/totp.ts'
import type { CallerPlan, Json, Statement } from './access-case.ts'
import { callerNames, filled, FRIENDS, HOME, nameOf, ORGANIZATION, secondNameOf, type Names } from './names.ts'

export interface Planned {
  readonly id: string
  readonly caller: CallerPlan
}

/** What a caller signs with. */
export interface Secrets {
  readonly accessKey: AccessKey
  /** Of the MFA device. */
  readonly seed?: string
}

export interface Identities {
  readonly document: Json
  readonly secrets: ReadonlyMap<string, Secrets>
  /** Who may assume every role; one in each account. */
  readonly assumers: Readonly<Record<string, AccessKey>>
}

const ASSUMER = 'assumer'

export function identitiesFor(cases: readonly Planned[], region: string): Identities {
  const secrets = new Map(cases.map(({ id, caller }) => [id, secretsOf(id, caller)]))
  const assumers: Readonly<Record<string, AccessKey>> = {
    [HOME]: keyFor(`${HOME}${ASSUMER}`),
    [FRIENDS]: keyFor(`${FRIENDS}${ASSUMER}`),
  }
  const accountFor = (account: string): Json => {
    const parts = cases
      .filter(({ caller }) => (caller.account === 'friends' ? FRIENDS : HOME) === account)
      .map((planned) => partsOf(planned, { region, secrets: secrets.get(planned.id)! }))
    return {
      organization: ORGANIZATION,
      users: {
        [ASSUMER]: { accessKeys: keysIn(assumers[account]!) },
        ...merged(parts, 'users'),
      },
      groups: merged(parts, 'groups'),
      roles: merged(parts, 'roles'),
      policies: merged(parts, 'policies'),
    }
  }
  return { document: { accounts: { [HOME]: accountFor(HOME), [FRIENDS]: accountFor(FRIENDS) } }, secrets, assumers }
}

interface Parts {
  readonly users?: Json
  readonly groups?: Json
  readonly roles?: Json
  readonly policies?: Json
}

const merged = (parts: readonly Parts[], member: keyof Parts): Json => {
  const all: Record<string, unknown> = {}
  for (const part of parts) Object.assign(all, part[member])
  return all
}

function partsOf(
  { id, caller }: Planned,
  { region, secrets }: { readonly region: string; readonly secrets: Secrets },
): Parts {
  const { kind, account, path, inline, group, managed, boundary, tags, mayCallApi = true } = caller
  if (kind === 'admin') return {}
  const names = knownNames(id, caller, region)
  const policy = (statements: readonly Statement[]): Json =>
    filled({ Version: '2012-10-17', Statement: statements }, names)
  const [limit, attached] = [`${id}-boundary`, `${id}-managed`]
  const holder = {
    ...(path !== undefined && { path }),
    policies: {
      ...(mayCallApi && { api: policy([CALL_API]) }),
      ...(inline !== undefined && inline.length > 0 && { own: policy(inline) }),
    },
    ...(managed && { managedPolicies: [attached] }),
    ...(boundary && { boundary: limit }),
    ...(tags && { tags }),
  }
  const trust = policy([
    {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${account === 'friends' ? FRIENDS : HOME}:user/${ASSUMER}` },
      // A role whose sessions may have tags of their own is another thing on AWS.
      Action: [
        'sts:AssumeRole',
        'sts:SetSourceIdentity',
        ...(caller.sessionTags === undefined ? [] : ['sts:TagSession']),
      ],
    },
  ])
  const asUser = {
    ...holder,
    ...(group && { groups: [id] }),
    accessKeys: keysIn(secrets.accessKey),
    ...(secrets.seed !== undefined && { mfaDevices: { [id]: { seed: secrets.seed } } }),
  }
  return {
    ...(kind === 'role' ? { roles: { [id]: { ...holder, trust } } } : { users: { [id]: asUser } }),
    ...(group && { groups: { [id]: { policies: { shared: policy(group) } } } }),
    policies: {
      ...(managed && { [attached]: { document: policy(managed) } }),
      ...(boundary && { [limit]: { document: policy([CALL_API, ...boundary]) } }),
    },
  }
}

/** What a policy can say before there is a secret. */
export const knownNames = (id: string, caller: CallerPlan, region: string): Omit<Names, 'arn' | 'value'> => ({
  id,
  region,
  account: HOME,
  friends: FRIENDS,
  organization: ORGANIZATION,
  admin: `arn:aws:iam::${HOME}:user/admin`,
  ...callerNames(id, caller),
  name: nameOf(id),
  secret: `arn:aws:secretsmanager:${region}:${HOME}:secret:${nameOf(id)}-??????`,
  second: `arn:aws:secretsmanager:${region}:${HOME}:secret:${secondNameOf(id)}-??????`,
})

/** API Gateway asks for it; the embedded server knows no such action. */
const CALL_API: Statement = { Effect: 'Allow', Action: 'execute-api:Invoke', Resource: '*' }

function secretsOf(id: string, { hasMfa }: CallerPlan): Secrets {
  return { accessKey: keyFor(id), ...(hasMfa === true && { seed: newSeed(systemEntropy) }) }
}

const keyFor = (name: string): AccessKey => ({
  accessKeyId: `AKIA${hash('sha256', name).slice(0, 16).toUpperCase()}`,
  secretAccessKey: randomBytes(30).toString('base64'),
})

const keysIn = ({ accessKeyId, secretAccessKey }: AccessKey): readonly Json[] => [
  { id: accessKeyId, secret: secretAccessKey },
]
