/**
 * What is kept of a function's failure: its name, its message as far as that is sure to hold nothing secret, and a diagnosis.
 * @module
 */
import type { RunningRotation } from '../domain/rotation.ts'
import type { SecretHead, Version } from '../domain/secret.ts'
import { CURRENT, PREVIOUS, holderOf, versionById } from '../domain/staging-labels.ts'
import { isManagedFunction } from '../managed-function.ts'
import type { FunctionOutcome, RotationStep } from '../ports/functions.ts'
import { readSealed } from '../read-sealed.ts'
import { open } from '../sealing.ts'
import type { Services } from '../services.ts'
import { diagnose } from './diagnosis.ts'
import { ownerScope } from './owner.ts'
import { redactErrorType, redactMessage } from './redact-error.ts'
import type { RotationError } from './rotation-record.ts'
import { secretParts, type SecretParts } from './secret-parts.ts'

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
  const functionArn = head.rotation?.functionArn ?? 'the function'
  const isManaged = isManagedFunction(functionArn, head.key, services.functions.managedName)
  const parts = outcome.kind === 'not-invoked' ? undefined : await allParts(services, head, running)
  const isKept = parts !== undefined
  const diagnosis = diagnose({ outcome, step, functionArn, isManaged, isKept })
  if (outcome.kind === 'not-invoked') return { type: outcome.reason, diagnosis }
  const secrets = parts && [...parts.secrets, rotationToken]
  const type = outcome.kind === 'failed' ? redactErrorType(outcome.errorType, secrets) : 'TimedOut'
  const message =
    secrets && outcome.message !== undefined
      ? redactMessage(outcome.message, { secrets, known: parts.known })
      : undefined
  return { ...(type !== undefined && { type }), ...(message !== undefined && { message }), diagnosis }
}

/** What a message must not hold: the values that the function could read or has made. @returns undefined when they can't all be had: then no message is kept */
async function allParts(
  services: Services,
  head: SecretHead,
  { token }: RunningRotation,
): Promise<SecretParts | undefined> {
  const versions = [
    holderOf(head.versions, CURRENT),
    holderOf(head.versions, PREVIOUS),
    versionById(head.versions, token),
  ]
  const read = [...new Set(versions)].flatMap((version) => (version && version.value.kind !== 'none' ? [version] : []))
  try {
    const parts = await Promise.all(read.map((version) => partsOf(services, head, version)))
    return { secrets: parts.flatMap(({ secrets }) => secrets), known: parts.flatMap(({ known }) => known) }
  } catch {
    return undefined
  }
}

async function partsOf(services: Services, head: SecretHead, version: Version): Promise<SecretParts> {
  const sealed = await readSealed(services, head, version)
  const scope = ownerScope(head.key, services.clock.now())
  const material = await open(services, { head, version, sealed, scope })
  const bytes = Buffer.from(material.reveal())
  const text = bytes.toString('utf8')
  return material.kind === 'binary' ? { secrets: [bytes.toString('base64'), text], known: [] } : secretParts(text)
}
