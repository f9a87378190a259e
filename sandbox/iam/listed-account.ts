/**
 * The deployment's account as IAM lists it: the callers' identities, and the roles of the templates.
 * @module
 */
import type { Account, IdentityStore, Role as ListedRole } from '../../local/identities/model.ts'
import type { Role } from './role.ts'

export const withRoles = (store: IdentityStore, roles: readonly Role[]): IdentityStore => ({
  accounts: () => store.accounts(),
  account: (id) => listedAccount(store.account(id), roles),
  change: (id, work) => store.change(id, work),
})

function listedAccount(account: Account, roles: readonly Role[]): Account {
  const own = roles.filter((role) => role.account === account.id)
  return {
    ...account,
    roles: new Map([...own.map((role) => [role.name.toLowerCase(), listed(role)] as const), ...account.roles]),
  }
}

const listed = ({ arn, name, id, policies, trustPolicy }: Role): ListedRole => ({
  origin: 'file',
  id,
  name,
  path: arn.slice(arn.indexOf('/'), arn.length - name.length),
  arn,
  createdAt: 0,
  inline: new Map(policies.map(({ source, text }) => [source, text])),
  attached: [],
  tags: [],
  trustPolicy,
  maxSessionSeconds: 3600,
})
