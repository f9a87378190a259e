/**
 * What is told of a seed that has broken a promise: enough to see it again and to begin to understand it.
 * @module
 */
import { simulate, type Story } from './world.ts'

const LAST_LINES = 60
const LINE_LENGTH = 400

/** Tells the story once more, with its trace. */
export async function reportOf({ seed, violation }: Story): Promise<string> {
  const { trace, traits } = await simulate(seed, { isTraced: true })
  const end = trace.findIndex((line) => line.includes('VIOLATION'))
  const lines = trace.slice(Math.max(0, end + 1 - LAST_LINES), end + 1)
  return [
    `seed ${seed} breaks "${violation?.invariant ?? ''}": ${violation?.message ?? ''}`,
    `again: npm run simulate:replication -- --seed ${seed}`,
    `world: ${JSON.stringify(traits)}`,
    ...lines.map((line) => (line.length > LINE_LENGTH ? `${line.slice(0, LINE_LENGTH)}...` : line)),
  ].join('\n')
}
