/**
 * The version that a test of a rotation's configuration works on: a copy of the current value under an id of its own, with AWSPENDING (SM-ROTATE-18).
 * @module
 */
import { changeSecret } from '../commit-change.ts'
import { heldBy } from '../domain/rotation-state.ts'
import type { SecretHead } from '../domain/secret.ts'
import { addPendingVersion, selectVersion, versionById } from '../domain/staging-labels.ts'
import { cleanUpVersions } from '../domain/version-clean-up.ts'
import { readSealed } from '../read-sealed.ts'
import { inline, open, seal, shownKeyArns } from '../sealing.ts'
import type { Services } from '../services.ts'
import { ownerScope } from './owner.ts'
import { secretKeyOf } from './rotation-means.ts'
import type { TaskInput } from './workflow.ts'

/**
 * @returns false when the test is nobody's business any more
 * @throws {ServiceError} where there is no current value, or a key does not serve
 */
export function copyForTest(services: Services, input: TaskInput): Promise<boolean> {
  return changeSecret(services, secretKeyOf(input), async (present) => {
    const held = heldBy(present, input)
    if (!held) return { result: false }
    const { head, running } = held
    if (versionById(head.versions, running.token)) return { result: true }
    const now = services.clock.now()
    const copy = { id: running.token, createdAt: now, ...(await sealedCopy(services, head, running.token, now)) }
    const versions = cleanUpVersions(addPendingVersion(head.versions, copy), now)
    return { result: true, change: { ...head, versions } }
  })
}

async function sealedCopy(services: Services, head: SecretHead, versionId: string, now: number) {
  const scope = ownerScope(head.key, now)
  const current = selectVersion(head.versions, {})
  const material = await open(services, {
    head,
    version: current,
    sealed: await readSealed(services, head, current),
    scope,
  })
  const { sealed, keyArn } = await seal(services, { head, versionId, material, scope })
  return { ...shownKeyArns(head, keyArn), value: inline(sealed) }
}
