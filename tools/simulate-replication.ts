/**
 * The simulation of replication over many seeds, or one seed with everything that happens in it (docs/regions.md).
 *
 * `npm run simulate:replication -- [--seeds 100000] [--from 0] [--seed N]`
 * @module
 */
import { registerHooks } from 'node:module'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100000' },
    from: { type: 'string', default: '0' },
    seed: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) {
  console.log(`Usage: npm run simulate:replication -- [options]

  --seeds <n>   how many (default 100000)
  --from <n>    the first (default 0)
  --seed <n>    one alone, with everything that happens in it

Exit code 1: a promise was broken; the seed replays it exactly.`)
  process.exit()
}

// Each writer is a process of its own, as on AWS: they take no turns.
registerHooks({
  resolve: (specifier, context, next) =>
    specifier.endsWith('/in-turn.ts')
      ? next(new URL('../test/replication/simulation/no-turns.ts', import.meta.url).href, context)
      : next(specifier, context),
})
const { simulate } = await import('../test/replication/simulation/world.ts')
const { reportOf } = await import('../test/replication/simulation/report.ts')

if (values.seed !== undefined) await tell(numberOf('seed', values.seed))
else await run(numberOf('from', values.from), numberOf('seeds', values.seeds))

async function tell(seed: number): Promise<void> {
  const { trace, traits, violation } = await simulate(seed, { isTraced: true })
  console.log(trace.join('\n'))
  console.log(JSON.stringify(traits))
  console.log(violation ? `BROKEN: ${violation.invariant}: ${violation.message}` : 'every promise was kept')
  if (violation) process.exitCode = 1
}

/** All of them, also after one that has failed: how many do says what kind of mistake it is. */
async function run(from: number, count: number): Promise<void> {
  const started = performance.now()
  const broken: number[] = []
  for (let seed = from; seed < from + count; seed++) {
    const story = await simulate(seed)
    if (story.violation) {
      broken.push(seed)
      console.log(await reportOf(story))
    }
    const done = seed + 1 - from
    if (done % 1_000 === 0 || done === count)
      console.log(`${done} seeds, ${broken.length} broken, ${((performance.now() - started) / 1_000).toFixed(0)} s`)
  }
  if (broken.length === 0) return
  console.log(`broken: ${broken.join(' ')}`)
  process.exitCode = 1
}

function numberOf(option: string, text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 0)
    throw new Error(`--${option}: a whole number was expected, not ${text}`)
  return number
}
