/**
 * The command line of the sandbox.
 * @module
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { readUsers, type UserWish } from './iam/identities.ts'
import { SandboxProblem } from './json.ts'

export interface CommandLine {
  readonly help: boolean
  readonly port: number
  /** A folder that `cdk synth` wrote; the app is synthesised when absent. */
  readonly out: string | undefined
  readonly regions: readonly string[]
  readonly keyMode: 'per-secret' | 'shared'
  readonly json: boolean
  readonly verbose: boolean
  readonly users: readonly UserWish[]
  readonly threads: number
  readonly replicationDelayMs: number
  readonly reorder: boolean
  readonly longestFunctionMs: number
  readonly longestIntegrationMs: number
}

export const HELP = `npm run sandbox -- [options]

Serves the synthesised deployment on this machine: the real bundles, templates and roles, without an AWS account.

  --port <n>                  port of the API (0: a free one; default 4510)
  --out <folder>              a cdk.out to serve; by default the app is synthesised into a temporary folder
  --regions <a,b>             Regions to synthesise for (default eu-central-1,us-west-2)
  --key-mode <mode>           per-secret (default) or shared
  --users <file>              more callers: a JSON list of { userName, accessKeyId, secretAccessKey, policy, account? }
  --replication-delay <ms>    how long an item takes to the other Regions (default 0)
  --reorder                   items overtake each other on the way
  --threads <n>               threads per function (default 4)
  --function-timeout <ms>     end functions earlier than their template says
  --integration-timeout <ms>  end integrations earlier than the 29 s of API Gateway
  --verbose                   show what the functions write to their logs
  --json                      one line of JSON when it serves, and a JSON report at the end
  --help

The admin's access key is COFFER_ADMIN_ACCESS_KEY_ID and COFFER_ADMIN_SECRET_ACCESS_KEY where they are set, else a fresh one for each start.
It ends with Ctrl-C and then tells which calls were made and which grants were not used.`

const NEVER = 1e9

export function readCommandLine(args: readonly string[]): CommandLine {
  const { values } = parsed(args)
  const number = (name: string, text: string | undefined, fallback: number): number => {
    if (text === undefined) return fallback
    if (!/^\d{1,9}$/.test(text)) throw new SandboxProblem(`--${name} takes a whole number, not ${text}`)
    return Number(text)
  }
  const { 'key-mode': keyMode = 'per-secret', regions = 'eu-central-1,us-west-2' } = values
  if (keyMode !== 'per-secret' && keyMode !== 'shared')
    throw new SandboxProblem(`--key-mode is per-secret or shared, not ${keyMode}`)
  return {
    help: values.help === true,
    port: number('port', values.port, 4510),
    out: values.out,
    regions: regions.split(','),
    keyMode,
    json: values.json === true,
    verbose: values.verbose === true,
    users: values.users === undefined ? [] : readUsers(jsonFile(values.users)),
    threads: Math.max(1, number('threads', values.threads, 4)),
    replicationDelayMs: number('replication-delay', values['replication-delay'], 0),
    reorder: values.reorder === true,
    longestFunctionMs: number('function-timeout', values['function-timeout'], NEVER),
    longestIntegrationMs: number('integration-timeout', values['integration-timeout'], NEVER),
  }
}

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: flag,
        port: text,
        out: text,
        regions: text,
        'key-mode': text,
        json: flag,
        verbose: flag,
        users: text,
        threads: text,
        'replication-delay': text,
        reorder: flag,
        'function-timeout': text,
        'integration-timeout': text,
      },
    })
  } catch (cause) {
    throw new SandboxProblem(`${cause instanceof Error ? cause.message : String(cause)} See --help.`, { cause })
  }
}

function jsonFile(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown
  } catch (cause) {
    throw new SandboxProblem(`--users is ${path}, which is not a JSON file that can be read`, { cause })
  }
}
