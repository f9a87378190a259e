/**
 * Identities in memory, for tests of the core: users and role sessions with policies given as objects.
 * @module
 */
import type { AttachedPolicy, Found, Identity, IdentityDirectory, Resolution } from '../../lambda/auth/identity.ts'
import { compilePolicy } from '../../lambda/auth/policy/compile-policy.ts'
import { identityIdOf, type Principal, type Session } from '../../lambda/auth/principal.ts'

export interface PolicyStatement {
  readonly Effect?: 'Allow' | 'Deny'
  readonly Action?: string | readonly string[]
  readonly Resource?: string | readonly string[]
  readonly [element: string]: unknown
}

export interface IdentityWish {
  readonly account?: string
  /** Statements; what is left out is `Effect: Allow` and `Resource: *`. */
  readonly allow?: readonly PolicyStatement[]
  readonly boundary?: readonly PolicyStatement[]
  readonly sessionPolicy?: readonly PolicyStatement[]
  readonly tags?: Readonly<Record<string, string>>
  readonly session?: Session | 'unseen'
  /** By default one that is made from the name. */
  readonly uniqueId?: string
}

export const document = (statements: readonly PolicyStatement[]): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: statements.map((statement) => ({
      Effect: 'Allow',
      ...(!('NotResource' in statement) && { Resource: '*' }),
      ...statement,
    })),
  })

export class MemoryDirectory implements IdentityDirectory {
  readonly #identities = new Map<string, Identity>()
  readonly #principals: Principal[] = []
  /** Accounts whose callers are of another deployment: seen by API Gateway alone. */
  readonly represented = new Set<string>()

  user(name: string, wish: IdentityWish = {}): Principal {
    const { account = '123456789012' } = wish
    return this.#add(`arn:aws:iam::${account}:user/${name}`, wish.uniqueId ?? `AIDA${idOf(account + name)}`, wish)
  }

  /** @returns a session of the role, called `session` */
  role(name: string, wish: IdentityWish = {}): Principal {
    const { account = '123456789012' } = wish
    const principal = this.#add(
      `arn:aws:iam::${account}:role/${name}`,
      wish.uniqueId ?? `AROA${idOf(account + name)}`,
      wish,
    )
    const bare = name.split('/').at(-1) ?? name
    return {
      ...principal,
      arn: `arn:aws:sts::${account}:assumed-role/${bare}/session`,
      userId: `${principal.userId}:session`,
    }
  }

  find(principal: Principal): Found {
    if (this.represented.has(principal.account)) return { kind: 'represented' }
    if (principal.arn.endsWith(':root')) return { kind: 'root' }
    const identity = this.#identities.get(identityIdOf(principal))
    return identity ? { kind: 'identity', identity } : { kind: 'unknown', reason: 'nobody knows this principal' }
  }

  resolve(name: string): Resolution {
    const arn = name.replace(/:sts::(\d+):assumed-role\/([^/]+)\/.*/, ':iam::$1:role/$2')
    const identity = [...this.#identities.values()].find((each) => each.arn === arn || each.uniqueId === name)
    if (identity) return { kind: 'exists', uniqueId: identity.uniqueId }
    return this.represented.has(arn.split(':')[4] ?? '') ? { kind: 'unseen' } : { kind: 'missing' }
  }

  async principalFor(arn: string): Promise<Principal | undefined> {
    return this.#principals.find((principal) => principal.arn === arn)
  }

  async *principalsOf(account: string): AsyncIterable<Principal> {
    for (const principal of this.#principals) if (principal.account === account) yield principal
  }

  #add(arn: string, uniqueId: string, wish: IdentityWish): Principal {
    const { account = '123456789012', allow = [], boundary, sessionPolicy, tags = {}, session } = wish
    this.#identities.set(uniqueId, {
      arn,
      uniqueId,
      policies: allow.length === 0 ? [] : [attached(`policy of ${arn}`, allow)],
      ...(boundary && { boundary: attached(`boundary of ${arn}`, boundary) }),
      ...(sessionPolicy && { sessionPolicies: [attached(`session policy of ${arn}`, sessionPolicy)] }),
      tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
      areTagsCertain: true,
    })
    const principal: Principal = {
      account,
      arn,
      userId: uniqueId,
      accessKeyId: 'AKIATEST',
      ...(session && { session }),
    }
    this.#principals.push(principal)
    return principal
  }
}

const attached = (source: string, statements: readonly PolicyStatement[]): AttachedPolicy => ({
  source,
  policy: compilePolicy(document(statements), 'identity'),
})

const idOf = (text: string): string => Buffer.from(text).toString('hex').toUpperCase().slice(-16).padStart(16, '0')
