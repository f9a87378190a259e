/**
 * A function as it is kept: immutable, replaced as a whole, and sealed at rest.
 * @module
 */
import { z } from 'zod'
import type { Sealer } from '../identities/sealer.ts'
import type { FunctionKey } from './function-name.ts'
import { FUNCTION_RUNTIMES } from './runtime/runnable-function.ts'

const recordSchema = z.strictObject({
  version: z.literal(1),
  account: z.string(),
  region: z.string(),
  name: z.string(),
  /** Folder of the code; see CodeStore. */
  codeId: z.string(),
  /** Base64, of the zip file. */
  codeSha256: z.string(),
  /** Bytes of the zip file. */
  codeSize: z.number(),
  runtime: z.enum(FUNCTION_RUNTIMES),
  handler: z.string(),
  /** ARN; absent: the function has no credentials. */
  role: z.string().exactOptional(),
  description: z.string(),
  timeoutSeconds: z.number(),
  memoryMb: z.number(),
  environment: z.record(z.string(), z.string()),
  tags: z.record(z.string(), z.string()),
  reservedConcurrency: z.number().exactOptional(),
  /** Of the function's policy, as AddPermission made them. */
  statements: z.array(z.record(z.string(), z.unknown())),
  /** Unique ids of the principals that the policy names, by ARN, as they were when they were added: see ResourcePolicy. */
  principals: z.array(z.tuple([z.string(), z.string()])),
  /** Another with every change: what callers compare. */
  revisionId: z.string(),
  /** Another with every change of code or configuration: what a process is started from. */
  processRevision: z.string(),
  /** Epoch milliseconds, wall time. */
  modifiedAt: z.number(),
  /** Settings without a meaning here, by their names on the wire: kept to be told again. */
  inert: z.record(z.string(), z.unknown()),
})

export type FunctionRecord = z.output<typeof recordSchema>

export function sealRecord(sealer: Sealer, record: FunctionRecord): Buffer {
  return sealer.seal(Buffer.from(JSON.stringify(record), 'utf8'), contextOf(record))
}

/** @throws when the bytes were changed or belong to another function */
export function openRecord(sealer: Sealer, key: FunctionKey, sealed: Buffer): FunctionRecord {
  return recordSchema.parse(JSON.parse(sealer.open(sealed, contextOf(key)).toString('utf8')))
}

const contextOf = ({ account, region, name }: FunctionKey): string => `function ${account}/${region}/${name}`
