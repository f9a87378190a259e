/**
 * Whom a policy names, looked up when it is attached: one who later gets the name of a deleted one gets nothing by it.
 * @module
 */
import type { IdentityDirectory } from '../identity.ts'
import type { Policy } from './policy.ts'
import type { NamedPrincipal } from './principal-element.ts'

export interface Pinning {
  readonly directory: Pick<IdentityDirectory, 'resolve'>
  /** What is thrown for one that does not exist. */
  readonly missing: (name: string) => Error
  /** Refuses by throwing what the service takes for no principal. */
  readonly check?: (named: NamedPrincipal) => void
}

/** @returns unique ids by ARN, of users and roles and of the roles of sessions, as far as they are seen: see ResourcePolicy */
export async function pinPrincipals(
  { statements }: Policy,
  { directory, missing, check }: Pinning,
): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>()
  for (const one of statements.flatMap(({ principal }) => principal?.named ?? [])) {
    check?.(one)
    const name = nameOf(one)
    if (name === undefined || ids.has(name)) continue
    const resolution = await directory.resolve(name)
    if (resolution.kind === 'missing') throw missing(name)
    // A unique id says by itself who is meant.
    if (resolution.kind === 'exists' && one.type !== 'unique-id') ids.set(name, resolution.uniqueId)
  }
  return ids
}

/** Undefined for who is nobody in particular. */
function nameOf(one: NamedPrincipal): string | undefined {
  if (one.type === 'unique-id') return one.id
  return one.type === 'entity' || one.type === 'session' ? one.arn : undefined
}
