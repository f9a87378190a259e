/**
 * One account out of two layers: what the identities file declares, and what the API has made. No name is in both: where the file declares what the API has made, it is left out, and
 * so is what refers to it, since the file meant its own. So nobody can hold up the rest of a file, a removal in it above all, by making something; and nobody gets what the file gives.
 * @module
 */
import type { EntityKind } from './entity-record.ts'
import { isAwsManaged } from './managed-policies.ts'
import { emptyAccount, type Account, type Policies } from './model.ts'

/** What does not fit: an entity of the file, as far as it is about one, and why. */
export interface LayerConflict {
  readonly account: string
  readonly kind?: EntityKind
  /** As the map of its kind has it. */
  readonly name?: string
  /** It is about this one of the user's access keys alone, from 0. */
  readonly accessKey?: number
  readonly message: string
}

/** Time steps of devices that the file declares, by name: the file does not know them. */
export type LastSteps = ReadonlyMap<string, number>
type Accounts = ReadonlyMap<string, Account>

export function mergeLayers(api: Account, file: Account, steps: LastSteps): Account {
  const { id } = api
  const devices = [...file.mfaDevices].map(([name, device]): [string, typeof device] => {
    const lastStep = steps.get(name)
    return [name, lastStep === undefined ? device : { ...device, lastStep }]
  })
  return {
    id,
    ...(file.organization !== undefined && { organization: file.organization }),
    users: new Map([...api.users, ...file.users]),
    groups: new Map([...api.groups, ...file.groups]),
    roles: new Map([...api.roles, ...file.roles]),
    policies: new Map([...api.policies, ...file.policies]),
    mfaDevices: new Map([...api.mfaDevices, ...devices]),
  }
}

/** The accounts of the file without what is the API's already. */
export function fittingPart(
  api: Accounts,
  file: Accounts,
): { readonly accounts: Accounts; readonly leftOut: readonly LayerConflict[] } {
  const leftOut: LayerConflict[] = []
  const keys = new Set<string>()
  for (const account of api.values())
    for (const user of account.users.values()) for (const { accessKeyId } of user.accessKeys) keys.add(accessKeyId)
  const accounts = new Map(
    [...file].map(([id, account]) => {
      const fitting = withoutClashes(api.get(id) ?? emptyAccount(id), account, leftOut)
      return [id, withoutTakenKeys(fitting, keys, leftOut)]
    }),
  )
  return { accounts, leftOut }
}

function withoutClashes(api: Account, file: Account, leftOut: LayerConflict[]): Account {
  const fit = <Entity extends { readonly name: string }>(
    kind: EntityKind,
    entities: ReadonlyMap<string, Entity>,
    lostBy: (entity: Entity) => string | undefined = () => undefined,
  ): Map<string, Entity> =>
    new Map(
      [...entities].filter(([name, entity]) => {
        const lost = api[kind].has(name) ? MADE_BY_API : lostBy(entity)
        if (lost === undefined) return true
        const message = `${NOUNS[kind]} ${JSON.stringify(entity.name)} ${lost}`
        leftOut.push({ account: api.id, kind, name, message })
        return false
      }),
    )
  const policies = fit('policies', file.policies)
  const arns = new Set([...file.policies].filter(([name]) => !policies.has(name)).map(([, { arn }]) => arn))
  const lostPolicy = (holder: Policies & { readonly boundary?: string }): string | undefined =>
    refersTo(
      'policy',
      policyReferences(holder).find((arn) => arns.has(arn)),
    )
  const groups = fit('groups', file.groups, lostPolicy)
  const serials = new Set(
    [...file.mfaDevices].filter(([name]) => api.mfaDevices.has(name)).map(([, { serialNumber }]) => serialNumber),
  )
  const users = fit(
    'users',
    file.users,
    (user) =>
      lostPolicy(user) ??
      refersTo(
        'group',
        user.groups.find((name) => !groups.has(name.toLowerCase())),
      ) ??
      refersTo(
        'MFA device',
        user.mfaDevices.find((serial) => serials.has(serial)),
      ),
  )
  const roles = fit('roles', file.roles, lostPolicy)
  // They are enabled for a name, which may be another's.
  const mfaDevices = fit('mfaDevices', file.mfaDevices, ({ user }) =>
    user !== undefined && file.users.has(user.toLowerCase()) && !users.has(user.toLowerCase())
      ? refersTo('user', user)
      : undefined,
  )
  return { ...file, policies, groups, roles, users, mfaDevices }
}

const MADE_BY_API = 'was made by the API already: delete it there, or take another name here'
const refersTo = (noun: string, name: string | undefined): string | undefined =>
  name === undefined ? undefined : `refers to ${noun} ${name}, which is left out`

/** @param keys ids that are taken; those of the file are added */
function withoutTakenKeys(file: Account, keys: Set<string>, leftOut: LayerConflict[]): Account {
  const users = new Map(
    [...file.users].map(([name, user]) => {
      const accessKeys = user.accessKeys.filter(({ accessKeyId }, accessKey) => {
        const isFree = !keys.has(accessKeyId)
        const message = 'this access key id belongs to another user already'
        if (!isFree) leftOut.push({ account: file.id, kind: 'users', name, accessKey, message })
        keys.add(accessKeyId)
        return isFree
      })
      return [name, accessKeys.length === user.accessKeys.length ? user : { ...user, accessKeys }]
    }),
  )
  return { ...file, users }
}

/** What the API has made may hang on what has left the file: until it is mended, whoever it is about is denied everything. */
export function* lostReferences(api: Account, file: Account): Iterable<LayerConflict> {
  const policyArns = new Set([...api.policies.values(), ...file.policies.values()].map(({ arn }) => arn))
  const lost = (noun: string, name: string, what: string): LayerConflict => ({
    account: api.id,
    message: `${noun} ${JSON.stringify(name)} of account ${api.id}, which the API has made, refers to ${what}, which is not here any more: who has it is denied everything`,
  })
  for (const kind of ['users', 'groups', 'roles'] as const)
    for (const holder of api[kind].values())
      for (const arn of policyReferences(holder))
        if (!isAwsManaged(arn) && !policyArns.has(arn)) yield lost(NOUNS[kind], holder.name, `policy ${arn}`)
  for (const user of api.users.values())
    for (const group of user.groups)
      if (!api.groups.has(group.toLowerCase()) && !file.groups.has(group.toLowerCase()))
        yield lost(NOUNS.users, user.name, `group ${group}`)
}

const policyReferences = ({ attached, boundary }: Policies & { readonly boundary?: string }): readonly string[] =>
  boundary === undefined ? attached : [...attached, boundary]

export const NOUNS: Readonly<Record<EntityKind, string>> = {
  users: 'User',
  groups: 'Group',
  roles: 'Role',
  policies: 'Policy',
  mfaDevices: 'MFA device',
}
