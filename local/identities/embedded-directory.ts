/**
 * The identities of the embedded Coffer, as the policy engine asks for them. Policies are compiled when somebody needs them, and an identity is put together once for as long as its
 * account does not change.
 * @module
 */
import type { AttachedPolicy, Found, Identity, IdentityDirectory } from '../../lambda/auth/identity.ts'
import { storedPolicy } from '../../lambda/auth/policy/compiled-policy.ts'
import { identityIdOf, kindOf, type Principal } from '../../lambda/auth/principal.ts'
import { wallClock } from '../clock.ts'
import { awsManagedPolicy } from './managed-policies.ts'
import type { Account, EntityTag, IdentityStore, ManagedPolicy, Policies, Role, User } from './model.ts'

export function embeddedDirectory(store: IdentityStore, now: () => number = () => wallClock.now()): IdentityDirectory {
  const known = new WeakMap<Principal, { readonly account: Account; readonly found: Found }>()
  return {
    find(principal) {
      const account = store.account(principal.account)
      const last = known.get(principal)
      if (last?.account === account) return last.found
      const found = find(account, principal)
      known.set(principal, { account, found })
      return found
    },
    resolve(name) {
      // Nobody is a federated user before there is a session.
      if (/^arn:[^:]*:sts::\d{12}:federated-user\//.test(name)) return { kind: 'unseen' }
      const entity = name.startsWith('arn:')
        ? (roleOfSession(store, name) ?? entityByArn(store, name))
        : entityById(store, name)
      return entity === undefined ? { kind: 'missing' } : { kind: 'exists', uniqueId: entity.id }
    },
    knownAccounts: () => store.accounts(),
    async principalFor(arn) {
      return principalByArn(store, arn, now())
    },
    async *principalsOf(id) {
      const account = store.account(id)
      for (const user of account.users.values()) yield principalOfUser(account, user)
      for (const role of account.roles.values()) yield principalOfRole(account, role, { name: EXPLAINED, now: now() })
    },
  }
}

/** The session of a role that is only imagined. */
const EXPLAINED = 'explain'

/** Every user and role has its own id for ever: one of the same name that was made later is another. */
function find(account: Account, principal: Principal): Found {
  const kind = kindOf(principal)
  const { session } = principal
  if (kind === 'root') return { kind: 'root' }
  const { byId } = indexOf(account)
  const id = kind === 'federated' && session !== 'unseen' ? (session?.issuerId ?? '') : identityIdOf(principal)
  const holder = byId.get(id)
  if (holder === undefined || 'trustPolicy' in holder !== (kind === 'role-session'))
    return { kind: 'unknown', reason: `there is no identity ${id} in account ${account.id}` }
  if (session === undefined) return { kind: 'identity', identity: identityOf(account, holder) }
  if (session === 'unseen')
    return { kind: 'unknown', reason: `what the session of ${principal.arn} carries is not known` }
  const identity = identityOf(account, holder)
  // Without a session policy a federated user may do nothing (STS, GetFederationToken).
  const texts = kind === 'federated' ? (session.policies ?? []) : session.policies
  return {
    kind: 'identity',
    identity: {
      ...identity,
      arn: kind === 'federated' ? principal.arn : identity.arn,
      ...(texts && { sessionPolicies: texts.map(sessionPolicy) }),
      tags: withSessionTags(identity.tags, session.tags),
    },
  }
}

const sessionPolicy = (text: string, index: number): AttachedPolicy => ({
  source: `session policy ${index + 1}`,
  policy: storedPolicy(text, 'identity'),
})

/** Tag keys of principals are not told apart by case ("Passing session tags", IAM user guide). */
function withSessionTags(tags: readonly EntityTag[], own: Readonly<Record<string, string>> = {}): readonly EntityTag[] {
  const passed = Object.entries(own).map(([key, value]) => ({ key, value }))
  const names = new Set(passed.map(({ key }) => key.toLowerCase()))
  return [...tags.filter(({ key }) => !names.has(key.toLowerCase())), ...passed]
}

interface AccountIndex {
  readonly byId: ReadonlyMap<string, User | Role>
  readonly policies: ReadonlyMap<string, ManagedPolicy>
  readonly identities: Map<string, Identity>
}

const indices = new WeakMap<Account, AccountIndex>()

function indexOf(account: Account): AccountIndex {
  let index = indices.get(account)
  if (index === undefined) {
    index = {
      byId: new Map([...account.users.values(), ...account.roles.values()].map((holder) => [holder.id, holder])),
      policies: new Map([...account.policies.values()].map((policy) => [policy.arn, policy])),
      identities: new Map(),
    }
    indices.set(account, index)
  }
  return index
}

function identityOf(account: Account, holder: User | Role): Identity {
  const { identities } = indexOf(account)
  let identity = identities.get(holder.id)
  if (identity === undefined) {
    const { arn, id, tags, boundary } = holder
    identity = {
      arn,
      uniqueId: id,
      policies: [...policiesOf(account, holder, titleOf(holder)), ...groupPolicies(account, holder)],
      ...(boundary !== undefined && { boundary: managed(account, boundary) }),
      tags,
      areTagsCertain: true,
    }
    identities.set(holder.id, identity)
  }
  return identity
}

function groupPolicies(account: Account, holder: User | Role): AttachedPolicy[] {
  if (!('groups' in holder)) return []
  return holder.groups.flatMap((name) => {
    const group = account.groups.get(name.toLowerCase())
    return group === undefined ? [missing(`group ${name}`)] : policiesOf(account, group, `group ${group.name}`)
  })
}

function policiesOf(account: Account, { inline, attached }: Policies, title: string): AttachedPolicy[] {
  return [
    ...[...inline].map(([name, text]) => ({
      source: `inline policy "${name}" of ${title}`,
      policy: storedPolicy(text, 'identity'),
    })),
    ...attached.map((arn) => managed(account, arn)),
  ]
}

function managed(account: Account, arn: string): AttachedPolicy {
  const text = awsManagedPolicy(arn)?.document ?? defaultVersion(indexOf(account).policies.get(arn))
  return text === undefined ? missing(arn) : { source: arn, policy: storedPolicy(text, 'identity') }
}

export function defaultVersion(policy: ManagedPolicy | undefined): string | undefined {
  return policy?.versions.find(({ id }) => id === policy.defaultVersionId)?.document
}

/** It may have denied what is asked for: so it does, as a text that is no policy. */
const missing = (source: string): AttachedPolicy => ({
  source: `${source}, which is attached and does not exist here`,
  policy: storedPolicy('', 'identity'),
})

const titleOf = (holder: User | Role): string => `${'trustPolicy' in holder ? 'role' : 'user'} ${holder.name}`

function entityByArn(store: IdentityStore, arn: string): User | Role | undefined {
  const [, , service, , id = '', ...rest] = arn.split(':')
  if (service !== 'iam') return undefined
  const account = store.account(id)
  const [type, ...names] = rest.join(':').split('/')
  const name = names.at(-1)?.toLowerCase() ?? ''
  const entity = type === 'user' ? account.users.get(name) : type === 'role' ? account.roles.get(name) : undefined
  return entity?.arn === arn ? entity : undefined
}

function entityById(store: IdentityStore, id: string): User | Role | undefined {
  for (const account of store.accounts()) {
    const entity = indexOf(store.account(account)).byId.get(id)
    if (entity !== undefined) return entity
  }
  return undefined
}

function roleOfSession(store: IdentityStore, arn: string): Role | undefined {
  const [, , service, , id = '', ...rest] = arn.split(':')
  const [type, name = '', session = ''] = rest.join(':').split('/')
  return service === 'sts' && type === 'assumed-role' && session !== ''
    ? store.account(id).roles.get(name.toLowerCase())
    : undefined
}

function principalByArn(store: IdentityStore, arn: string, now: number): Principal | undefined {
  const id = arn.split(':')[4] ?? ''
  const account = store.account(id)
  if (arn === `arn:aws:iam::${id}:root` && /^\d{12}$/.test(id))
    return inOrganization({ account: id, arn, userId: id, accessKeyId: '' }, account)
  const role = roleOfSession(store, arn)
  if (role) return principalOfRole(account, role, { name: arn.split('/')[2] ?? '', now })
  const entity = entityByArn(store, arn)
  if (entity === undefined) return undefined
  return 'trustPolicy' in entity
    ? principalOfRole(account, entity, { name: EXPLAINED, now })
    : principalOfUser(account, entity)
}

function principalOfUser(account: Account, { arn, id }: User): Principal {
  return inOrganization({ account: account.id, arn, userId: id, accessKeyId: '' }, account)
}

function principalOfRole(
  account: Account,
  role: Role,
  { name, now }: { readonly name: string; readonly now: number },
): Principal {
  const arn = `arn:aws:sts::${account.id}:assumed-role/${role.name}/${name}`
  const session = { issuedAt: now }
  return inOrganization({ account: account.id, arn, userId: `${role.id}:${name}`, accessKeyId: '', session }, account)
}

const inOrganization = (principal: Principal, { organization }: Account): Principal =>
  organization === undefined ? principal : { ...principal, organization }
