/**
 * Adding a version with a value: the common part of PutSecretValue and UpdateSecret (behaviour 3.2 to 3.4).
 * @module
 */
import { tokenInUse } from './domain/errors.ts'
import { arnOf } from './domain/names.ts'
import { randomFraction } from './domain/random-id.ts'
import { manuallyChanged, type Abandoned } from './domain/rotation-state.ts'
import type { SecretHead, Version } from './domain/secret.ts'
import type { SecretMaterial } from './domain/secret-material.ts'
import { addVersion, CURRENT, hasValue, PENDING, versionById } from './domain/staging-labels.ts'
import { cleanUpVersions } from './domain/version-clean-up.ts'
import type { OperationName } from './model/secrets-manager.types.generated.ts'
import type { SecretCall } from './operation.ts'
import { keyScopeOf } from './key-scope.ts'
import { rotationEnded } from './rotation/end-rotation.ts'
import { isSameValue } from './same-value.ts'
import { inline, seal, sealingKeyOf, shownKeyArns } from './sealing.ts'

export interface VersionWrite {
  /** The head to add to; its key seals the value. */
  readonly head: SecretHead
  readonly token: string
  readonly material: SecretMaterial
  readonly stages: readonly string[]
}

export interface WrittenVersion {
  readonly head: SecretHead
  /** The rotation, or the test of one, that the new version has put an end to. */
  readonly abandoned?: Abandoned
}

/**
 * @returns the head with the new version; undefined when the token's version has this very value already and nothing is to be written (SM-TOKEN-04)
 * @throws {ServiceError} ResourceExistsException when the token's version has another value; LimitExceededException; key trouble
 */
export async function writeVersion<N extends OperationName>(
  call: SecretCall<N>,
  write: VersionWrite,
): Promise<WrittenVersion | undefined> {
  const { head: before, token, material, stages } = write
  // As it is stored, under the key that it is stored under: `head` may have it sealed again already.
  const existing = versionById(call.secret.head.versions, token)
  if (existing && existing.value.kind !== 'none') {
    if (await isSameValue(call, existing, material)) return undefined
    throw tokenInUse(token, arnOf(before))
  }
  refuseLeftBehind(before, existing, token)
  // SM-TOKEN-07: a value under a new token is a new version, also when it is the same value.
  const version = await sealedVersion(call, write)
  const moment = { now: call.now, fraction: randomFraction(call.services.entropy) }
  const isCurrent = stages.includes(CURRENT) || !hasValue(before.versions)
  const { head, abandoned } = manuallyChanged(before, { ...moment, versionId: token, isCurrent })
  // SM-TOKEN-06: the empty version that a rotation made takes the value, and keeps its place in time.
  const others = head.versions.filter(({ id }) => id !== token)
  const asked = existing ? [...existing.stages, ...stages] : stages
  const dated = { ...version, createdAt: existing?.createdAt ?? call.now }
  const versions = cleanUpVersions(addVersion(others, dated, asked), call.now)
  // SM-DATE-01
  return { head: { ...head, versions, changedAt: call.now }, ...(abandoned !== undefined && { abandoned }) }
}

/**
 * The empty version of a rotation that was abandoned or aborted takes no value any more: a function that is late would have AWSPENDING back. Nor does that of a test, before or after its copy is made.
 * @param existing of the token, without a value
 * @throws {ServiceError} ResourceExistsException
 */
function refuseLeftBehind({ rotation, ...head }: SecretHead, existing: Version | undefined, token: string): void {
  const { running, pending } = rotation ?? {}
  const isOfTest = running?.kind === 'test' && running.token === token
  const isLeft =
    existing !== undefined && !existing.stages.includes(PENDING) && running?.token !== token && pending !== token
  if (isOfTest || isLeft) throw tokenInUse(token, arnOf(head))
}

/** SM-LABEL-06: what is left to do after the commit. */
export const afterWriting = (
  { services }: Pick<SecretCall<OperationName>, 'services'>,
  { abandoned }: WrittenVersion,
): ((head: SecretHead) => Promise<void>) | undefined =>
  abandoned &&
  ((head) =>
    rotationEnded(services, head, {
      versionId: abandoned.versionId,
      result: 'abandoned',
      tell: abandoned.kind === 'test' ? 'TestRotationFailed' : 'RotationAbandoned',
    }))

async function sealedVersion<N extends OperationName>(
  { once, services, context }: SecretCall<N>,
  { head, token, material }: VersionWrite,
): Promise<Omit<Version, 'stages' | 'createdAt'>> {
  const scope = keyScopeOf(context, head)
  const { sealed, keyArn } = await once(`seal ${arnOf(head)} ${sealingKeyOf(head).keyId}`, () =>
    seal(services, { head, versionId: token, material, scope }),
  )
  return { id: token, ...shownKeyArns(head, keyArn), value: inline(sealed) }
}
