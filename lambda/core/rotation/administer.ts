/**
 * What people do about a rotation beside the API: look at what it did, go on from where it failed, give it up.
 * @module
 */
import { changeSecret } from '../commit-change.ts'
import { arnOf } from '../domain/names.ts'
import { aborted, requested, type RotatingHead } from '../domain/rotation-state.ts'
import { incompleteVersion } from '../domain/staging-labels.ts'
import type { RotationStep } from '../ports/functions.ts'
import { administeredSecret, sameSecret, shownSecret, type AdministrationCall } from './administered-secret.ts'
import { nothingToAbort } from './administration-errors.ts'
import { presentRotation, type ShownRotation } from './present-rotation.ts'
import { editRecord, recordEnded } from './recorder.ts'
import { resumableVersion, stepToResume } from './resumption.ts'
import { tellRotation } from './rotation-event.ts'
import { momentOf } from './rotation-means.ts'
import type { RotationRecord } from './rotation-record.ts'

/** Also of a secret that is to be deleted: what went wrong may be why. @throws {ServiceError} also for a secret whose rotation was never set up */
export async function showRotation(call: AdministrationCall): Promise<ShownRotation> {
  const head = await shownSecret(call)
  const { store, clock, functions } = call.services
  const records = await store.rotations(head)
  return presentRotation(head, { records, now: clock.now(), managedName: functions.managedName })
}

export interface Resumed {
  /** ARN. */
  readonly secret: string
  readonly versionId: string
  readonly from: RotationStep
}

/** A new run of the rotation that is incomplete, from the step that failed. @throws {ServiceError} */
export async function resumeRotation(call: AdministrationCall): Promise<Resumed> {
  const { services } = call
  const found = await administeredSecret(call, 'coffer:ResumeRotation')
  const { head, ...resumed } = await changeSecret(services, found.key, async (present) => {
    const before = sameSecret(present, found)
    const token = resumableVersion(before)
    const { key, suffix } = before
    const from = stepToResume(before, { token, record: await services.store.rotation({ key, suffix, token }) })
    const change = requested(before, { kind: 'rotation', token, from, now: services.clock.now() })
    return { result: { head: change, secret: arnOf(change), versionId: token, from }, change }
  })
  await services.rotateSoon(head)
  return resumed
}

export interface Aborted {
  /** ARN. */
  readonly secret: string
  readonly versionId: string
  /** Whether rotation is on: then it goes on by the schedule, where there is one. */
  readonly isEnabled: boolean
  /** Of the next rotation: ISO 8601, UTC; absent: none is planned. */
  readonly plannedStart?: string
}

/** Nobody goes on with what is running or incomplete, and AWSPENDING is gone from it. The next rotation comes by the schedule. @throws {ServiceError} */
export async function abortRotation(call: AdministrationCall): Promise<Aborted> {
  const { services } = call
  const found = await administeredSecret(call, 'coffer:AbortRotation')
  const { before, change } = await changeSecret(services, found.key, (present) => {
    const head = sameSecret(present, found)
    if (begunIn(head).length === 0) throw nothingToAbort()
    const after = aborted(head, momentOf(services))
    return { result: { before: head, change: after }, change: after }
  })
  const begun = begunIn(before)
  const { running } = before.rotation
  for (const token of begun) {
    const isKnown = await noteAborted(services, change, token)
    const isTest = running?.kind === 'test' && running.token === token
    if (isKnown && !isTest) await tellRotation(services, change, { name: 'RotationAbandoned', versionId: token })
  }
  const { isEnabled, due } = change.rotation
  return {
    secret: arnOf(change),
    versionId: begun[0] ?? '',
    isEnabled,
    ...(due && { plannedStart: new Date(due.at).toISOString() }),
  }
}

/** Ids of the versions that somebody has begun and not brought to an end. */
function begunIn({ rotation: { running, pending }, versions }: RotatingHead): readonly string[] {
  const tokens = [running?.token, pending, incompleteVersion(versions)?.id]
  return [...new Set(tokens.filter((token) => token !== undefined))]
}

/**
 * After the commit, so best effort: the rotation is ended whatever becomes of its record.
 * @returns whether anybody may have heard of it: not of a version that somebody made by hand, nor of a start that nobody has taken up
 */
async function noteAborted(
  services: AdministrationCall['services'],
  head: RotatingHead,
  token: string,
): Promise<boolean> {
  try {
    return (await editRecord(services, head, token, (each) => recordAborted(each, services.clock.now()))) !== undefined
  } catch {
    return true
  }
}

/** Also of one that had failed: that was not its end, since it would have been attempted again. */
function recordAborted({ result: _former, endedAt: _ended, ...record }: RotationRecord, now: number): RotationRecord {
  return recordEnded(record, 'aborted', now)
}
