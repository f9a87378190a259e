/**
 * The secret that a SecretId means.
 * @module
 */
import type { SecretReference } from './domain/names.ts'
import type { StoredSecret } from './ports/secret-store.ts'
import type { Services } from './services.ts'

export interface LookedUp {
  readonly secret: StoredSecret | undefined
  /** The name belongs to a secret whose purge has begun. */
  readonly isReserved: boolean
}

/** None when the ARN is of an earlier incarnation, or when only the purge is left to do. */
export async function lookUp({ store }: Pick<Services, 'store'>, { key, suffix }: SecretReference): Promise<LookedUp> {
  const secret = await store.load(key)
  const isReserved = secret?.head.state === 'purging'
  const isMeant = secret !== undefined && !isReserved && (suffix === undefined || suffix === secret.head.suffix)
  return { secret: isMeant ? secret : undefined, isReserved }
}
