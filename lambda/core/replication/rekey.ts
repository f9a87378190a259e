/**
 * Gives a promoted secret a key of its own (design section 8: promotion flips a flag and re-keys afterwards). Until then it is sealed under a multi-Region replica of the former primary's key, whose material is the same: whoever
 * destroys that primary's key must not have to think of this secret, nor its backups be opened by this one's.
 * @module
 */
import { arnOf } from '../domain/names.ts'
import type { SecretHead, Version } from '../domain/secret.ts'
import { readSealed } from '../read-sealed.ts'
import { ownerScope } from '../rotation/owner.ts'
import { inline, open, seal, translated } from '../sealing.ts'
import { commitHead } from './commit-head.ts'
import { giveBackUnused } from './give-back-unused.ts'
import type { ReplicationMeans } from './replication-means.ts'

/** @returns undefined when another writer was first @throws {ServiceError} the secret stays as it is, readable */
export async function rekey(means: ReplicationMeans, own: SecretHead): Promise<SecretHead | undefined> {
  const { borrowsKey: _borrowed, ...replication } = own.replication ?? {}
  const former = own.serviceKeyArn
  const scope = ownerScope(own.key, means.clock.now())
  if (former === undefined) return commitHead(means, { previous: own, change: { ...own, replication } })
  // A late purge of an earlier copy may have retired it: nothing could be opened then.
  await translated('decrypt', () => means.keys.reviveServiceKey(former, { onlyEnding: true }))
  const serviceKeyArn = await translated('encrypt', () => means.keys.serviceKey({ secretArn: arnOf(own), scope }))
  const rekeyed: SecretHead = { ...own, serviceKeyArn, replication }
  const versions = await allResealed().catch(async (error: unknown) => {
    await means.keys.retireServiceKey(serviceKeyArn).catch(means.noteFault)
    throw error
  })
  // An error here may have come after the commit: the key is left to the sweeper then.
  const head = await commitHead(means, { previous: own, change: { ...rekeyed, versions } })
  if (head) await means.keys.retireServiceKey(former).catch(means.noteFault)
  else await giveBackUnused(means, { key: own.key, keyArn: serviceKeyArn })
  return head

  async function allResealed(): Promise<readonly Version[]> {
    const done: Version[] = []
    for (const version of own.versions) done.push(await resealed(version))
    return done
  }

  /** Versions under a customer's key stay under it. */
  async function resealed(version: Version): Promise<Version> {
    if (version.value.kind === 'none' || version.keyArns) return version
    const material = await open(means, { head: own, version, sealed: await readSealed(means, own, version), scope })
    const { kmsKeyId: _customer, ...underService } = rekeyed
    const { sealed } = await seal(means, { head: underService, versionId: version.id, material, scope })
    return { ...version, value: inline(sealed) }
  }
}
