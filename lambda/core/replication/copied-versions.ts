/**
 * The versions of a copy: those that it has already stay, the others are opened where they are and sealed again here, under the copy's own key and ARN.
 * @module
 */
import { MAX_STAGES } from '../domain/staging-labels.ts'
import type { SecretHead, Version } from '../domain/secret.ts'
import type { KeyAccessMeans } from '../key-access.ts'
import type { AccessScope } from '../key-scope.ts'
import { KeyFailure } from '../ports/key-service.ts'
import { readSealed } from '../read-sealed.ts'
import { inline, seal, shownKeyArns } from '../sealing.ts'
import type { Services } from '../services.ts'
import { openElsewhere } from './open-elsewhere.ts'
import { SourceKeyTrouble } from './troubles.ts'

/** Calls of the key service at the same time. */
const AT_ONCE = 8

export type CopyMeans = Pick<Services, 'store' | 'entropy'> & KeyAccessMeans

export interface Copying {
  readonly source: SecretHead
  /** The copy, as far as it is known: ARN and keys. */
  readonly copy: SecretHead
  /** Versions that are here already, sealed for the copy. */
  readonly present: readonly Version[]
  readonly scope: AccessScope
  /** Also a version without a label must have its value: nobody else will have it. */
  readonly isStrict?: boolean
  /** The id that a version gets here; by default its own. */
  readonly idFor?: (version: Version) => string
}

/**
 * In the source's order, with its labels. A version without a label whose value can't be had, such as one under a key that was deleted, is copied without.
 * @throws {ValueMissing} a value has not arrived yet
 * @throws {SourceKeyTrouble} @throws {ServiceError}
 */
export async function copiedVersions(means: CopyMeans, copying: Copying): Promise<readonly Version[]> {
  const { versions } = copying.source
  const copied: Version[] = []
  for (let index = 0; index < versions.length; index += AT_ONCE)
    copied.push(
      ...(await Promise.all(versions.slice(index, index + AT_ONCE).map((each) => copiedVersion(means, copying, each)))),
    )
  return copied
}

async function copiedVersion(means: CopyMeans, copying: Copying, version: Version): Promise<Version> {
  const { createdAt, stages } = version
  const id = copying.idFor?.(version) ?? version.id
  const present = copying.present.find((each) => each.id === id && each.createdAt === createdAt)
  // One without a label may have a value here that its primary has not.
  if (present && (version.value.kind === 'none' ? isEmptyOrUnlabelled(present, stages) : present.value.kind !== 'none'))
    return { ...present, stages }
  if (version.value.kind === 'none') return { id, createdAt, stages, value: { kind: 'none' } }
  try {
    return { id, createdAt, stages, ...(await sealedAgain(means, copying, { version, id })) }
  } catch (error) {
    // A value that is missing is on its way.
    const isLost = error instanceof SourceKeyTrouble && !isPassing(error.cause)
    if (stages.length > 0 || copying.isStrict || !isLost) throw error
    return { id, createdAt, stages, value: { kind: 'none' } }
  }
}

async function sealedAgain(
  means: CopyMeans,
  { source, copy, scope }: Copying,
  { version, id }: { readonly version: Version; readonly id: string },
): Promise<Pick<Version, 'value' | 'keyArns'>> {
  const sealedThere = await readSealed(means, source, version)
  const material = await openElsewhere(means, {
    head: source,
    version,
    sealed: sealedThere,
    ownKeyArn: copy.serviceKeyArn,
    scope,
  }).catch((error: unknown) => {
    throw new SourceKeyTrouble(error)
  })
  const { sealed, keyArn } = await seal(means, { head: copy, versionId: id, material, scope })
  return { ...shownKeyArns(copy, keyArn), value: inline(sealed) }
}

const isEmptyOrUnlabelled = ({ value }: Version, stages: readonly string[]): boolean =>
  value.kind === 'none' || stages.length === 0

/** Neither the key nor the value is at fault, and the next attempt may do better. */
const isPassing = (cause: unknown): boolean => !(cause instanceof KeyFailure) || cause.kind === 'throttled'

/** Whether one more label has room on a secret. */
export const hasRoomForStage = (versions: readonly Version[]): boolean =>
  versions.reduce((sum, { stages }) => sum + stages.length, 0) < MAX_STAGES
