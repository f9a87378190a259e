/**
 * The record of a run that is over and was not written to its end: whoever carried it out was ended between a commit and the line after it.
 * @module
 */
import type { SecretHead } from '../domain/secret.ts'
import { secretKeyOf, type RotationMeans } from './rotation-means.ts'
import type { RotationRecord } from './rotation-record.ts'
import type { TaskInput } from './workflow.ts'

export async function unendedRecord(
  { services: { store } }: RotationMeans,
  input: TaskInput,
): Promise<{ readonly head: SecretHead; readonly record: RotationRecord } | undefined> {
  const head = (await store.load(secretKeyOf(input)))?.head
  if (head?.suffix !== input.suffix || head.state !== 'active' || head.rotation?.running?.run === input.run)
    return undefined
  const records = await store.rotations(head)
  const record = records.find(({ attempts, result }) => attempts.at(-1)?.run === input.run && result === undefined)
  return record && { head, record }
}
