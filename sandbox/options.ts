/**
 * The command line of the sandbox.
 * @module
 */
import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Account } from '../local/identities/model.ts'
import { readFunctionWish, type FunctionWish } from './functions/outside-functions.ts'
import { accountsIn, readUsers, type UserWish } from './iam/identities.ts'
import { listOf, SandboxProblem } from './json.ts'

export interface CommandLine {
  readonly help: boolean
  readonly port: number
  /** A folder that `cdk synth` wrote; the app is synthesised when absent. */
  readonly out: string | undefined
  /** What to synthesise; made of `regions` and `keyMode` when absent. */
  readonly config: string | undefined
  readonly regions: readonly string[]
  readonly keyMode: 'per-secret' | 'shared'
  readonly json: boolean
  readonly verbose: boolean
  readonly users: readonly UserWish[]
  /** Whose identities call the API, beside the admin and the users. */
  readonly accounts: readonly Account[]
  /** Functions of the account that are not the deployment's. */
  readonly functions: readonly FunctionWish[]
  readonly threads: number
  readonly replicationDelayMs: number
  readonly reorder: boolean
  readonly longestFunctionMs: number
  readonly longestIntegrationMs: number
}

/** Each is a thread with a heap of its own, and there are about thirty-five functions in each Region. */
const MOST_THREADS = 64

export const HELP = `npm run sandbox -- [options]

Serves the synthesised deployment on this machine: the real bundles, templates and roles, without an AWS account.

What is served: by default Coffer with the default of every option, synthesised into a temporary folder for the
Regions and the key mode below. coffer.config.ts is not read, unless --config names it.

  --config <file>             synthesise what a config file says, such as coffer.config.ts
  --out <folder>              serve a cdk.out that is there already
  --regions <a,b>             Regions to synthesise for (default eu-central-1,us-west-2)
  --key-mode <mode>           per-secret (default) or shared
                              --config and --out have Regions and key mode of their own: give one of the three

  --port <n>                  port of the API (0: a free one; default 4510)
  --users <file>              more callers: a JSON list of { userName, accessKeyId, secretAccessKey, policy, account? }
  --identities <file>         accounts with users, groups, roles and policies: the identities file of an embedded Coffer
  --functions <file>          functions that rotate secrets: a JSON list of { name, file or code, handler?, policy?,
                              rolePolicy?, environment?, timeoutSeconds?, region? } (see sandbox/README.md)
  --replication-delay <ms>    how long an item takes to the other Regions (default 0)
  --reorder                   items overtake each other on the way
  --threads <n>               threads per function, 1 to ${MOST_THREADS} (default 4)
  --function-timeout <ms>     end functions earlier than their template says
  --integration-timeout <ms>  end integrations earlier than the 29 s of API Gateway
  --verbose                   show what the functions write to their logs, and name unused grants at the end
  --json                      only JSON on stdout: one line when it serves, and one with the report at the end
  -h, --help

The admin's access key is COFFER_ADMIN_ACCESS_KEY_ID and COFFER_ADMIN_SECRET_ACCESS_KEY where they are set, else a fresh
one for each start. A call that AWS would refuse a function is told on stderr at once.
It ends with Ctrl-C (or SIGTERM) and a report of what was refused, called and not used.
Exit codes: 0 when no call was refused, 1 when one was, or when it could not start.`

const NEVER = 999_999_999

export function readCommandLine(args: readonly string[]): CommandLine {
  const { values } = parsed(args)
  type Numeric = 'port' | 'threads' | 'replication-delay' | 'function-timeout' | 'integration-timeout'
  const number = (name: Numeric, fallback: number, least: number, most: number): number => {
    const given = values[name] ?? String(fallback)
    if (!/^\d{1,9}$/.test(given) || Number(given) < least || Number(given) > most)
      throw wrong(`--${name} takes a whole number from ${least} to ${most}, not ${given}`)
    return Number(given)
  }
  const sources = (['out', 'config'] as const).filter((name) => values[name] !== undefined)
  const details = (['regions', 'key-mode'] as const).filter((name) => values[name] !== undefined)
  if (sources.length > 1 || (sources.length > 0 && details.length > 0))
    throw wrong(`Give only one of ${[...sources, ...details].map((name) => `--${name}`).join(' and ')}`)
  const { 'key-mode': keyMode = 'per-secret', regions = 'eu-central-1,us-west-2' } = values
  if (keyMode !== 'per-secret' && keyMode !== 'shared')
    throw wrong(`--key-mode is per-secret or shared, not ${keyMode}`)
  return {
    help: values.help === true,
    port: number('port', 4510, 0, 65_535),
    out: values.out,
    config: values.config,
    regions: regions.split(','),
    keyMode,
    json: values.json === true,
    verbose: values.verbose === true,
    users: values.users === undefined ? [] : readUsers(jsonFile('users', values.users)),
    functions: values.functions === undefined ? [] : functionsFile(values.functions),
    accounts: values.identities === undefined ? [] : identitiesFile(values.identities),
    threads: number('threads', 4, 1, MOST_THREADS),
    replicationDelayMs: number('replication-delay', 0, 0, NEVER),
    reorder: values.reorder === true,
    longestFunctionMs: number('function-timeout', NEVER, 1, NEVER),
    longestIntegrationMs: number('integration-timeout', NEVER, 1, NEVER),
  }
}

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { ...flag, short: 'h' },
        port: text,
        out: text,
        config: text,
        regions: text,
        'key-mode': text,
        json: flag,
        verbose: flag,
        users: text,
        identities: text,
        functions: text,
        threads: text,
        'replication-delay': text,
        reorder: flag,
        'function-timeout': text,
        'integration-timeout': text,
      },
    })
  } catch (cause) {
    // Node goes on with advice on how to pass such a text on: not what is wanted here.
    const [first = ''] = (cause instanceof Error ? cause.message : String(cause)).split(/\.? *\n|\. (?=[A-Z])/)
    throw wrong(first, { cause })
  }
}

const wrong = (message: string, options?: ErrorOptions): SandboxProblem =>
  new SandboxProblem(`${message.replace(/\.$/, '')}. See --help.`, options)

function identitiesFile(path: string): readonly Account[] {
  let read: { readonly content: string; readonly writtenAt: number }
  try {
    read = { content: readFileSync(path, 'utf8'), writtenAt: Math.floor(statSync(path).mtimeMs) }
  } catch (cause) {
    throw wrong(`--identities is ${path}, which cannot be read`, { cause })
  }
  return accountsIn(read.content, read.writtenAt, process.env)
}

/** Files of code are found from where the list is. */
function functionsFile(path: string): readonly FunctionWish[] {
  return listOf(jsonFile('functions', path), 'functions').map((given, index) => {
    const wish = readFunctionWish(given, `functions[${index}]`)
    return wish.file === undefined ? wish : { ...wish, file: resolve(dirname(path), wish.file) }
  })
}

function jsonFile(option: string, path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown
  } catch (cause) {
    throw wrong(`--${option} is ${path}, which is not a JSON file that can be read`, { cause })
  }
}
