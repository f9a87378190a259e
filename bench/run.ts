/**
 * `npm run bench`: Coffer beside its peers in one run. See docs/performance.md.
 * @module
 */
import { Command, InvalidArgumentError, Option } from 'commander'
import { Bench } from './bench.ts'
import { functions } from './functions.ts'
import { getSecretValue } from './get-secret-value.ts'
import { listSecrets } from './list-secrets.ts'
import { loadTool } from './load.ts'
import { machineFacts } from './machine.ts'
import { memory } from './memory.ts'
import { writePage } from './page.ts'
import { profile } from './profile.ts'
import { asJson, asMarkdown } from './report.ts'
import { replication } from './replication.ts'
import { rotation } from './rotation.ts'
import type { Outcome, Scenario } from './scenario.ts'
import { removeScratch } from './scratch.ts'
import { startUp } from './start-up.ts'
import { OPERATIONS, type OperationName } from './workloads.ts'
import { createSecret, putSecretValue } from './writes.ts'

/**
 * In this order: a start is timed before a server is kept on the same data, lists are read before moto's grows, and memory is read when all else is done.
 */
const scenarios = {
  start: startUp,
  get: getSecretValue,
  list: listSecrets,
  put: putSecretValue,
  create: createSecret,
  memory,
  functions,
  rotation,
  replication,
} as const satisfies Record<string, Scenario>

type ScenarioName = keyof typeof scenarios

const FULL = { rounds: 3, seconds: 5, warmUpSeconds: 3 } as const
const QUICK = { rounds: 1, seconds: 2, warmUpSeconds: 1 } as const
const LARGE = { full: 100_000, quick: 10_000 } as const
const PROFILED_SECRETS = 1_000

interface Options {
  readonly quick?: true
  readonly only?: readonly ScenarioName[]
  readonly secrets?: number
  readonly json?: true
  readonly profile?: OperationName
}

const program = new Command('npm run bench --')
  .option('--quick', `one short round, and ${LARGE.quick} secrets for many; docs/performance.md is left as it is`)
  .addOption(new Option('--only <name...>', 'some of the scenarios').choices(Object.keys(scenarios)))
  .option('--secrets <count>', `how many secrets are many (default: ${LARGE.full})`, count)
  .option('--json', 'print the results as JSON, every run in it')
  .addOption(
    new Option('--profile <operation>', 'show where the time of an operation goes instead').choices(OPERATIONS),
  )
  .parse()

const options = program.opts<Options>()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
process.on('exit', removeScratch)
if (options.profile === undefined) await run(options)
else console.log(await profile(options.profile, options.secrets ?? PROFILED_SECRETS))

async function run({ quick, only, secrets, json }: Options): Promise<void> {
  const large = secrets ?? (quick ? LARGE.quick : LARGE.full)
  // The results may be piped; what goes on may not be in them.
  const bench = new Bench({ large, effort: quick ? QUICK : FULL, say: (text) => console.error(text) })
  if (loadTool() === 'autocannon')
    bench.say('wrk is not installed: the load comes from autocannon, which is itself slower than a bare server')
  const names = (Object.keys(scenarios) as ScenarioName[]).filter((name) => only?.includes(name) ?? true)
  const outcomes: Outcome[] = []
  const facts = machineFacts()
  try {
    for (const name of names) {
      bench.say(`scenario ${name}`)
      outcomes.push(await scenarios[name](bench).catch((error: unknown) => failure(name, error)))
    }
  } finally {
    await bench.close()
  }
  const report = {
    facts,
    rows: outcomes.flatMap(({ rows }) => rows),
    series: outcomes.flatMap(({ series }) => series),
  }
  console.log(json ? asJson(report) : asMarkdown(report))
  const isWhole = !quick && only === undefined && secrets === undefined
  if (isWhole) bench.say(`written to ${writePage(asMarkdown(report))}`)
}

/** The other scenarios go on: what they tell is worth having. */
function failure(name: ScenarioName, error: unknown): Outcome {
  console.error(error)
  return { series: [], rows: [{ operation: name, figure: 'failed', value: '', target: '', isMet: false }] }
}

function count(text: string): number {
  if (!/^[1-9]\d{2,6}$/.test(text)) throw new InvalidArgumentError('Expected a number from 100 to 9999999.')
  return Number(text)
}
