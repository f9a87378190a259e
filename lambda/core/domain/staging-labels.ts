/**
 * Staging labels: which version is which (behaviour 3.2). Pure transforms of a version list; a label is on at most one version (SM-LABEL-01). Labels
 * are any text, those that start with AWS included (SM-LABEL-08).
 * @module
 */
import {
  currentNotRemovable,
  emptyVersionNotCurrent,
  noStageChange,
  noVersionWithId,
  noVersionWithStage,
  removeFromMissing,
  stageNotInVersion,
  stageNotOnVersion,
  tooManyStages,
  unknownVersion,
} from './errors.ts'
import type { Version } from './secret.ts'

export const CURRENT = 'AWSCURRENT'
export const PREVIOUS = 'AWSPREVIOUS'
export const PENDING = 'AWSPENDING'
/** SM-LABEL-12 (DOC quota): labels over all versions of a secret. */
export const MAX_STAGES = 20

type Versions = readonly Version[]

export const holderOf = (versions: Versions, stage: string): Version | undefined =>
  versions.find(({ stages }) => stages.includes(stage))

export const versionById = (versions: Versions, id: string): Version | undefined =>
  versions.find((version) => version.id === id)

/**
 * The version that GetSecretValue means (behaviour 5.3).
 * @throws {ServiceError} ResourceNotFoundException, or InvalidRequestException when id and label disagree
 */
export function selectVersion(
  versions: Versions,
  { versionId, stage }: { versionId?: string | undefined; stage?: string | undefined },
): Version {
  if (versionId === undefined) {
    const holder = holderOf(versions, stage ?? CURRENT)
    if (!holder) throw noVersionWithStage(stage ?? CURRENT)
    return holder
  }
  const version = versionById(versions, versionId)
  if (!version) throw noVersionWithId(versionId)
  if (stage !== undefined && !version.stages.includes(stage)) throw stageNotOnVersion()
  return version
}

/**
 * Adds a new version with the labels asked for. The first version of a secret is AWSCURRENT whatever was asked (SM-LABEL-11). When
 * the new version becomes AWSCURRENT the former one becomes AWSPREVIOUS (SM-LABEL-02) and loses AWSPENDING (SM-LABEL-05), and keeps its custom
 * labels (SM-LABEL-03); when it does not, AWSCURRENT stays where it is (SM-LABEL-07).
 * @throws {ServiceError} LimitExceededException over 20 labels (SM-LABEL-12)
 */
export function addVersion(versions: Versions, version: Omit<Version, 'stages'>, asked: readonly string[]): Versions {
  const stages = new Set(asked)
  // A version without a value, which a rotation began and left, is none.
  if (!hasValue(versions)) stages.add(CURRENT)
  const becomesCurrent = stages.delete(CURRENT)
  let next: Versions = [...versions, { ...version, stages: [] }]
  for (const stage of stages) next = attach(next, stage, version.id)
  if (becomesCurrent) next = attach(withoutPendingOnCurrent(next), CURRENT, version.id)
  return checkCount(next)
}

/** Whether there is a version that can be read. */
export const hasValue = (versions: Versions): boolean => versions.some(({ value }) => value.kind !== 'none')

function withoutPendingOnCurrent(versions: Versions): Versions {
  return versions.map((version) => (version.stages.includes(CURRENT) ? without(version, PENDING) : version))
}

/**
 * A version of a rotation, empty or a copy, with AWSPENDING: unlike others it does not become AWSCURRENT by being the first (SM-ROTATE-11).
 * @throws {ServiceError} LimitExceededException over 20 labels, those counted that there will be when it becomes current: a rotation must not come to that after it has changed a database
 */
export function addPendingVersion(versions: Versions, version: Omit<Version, 'stages'>): Versions {
  const added = attach([...versions, { ...version, stages: [] }], PENDING, version.id)
  checkCount(attach(added, CURRENT, version.id))
  return added
}

/** Takes AWSPENDING from this version, if it has it. */
export const withoutPending = (versions: Versions, id: string): Versions =>
  versions.map((version) =>
    version.id === id && version.stages.includes(PENDING) ? without(version, PENDING) : version,
  )

/** SM-ROTATE-06: the version that a rotation has begun and not finished: it has AWSPENDING and not AWSCURRENT. */
export function incompleteVersion(versions: Versions): Version | undefined {
  const holder = holderOf(versions, PENDING)
  return holder?.stages.includes(CURRENT) === true ? undefined : holder
}

export interface StageMove {
  readonly stage: string
  readonly moveTo?: string | undefined
  readonly removeFrom?: string | undefined
}

/**
 * UpdateSecretVersionStage (behaviour 5.7): attaches, moves or detaches one label (SM-LABEL-15). AWSPENDING stays on a version that is
 * promoted (SM-LABEL-04).
 * @throws {ServiceError} InvalidParameterException, LimitExceededException
 */
export function moveStage(versions: Versions, { stage, moveTo, removeFrom }: StageMove): Versions {
  if (moveTo === undefined && removeFrom === undefined) throw noStageChange()
  const target = moveTo === undefined ? undefined : versionById(versions, moveTo)
  if (moveTo !== undefined && !target) throw unknownVersion(moveTo)
  if (removeFrom !== undefined && !versionById(versions, removeFrom)) throw unknownVersion(removeFrom)
  const holder = holderOf(versions, stage)
  if (removeFrom !== undefined && holder?.id !== removeFrom) throw stageNotInVersion(stage, removeFrom)
  if (!target) {
    if (stage === CURRENT) throw currentNotRemovable()
    return detach(versions, stage)
  }
  // UNK: suggested as a success without change.
  if (holder === target) return versions
  if (holder && removeFrom === undefined) throw removeFromMissing(stage, holder.id)
  if (stage === CURRENT && target.value.kind === 'none') throw emptyVersionNotCurrent(target.id)
  return checkCount(attach(versions, stage, target.id))
}

/** Puts a label on a version and takes it from its former holder; AWSCURRENT takes AWSPREVIOUS along (SM-LABEL-02), a custom label does not (SM-LABEL-09). */
function attach(versions: Versions, stage: string, id: string): Versions {
  const former = holderOf(versions, stage)
  if (former?.id === id) return versions
  const moved = detach(versions, stage).map((version) => (version.id === id ? withStage(version, stage) : version))
  return stage === CURRENT && former ? attach(moved, PREVIOUS, former.id) : moved
}

function detach(versions: Versions, stage: string): Versions {
  return versions.map((version) => (version.stages.includes(stage) ? without(version, stage) : version))
}

const withStage = (version: Version, stage: string): Version => ({
  ...version,
  stages: [...version.stages, stage].sort(),
})

const without = (version: Version, stage: string): Version => ({
  ...version,
  stages: version.stages.filter((held) => held !== stage),
})

function checkCount(versions: Versions): Versions {
  const count = versions.reduce((sum, { stages }) => sum + stages.length, 0)
  if (count > MAX_STAGES) throw tooManyStages()
  return versions
}
