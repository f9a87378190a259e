/**
 * One account out of two layers: what the identities file declares, and what the API has made. No name is in both, and nothing refers to what is in neither.
 * @module
 */
import { ENTITY_KINDS, type EntityKind } from './entity-record.ts'
import { isAwsManaged } from './managed-policies.ts'
import type { Account, Policies } from './model.ts'

/** Why the file cannot be taken: an entity of the file, as far as it is about one, and what is wrong. */
export interface LayerConflict {
  readonly account: string
  readonly kind?: EntityKind
  /** As the map of its kind has it. */
  readonly name?: string
  readonly message: string
}

/** Time steps of devices that the file declares, by name: the file does not know them. */
export type LastSteps = ReadonlyMap<string, number>

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

export function conflictsOf(api: Account, file: Account): LayerConflict[] {
  return [...clashes(api, file), ...lostReferences(api, file)]
}

function* clashes(api: Account, file: Account): Iterable<LayerConflict> {
  for (const kind of ENTITY_KINDS)
    for (const [name, { name: shown }] of file[kind])
      if (api[kind].has(name))
        yield {
          account: api.id,
          kind,
          name,
          message: `${NOUNS[kind]} ${JSON.stringify(shown)} was made by the API already: delete it there, or take another name here`,
        }
}

/** What the API has made may hang on the file: that cannot go before it. */
function* lostReferences(api: Account, file: Account): Iterable<LayerConflict> {
  const policyArns = new Set([...api.policies.values(), ...file.policies.values()].map(({ arn }) => arn))
  const lost = (noun: string, name: string, what: string): LayerConflict => ({
    account: api.id,
    message: `${noun} ${JSON.stringify(name)}, which the API has made, refers to ${what}, which is not here any more`,
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
