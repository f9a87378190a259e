/**
 * What a copy has in common with its primary (behaviour 9.1), and how two heads are compared in it. Not the key, the day of the last read and the state: those are each Region's own.
 * @module
 */
import { hash } from 'node:crypto'
import type { Rotation } from '../domain/rotation.ts'
import type { SecretHead, Version } from '../domain/secret.ts'

/** SM-REPLICA-02: the members that a copy has from its primary's head, its versions aside. */
export type CopiedMetadata = Pick<
  SecretHead,
  | 'description'
  | 'tags'
  | 'policy'
  | 'rotation'
  | 'type'
  | 'owningService'
  | 'creationToken'
  | 'createdAt'
  | 'changedAt'
>

export function copiedMetadata(head: SecretHead): CopiedMetadata {
  const { description, tags, policy, rotation, type, owningService, creationToken, createdAt, changedAt } = head
  return {
    ...(description !== undefined && { description }),
    ...(tags && { tags }),
    ...(policy && { policy }),
    ...(rotation && { rotation: shownRotation(rotation) }),
    ...(type !== undefined && { type }),
    ...(owningService !== undefined && { owningService }),
    creationToken,
    createdAt,
    changedAt,
  }
}

/** SM-REPLICA-14: a copy shows how its primary rotates. What is planned and what is running is the primary's alone. */
function shownRotation({ due: _due, running: _running, pending: _pending, ...shown }: Rotation): Rotation {
  return { ...shown, runs: 0 }
}

/** Whether a copy has all that its primary has, by what the heads tell: a version's value never changes, nor does its time of creation. */
export const isSameContent = (copy: SecretHead, primary: SecretHead): boolean =>
  copy.changedAt === primary.changedAt && digestOf(copy, true) === digestOf(primary, true)

/**
 * What an owner has put into a secret: values, labels, description, tags and policy. Two Regions that went apart have changed since where their digests are no longer what they were. Rotation is left out: it is
 * switched off by the very act.
 */
export const contentDigest = (head: SecretHead): string => digestOf(head, false)

function digestOf(head: SecretHead, withRotation: boolean): string {
  const { description, tags, policy, type, owningService, rotation, versions } = head
  const shown = rotation && withRotation ? rotationMembers(shownRotation(rotation)) : null
  const content = [
    description ?? null,
    tags?.map(({ key, value }) => [key, value]) ?? null,
    policy ? [policy.text, policy.principals] : null,
    type ?? null,
    owningService ?? null,
    shown,
    versions.map(versionMembers),
  ]
  return hash('sha256', JSON.stringify(content), 'base64url')
}

/** In one order, whatever order the members have come from a store in. */
function rotationMembers(rotation: Rotation): unknown {
  const { isEnabled, functionArn, settings, roleArn, rules, calculatedDays, lastRotatedAt, window } = rotation
  return [
    isEnabled,
    functionArn ?? null,
    settings?.map(({ key, value }) => [key, value]) ?? null,
    roleArn ?? null,
    rules ? [rules.automaticallyAfterDays ?? null, rules.duration ?? null, rules.scheduleExpression ?? null] : null,
    calculatedDays ?? null,
    lastRotatedAt ?? null,
    window ? [window.start, window.end] : null,
  ]
}

/** Whether a version without a label has a value is left out: one that can't be opened any more is copied without. */
const versionMembers = ({ id, createdAt, stages, value }: Version): unknown =>
  stages.length > 0 ? [id, createdAt, stages, value.kind !== 'none'] : [id, createdAt, stages]
