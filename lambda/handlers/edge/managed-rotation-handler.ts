/**
 * The function of managed rotation: an event as every rotation function is given, and nothing in return. Lambda writes what it throws to the log and tells it to who has invoked it, so that is what
 * managed rotation made for it, and of anything else its kind.
 * @module
 */
import type { Context } from 'aws-lambda'
import { ROTATION_STEPS, type RotationEvent, type RotationStep } from '../../core/ports/functions.ts'
import type { ManagedRotation } from '../../managed-rotation/managed-rotation.ts'
import { RotationError } from '../../managed-rotation/rotation-error.ts'
import { logger, reportFault } from './telemetry.ts'

export function managedRotationHandler(rotate: ManagedRotation) {
  return async (given: unknown, { awsRequestId: requestId }: Pick<Context, 'awsRequestId'>): Promise<void> => {
    const event = parseEvent(given)
    const about = { step: event.Step, resource: event.SecretId, requestId }
    const startedAt = performance.now()
    try {
      await rotate(event)
      logger.info('managed rotation', { ...about, outcome: 'ok', latencyMs: elapsed(startedAt) })
    } catch (error) {
      const told = RotationError.from(error)
      if (told !== error) reportFault(error, { operation: `managed rotation ${event.Step}`, requestId })
      logger.warn('managed rotation', { ...about, outcome: told.name, latencyMs: elapsed(startedAt) })
      // Without the stack, which Lambda would put into its answer.
      told.stack = `${told.name}: ${told.message}`
      throw told
    }
  }
}

const elapsed = (startedAt: number): number => Math.round(performance.now() - startedAt)

function parseEvent(given: unknown): RotationEvent {
  const members: Readonly<Record<string, unknown>> = typeof given === 'object' && given !== null ? { ...given } : {}
  const text = (name: keyof RotationEvent): string => {
    const value = members[name]
    if (typeof value !== 'string' || value === '') throw badEvent(`it has no ${name}`)
    return value
  }
  const step = text('Step')
  if (!isStep(step)) throw badEvent('there is no such Step')
  return {
    Step: step,
    SecretId: text('SecretId'),
    ClientRequestToken: text('ClientRequestToken'),
    RotationToken: text('RotationToken'),
  }
}

const badEvent = (why: string): RotationError =>
  new RotationError('BadEvent', `This is not the event of a rotation: ${why}.`)

const isStep = (text: string): text is RotationStep => ROTATION_STEPS.some((step) => step === text)
