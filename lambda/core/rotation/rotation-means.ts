/**
 * What the tasks of a rotation work with.
 * @module
 */
import type { Moment } from '../domain/rotation-state.ts'
import { randomFraction } from '../domain/random-id.ts'
import type { SecretKey } from '../domain/secret.ts'
import type { Services } from '../services.ts'
import type { ExecutionInput } from './workflow.ts'

export interface RotationMeans {
  readonly services: Services
  /** For how long an execution may be silent before another one may take its run over; 0 where whoever runs it knows what it is at. */
  readonly patienceMs: number
  /** Told what went wrong inside, for the log. */
  readonly noteFault: (fault: unknown) => void
}

export const secretKeyOf = ({ account, region, name }: ExecutionInput): SecretKey => ({ account, region, name })

export const momentOf = ({ clock, entropy }: Pick<Services, 'clock' | 'entropy'>): Moment => ({
  now: clock.now(),
  fraction: randomFraction(entropy),
})

export const STALE = { outcome: 'stale' } as const
