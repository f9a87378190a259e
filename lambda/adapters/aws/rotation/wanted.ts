/**
 * What a head wants of the services that start rotations: read from the head as it is now, and so the same however often, late or out of order one is told that it changed.
 * @module
 */
import { arnOf } from '../../../core/domain/names.ts'
import type { SecretHead } from '../../../core/domain/secret.ts'
import type { ExecutionInput } from '../../../core/rotation/workflow.ts'

export interface Wanted {
  /** A planned start, at an epoch in milliseconds. */
  readonly schedule?: { readonly run: number; readonly at: number }
  /** A start that was asked for and that nobody has taken up. */
  readonly start?: { readonly run: number }
}

export function wantedBy({ state, rotation }: SecretHead): Wanted {
  if (state !== 'active' || rotation === undefined) return {}
  const { due, running, isEnabled } = rotation
  return {
    ...(due !== undefined && isEnabled && { schedule: { run: due.run, at: due.at } }),
    ...(running !== undefined && running.executor === undefined && { start: { run: running.run } }),
  }
}

/**
 * The same as text, for an attribute of the head's item: the change feed is told of heads that have it, and leaves alone a change that has not changed it. Undefined for a secret whose rotation was
 * never configured.
 */
export function wantedText(head: SecretHead): string | undefined {
  if (head.rotation === undefined) return undefined
  const { schedule, start } = wantedBy(head)
  return `${TEXT_VERSION}:${schedule === undefined ? '' : `${schedule.run}@${schedule.at}`}:${start?.run ?? ''}`
}

/** Whether two images of a head certainly want the same. */
export const isSameWanted = (before: string | undefined, after: string | undefined): boolean =>
  before !== undefined && before === after && before.startsWith(`${TEXT_VERSION}:`)

const TEXT_VERSION = 'w1'

/** @param takeOver from an execution that is no longer heard of */
export function executionInput(head: SecretHead, run: number, takeOver = false): ExecutionInput {
  const { account, region, name } = head.key
  return { account, region, name, suffix: head.suffix, run, takeOver }
}

/** Names the secret to the services: an incarnation of it, so that an earlier one's leftovers are not taken for it. */
export const secretIdOf = (head: Pick<SecretHead, 'key' | 'suffix'>): string => arnOf(head)
