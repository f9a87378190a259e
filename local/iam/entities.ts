/**
 * Finding users, groups, roles and policies in an account, and putting changed ones back. IAM does not tell their names apart by case.
 * @module
 */
import { newUniqueId, type IdPrefix } from '../identities/access-keys.ts'
import { awsManagedPolicy, isAwsManaged } from '../identities/managed-policies.ts'
import type { Account, Group, ManagedPolicy, MfaDevice, Role, User } from '../identities/model.ts'
import type { IamMeans, Target, Targets } from './call.ts'
import * as failures from './failures.ts'

export const keyOf = (name: string): string => name.toLowerCase()

export interface Holders {
  readonly user: User
  readonly group: Group
  readonly role: Role
}
export type HolderKind = keyof Holders

const MAPS = { user: 'users', group: 'groups', role: 'roles' } as const

export function findHolder<Kind extends HolderKind>(
  account: Account,
  kind: Kind,
  name: string,
): Holders[Kind] | undefined {
  const map: ReadonlyMap<string, Holders[HolderKind]> = account[MAPS[kind]]
  return map.get(keyOf(name)) as Holders[Kind] | undefined
}

/** @throws {QueryError} NoSuchEntity */
export function requireHolder<Kind extends HolderKind>(account: Account, kind: Kind, name: string): Holders[Kind] {
  const found = findHolder(account, kind, name)
  if (!found) throw failures.noSuch(kind, name)
  return found
}

export const requireUser = (account: Account, name: string): User => requireHolder(account, 'user', name)
export const requireGroup = (account: Account, name: string): Group => requireHolder(account, 'group', name)
export const requireRole = (account: Account, name: string): Role => requireHolder(account, 'role', name)

/** Under its name; `formerName` is taken away. */
export function withHolder<Kind extends HolderKind>(
  account: Account,
  kind: Kind,
  { holder, formerName }: { readonly holder: Holders[Kind]; readonly formerName?: string },
): Account {
  const map = new Map<string, Holders[HolderKind]>(account[MAPS[kind]])
  if (formerName !== undefined) map.delete(keyOf(formerName))
  return { ...account, [MAPS[kind]]: map.set(keyOf(holder.name), holder) }
}

export const withUser = (account: Account, holder: User): Account => withHolder(account, 'user', { holder })
export const withGroup = (account: Account, holder: Group): Account => withHolder(account, 'group', { holder })
export const withRole = (account: Account, holder: Role): Account => withHolder(account, 'role', { holder })

export function withoutHolder(account: Account, kind: HolderKind, name: string): Account {
  const map = new Map<string, Holders[HolderKind]>(account[MAPS[kind]])
  map.delete(keyOf(name))
  return { ...account, [MAPS[kind]]: map }
}

/** What policies call a user, group or role, whether or not there is one. */
export function holderTarget(account: Account, kind: HolderKind, name: string): Target {
  const found = findHolder(account, kind, name)
  // As it was asked for: another spelling would tell that there is one.
  const shown = `${kind} ${name}`
  if (!found) return { arn: arnIn(account, kind, `/${name}`), shown }
  return { arn: found.arn, id: found.id, shown, ...('tags' in found && { tags: found.tags }) }
}

export interface Renaming {
  readonly name: string
  readonly newName: string | undefined
  readonly newPath: string | undefined
}

/** Who changes a name or a path must be allowed to do so on the ARN that is and on the one that will be (IAM API reference, UpdateUser and UpdateGroup). */
export function renamedTargets(
  account: Account,
  kind: 'user' | 'group',
  { name, newName, newPath }: Renaming,
): Targets {
  const present = holderTarget(account, kind, name)
  if (newName === undefined && newPath === undefined) return [present]
  const found = findHolder(account, kind, name)
  const arn = arnIn(account, kind, (newPath ?? found?.path ?? '/') + (newName ?? found?.name ?? name))
  return [present, { ...present, arn, shown: `${kind} ${newName ?? name}` }]
}

/** @param pathAndName begins with a slash */
export const arnIn = ({ id }: Pick<Account, 'id'>, kind: HolderKind | 'policy' | 'mfa', pathAndName: string): string =>
  `arn:aws:iam::${id}:${kind}${pathAndName}`

export const newId = ({ entropy }: IamMeans, prefix: IdPrefix): string => newUniqueId(prefix, entropy)

// Managed policies

/** One of the account, or one of AWS that is known here, as the same thing. */
export function findPolicy(account: Account, arn: string): ManagedPolicy | undefined {
  if (isAwsManaged(arn)) return awsPolicy(arn)
  const found = account.policies.get(keyOf(arn.slice(arn.lastIndexOf('/') + 1)))
  return found?.arn === arn ? found : undefined
}

/** @throws {QueryError} NoSuchEntity */
export function requirePolicy(account: Account, arn: string): ManagedPolicy {
  const found = findPolicy(account, arn)
  if (!found) throw failures.noSuchPolicy(arn)
  return found
}

/** One that may be changed. @throws {QueryError} NoSuchEntity, AccessDenied */
export function requireOwnPolicy(account: Account, arn: string): ManagedPolicy {
  if (isAwsManaged(arn)) throw failures.awsOwned(arn)
  return requirePolicy(account, arn)
}

export const withPolicy = (account: Account, policy: ManagedPolicy): Account => ({
  ...account,
  policies: new Map(account.policies).set(keyOf(policy.name), policy),
})

export const policyTarget = (account: Account, arn: string): Target => ({
  arn: findPolicy(account, arn)?.arn ?? arn,
  shown: `policy ${arn}`,
  tags: findPolicy(account, arn)?.tags ?? [],
})

/** When AWS made them is of no use here. */
const AWS_POLICY_DATE = Date.UTC(2015, 1, 6)

export function awsPolicy(arn: string): ManagedPolicy | undefined {
  const known = awsManagedPolicy(arn)
  return (
    known && {
      origin: 'file',
      id: `ANPA${Buffer.from(known.name).toString('hex').toUpperCase().slice(0, 16).padEnd(16, 'A')}`,
      name: known.name,
      path: known.path,
      arn,
      createdAt: AWS_POLICY_DATE,
      tags: [],
      versions: [{ id: 'v1', document: known.document, createdAt: AWS_POLICY_DATE }],
      defaultVersionId: 'v1',
    }
  )
}

// MFA devices

export function findDevice({ mfaDevices }: Account, serialNumber: string): MfaDevice | undefined {
  for (const device of mfaDevices.values()) if (device.serialNumber === serialNumber) return device
  return undefined
}

export const withDevice = (account: Account, device: MfaDevice): Account => ({
  ...account,
  mfaDevices: new Map(account.mfaDevices).set(device.name, device),
})
