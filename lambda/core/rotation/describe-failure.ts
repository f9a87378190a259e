/**
 * What is kept of a function's failure: its name, its message as far as that is sure to hold nothing secret, and a diagnosis.
 * @module
 */
import type { SecretHead, Version } from '../domain/secret.ts'
import type { RunningRotation } from '../domain/rotation.ts'
import { CURRENT, PREVIOUS, holderOf, versionById } from '../domain/staging-labels.ts'
import type { FunctionOutcome, RotationStep } from '../ports/functions.ts'
import { readSealed } from '../read-sealed.ts'
import { open } from '../sealing.ts'
import type { Services } from '../services.ts'
import { diagnose } from './diagnosis.ts'
import { ownerScope } from './owner.ts'
import { redactErrorType, redactMessage } from './redact-error.ts'
import type { RotationError } from './rotation-record.ts'

export interface FailureToDescribe {
  readonly outcome: Exclude<FunctionOutcome, { readonly kind: 'returned' }>
  readonly head: SecretHead
  readonly running: RunningRotation
  readonly step: RotationStep
  readonly rotationToken: string
}

export async function describeFailure(
  services: Services,
  { outcome, head, running, step, rotationToken }: FailureToDescribe,
): Promise<RotationError> {
  const diagnosis = diagnose({ outcome, step, functionArn: head.rotation?.functionArn ?? 'the function' })
  if (outcome.kind === 'not-invoked') return { type: outcome.reason, diagnosis }
  const type = outcome.kind === 'failed' ? redactErrorType(outcome.errorType) : 'TimedOut'
  const secrets = await secretTexts(services, head, running)
  const message =
    secrets && outcome.message !== undefined ? redactMessage(outcome.message, [...secrets, rotationToken]) : undefined
  return { ...(type !== undefined && { type }), ...(message !== undefined && { message }), diagnosis }
}

/** What a message must not hold: the values that the function could read or has made. @returns undefined when they can't all be had: then no message is kept */
async function secretTexts(
  services: Services,
  head: SecretHead,
  { token }: RunningRotation,
): Promise<readonly string[] | undefined> {
  const versions = [
    holderOf(head.versions, CURRENT),
    holderOf(head.versions, PREVIOUS),
    versionById(head.versions, token),
  ]
  const read = [...new Set(versions)].flatMap((version) => (version && version.value.kind !== 'none' ? [version] : []))
  try {
    return (await Promise.all(read.map((version) => textOf(services, head, version)))).flat()
  } catch {
    return undefined
  }
}

async function textOf(services: Services, head: SecretHead, version: Version): Promise<readonly string[]> {
  const sealed = await readSealed(services, head, version)
  const scope = ownerScope(head.key, services.clock.now())
  const material = await open(services, { head, version, sealed, scope })
  const bytes = Buffer.from(material.reveal())
  const text = bytes.toString('utf8')
  return material.kind === 'binary' ? [bytes.toString('base64'), text] : [text, ...leavesOf(text)]
}

/** The texts in a JSON value: a password is in a message by itself. */
function leavesOf(text: string): readonly string[] {
  const leaves: string[] = []
  try {
    JSON.parse(text, (_key, value: unknown) => {
      if (typeof value === 'string' || typeof value === 'number') leaves.push(String(value))
      return value
    })
  } catch {
    // Plain text: there is nothing inside it.
  }
  return leaves
}
