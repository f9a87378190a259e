/**
 * What a Coffer tells of replication, parsed (lambda/core/replication/present-replication.ts, preflight.ts and administer.ts write it).
 * @module
 */
import { z } from 'zod'

const time = z.iso.datetime()
const role = z.enum(['primary', 'replica', 'standalone'])

const replica = z.object({
  region: z.string(),
  status: z.enum(['InProgress', 'InSync', 'Failed']),
  message: z.string().optional(),
  kmsKeyId: z.string().optional(),
  requestedAt: time,
  failures: z.number(),
  retryAt: time.optional(),
})

const other = z.object({
  region: z.string(),
  role,
  primaryRegion: z.string().optional(),
  handingOverTo: z.string().optional(),
  changedAt: time,
  diverged: z.object({ here: z.boolean(), there: z.boolean() }).optional(),
})

export const shownReplication = z.object({
  secret: z.string(),
  name: z.string(),
  region: z.string(),
  now: time,
  role,
  primaryRegion: z.string().optional(),
  handingOverTo: z.string().optional(),
  promoted: z.object({ from: z.string(), at: time }).optional(),
  isRekeyed: z.literal(false).optional(),
  trouble: z.object({ region: z.string(), message: z.string(), retryAt: time }).optional(),
  replicas: z.array(replica),
  leaving: z.array(z.string()),
  others: z.array(other),
  told: z
    .object({ region: z.string(), status: z.string(), message: z.string().optional(), retryAt: time.optional() })
    .optional(),
})

export const preflightAnswer = z.object({
  secret: z.string(),
  region: z.string(),
  isFine: z.boolean(),
  checks: z.array(z.object({ check: z.string(), isFine: z.boolean(), message: z.string() })),
})

export const steppingDown = z.object({
  secret: z.string(),
  from: z.string(),
  to: z.string(),
  isDiverged: z.boolean(),
  winner: z.enum(['this', 'other']).optional(),
})

export const networkAnswer = z.object({
  lagSeconds: z.number(),
  cut: z.array(z.string()),
  pending: z.record(z.string(), z.number()),
})

export type ShownReplication = z.infer<typeof shownReplication>
export type ShownReplica = z.infer<typeof replica>
export type ShownOther = z.infer<typeof other>
export type PreflightAnswer = z.infer<typeof preflightAnswer>
export type NetworkAnswer = z.infer<typeof networkAnswer>
