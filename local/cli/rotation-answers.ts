/**
 * What a Coffer tells of a rotation, parsed (lambda/core/rotation/present-rotation.ts writes it).
 * @module
 */
import { z } from 'zod'

const time = z.iso.datetime()
const times = { startedAt: time, endedAt: time.optional(), durationMs: z.number().optional() }
const error = z.object({ type: z.string().optional(), message: z.string().optional(), diagnosis: z.string() })

const step = z.object({
  step: z.string(),
  ...times,
  outcome: z.enum(['ok', 'failed']).optional(),
  requestId: z.string().optional(),
  error: error.optional(),
  moves: z.array(z.object({ label: z.string(), from: z.string().optional(), to: z.string().optional() })).optional(),
})

const attempt = z.object({
  run: z.number(),
  attempt: z.number(),
  ...times,
  steps: z.array(step),
  error: error.optional(),
  retryAt: time.optional(),
})

const record = z.object({
  kind: z.enum(['rotation', 'test']),
  versionId: z.string(),
  functionArn: z.string(),
  ...times,
  result: z.string().optional(),
  attempts: z.array(attempt),
})

export const shownRotation = z.object({
  secret: z.string(),
  name: z.string(),
  now: time,
  isEnabled: z.boolean(),
  functionArn: z.string().optional(),
  isManaged: z.boolean(),
  rules: z
    .object({
      automaticallyAfterDays: z.number().optional(),
      duration: z.string().optional(),
      scheduleExpression: z.string().optional(),
    })
    .optional(),
  nextWindow: z.object({ start: time, end: time }).optional(),
  plannedStart: time.optional(),
  lastRotated: time.optional(),
  running: z
    .object({
      kind: z.enum(['rotation', 'test']),
      versionId: z.string(),
      startedAt: time,
      attempt: z.number(),
      state: z.enum(['requested', 'running', 'waiting']),
      retryAt: time.optional(),
      from: z.string().optional(),
    })
    .optional(),
  incomplete: z.string().optional(),
  deletion: time.optional(),
  rotations: z.array(record),
})

export const resumedRotation = z.object({ secret: z.string(), versionId: z.string(), from: z.string() })
export const abortedRotation = z.object({
  secret: z.string(),
  versionId: z.string(),
  isEnabled: z.boolean(),
  plannedStart: time.optional(),
})

export type ShownRotation = z.infer<typeof shownRotation>
export type ShownRecord = z.infer<typeof record>
export type ShownAttempt = z.infer<typeof attempt>
export type ShownStep = z.infer<typeof step>
