/**
 * A key that was made for a commit which did not come about, as far as can be told.
 * @module
 */
import type { SecretKey } from '../domain/secret.ts'
import type { ReplicationMeans } from './replication-means.ts'

/**
 * The commit may have landed although its answer was another, and somebody may have built on it: a key that the head names stays. So does one of which that can't be found out: a key too many is found by the sweeper, one too
 * few is a lost secret.
 */
export async function giveBackUnused(
  { store, keys, noteFault }: Pick<ReplicationMeans, 'store' | 'keys' | 'noteFault'>,
  { key, keyArn }: { readonly key: SecretKey; readonly keyArn: string | undefined },
): Promise<void> {
  if (keyArn === undefined) return
  const stored = await store.load(key).catch(() => 'unknown' as const)
  if (stored === 'unknown' || stored?.head.serviceKeyArn === keyArn) return
  await keys.retireServiceKey(keyArn).catch(noteFault)
}
