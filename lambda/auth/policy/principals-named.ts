/**
 * Whom a policy names, for checks that those exist.
 * @module
 */
import type { Policy } from './policy.ts'
import type { NamedPrincipal } from './principal-element.ts'

/** As written, each once. */
export interface NamedPrincipals {
  /** `*`, accounts (as 12 digits), ARNs and unique ids. */
  readonly aws: readonly string[]
  readonly services: readonly string[]
  /** Federated and canonical users. */
  readonly others: readonly string[]
}

/** Of Principal and NotPrincipal elements alike. */
export function principalsNamedIn({ statements }: Policy): NamedPrincipals {
  const named = statements.flatMap(({ principal }) => principal?.named ?? [])
  const namesOf = (...types: readonly NamedPrincipal['type'][]): readonly string[] => [
    ...new Set(named.filter(({ type }) => types.includes(type)).map(nameOf)),
  ]
  return {
    aws: namesOf('everyone', 'account', 'entity', 'session', 'unique-id'),
    services: namesOf('service'),
    others: namesOf('federated', 'canonical-user'),
  }
}

function nameOf(principal: NamedPrincipal): string {
  switch (principal.type) {
    case 'everyone':
      return '*'
    case 'account':
      return principal.account
    case 'entity':
    case 'session':
      return principal.arn
    case 'unique-id':
      return principal.id
    case 'service':
    case 'federated':
    case 'canonical-user':
      return principal.name
  }
}
