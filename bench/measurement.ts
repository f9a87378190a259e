/**
 * Rounds: every contender in turn, one short run each, again and again. The machine's speed changes from minute to minute, so contenders are compared within a
 * round, and a result is the median over the rounds.
 * @module
 */
import type { Server } from './coffer.ts'
import { runLoad, type Load, type LoadResult } from './load.ts'
import { processorTime } from './process-usage.ts'
import { writeRequestFile, type RequestFile } from './request-file.ts'
import { GOOD_FOR_MS } from './signed-call.ts'
import { median } from './statistics.ts'
import { workloadOf, type OperationName } from './workloads.ts'

/** How much is measured. */
export interface Effort {
  readonly rounds: number
  /** Of one run. */
  readonly seconds: number
  readonly warmUpSeconds: number
}

export interface Contender {
  /** In tables. */
  readonly name: string
  readonly server: Server
  /** How many secrets it holds. */
  readonly secrets: number
  /** Answers at most about so many calls a second: how many to make beforehand, until more is known. */
  readonly expectedRate: number
  /** Takes its requests from another's file: it does not look at signatures. */
  readonly shares?: Contender
  /** Which share of its answers may be errors; absent: none. */
  readonly maxFailed?: number
}

export interface Run extends LoadResult {
  /** Microseconds of a processor per request; undefined where the system does not tell. */
  readonly processorUs: number | undefined
}

export interface Series {
  readonly contender: string
  readonly operation: OperationName
  readonly connections: number
  /** One per round. */
  readonly runs: readonly Run[]
}

export const CONNECTIONS = [16, 64] as const

/** By the highest rate seen: what is left over costs less than a run that ran dry. */
const SPARE = 2

export async function measure(
  operation: OperationName,
  contenders: readonly Contender[],
  effort: Effort,
): Promise<readonly Series[]> {
  const files = new RequestFiles(operation, effort.seconds)
  const runFor = async (contender: Contender, connections: number, seconds: number): Promise<Run> => {
    const run = await runOnce(contender, await files.of(contender), { connections, seconds })
    files.saw(contender, run.perSecond)
    return run
  }
  for (const contender of contenders) await runFor(contender, CONNECTIONS[0], effort.warmUpSeconds)
  const runs = new Map<string, Run[]>()
  for (let round = 0; round < effort.rounds; round++)
    for (const connections of CONNECTIONS)
      for (const contender of contenders) {
        const run = await runFor(contender, connections, effort.seconds)
        const id = `${contender.name} ${connections}`
        runs.set(id, [...(runs.get(id) ?? []), run])
      }
  return contenders.flatMap(({ name: contender }) =>
    CONNECTIONS.map((connections) => ({
      contender,
      operation,
      connections,
      runs: runs.get(`${contender} ${connections}`) ?? [],
    })),
  )
}

async function runOnce(
  { name, server, maxFailed = 0 }: Contender,
  requests: RequestFile,
  pace: Pick<Load, 'connections' | 'seconds'>,
): Promise<Run> {
  const before = processorTime(server.pid)
  const load = { ...pace, address: server.address, requests, maxFailed }
  const result = await runLoad(load).catch((cause: unknown) => {
    throw new Error(`${name} with ${pace.connections} connections failed`, { cause })
  })
  const after = processorTime(server.pid)
  const used = before === undefined || after === undefined ? undefined : after - before
  return { ...result, processorUs: used === undefined ? undefined : used / result.completed }
}

/** Requests are signed for a contender when they are needed, and used again while their signatures are good, where a repetition is the same work. */
class RequestFiles {
  readonly #operation: OperationName
  readonly #seconds: number
  readonly #files = new Map<Contender, RequestFile>()
  readonly #rates = new Map<Contender, number>()

  constructor(operation: OperationName, seconds: number) {
    this.#operation = operation
    this.#seconds = seconds
  }

  saw(contender: Contender, rate: number): void {
    this.#rates.set(contender, Math.max(rate, this.#rates.get(contender) ?? 0))
  }

  async of(contender: Contender): Promise<RequestFile> {
    const owner = contender.shares ?? contender
    const known = this.#files.get(owner)
    const margin = (this.#seconds + 5) * 1000
    if (known && !known.isOnce && Date.now() + margin < known.signedAt + GOOD_FOR_MS) return known
    const { address } = owner.server
    const seen = this.#rates.get(owner)
    const count = Math.ceil((seen === undefined ? owner.expectedRate : seen * SPARE) * this.#seconds)
    const { calls, isOnce } = await workloadOf(this.#operation, { address, secrets: owner.secrets, count })
    const made = writeRequestFile(calls, address, { isOnce })
    this.#files.set(owner, made)
    return made
  }
}

/** The median over the rounds of one contender's figure by another's in the same round. */
export function ratio(a: Series, b: Series, figure: (run: Run) => number): number {
  return median(a.runs.map((run, round) => figure(run) / figure(b.runs[round] ?? run)))
}
