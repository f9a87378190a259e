/**
 * The command line. Exit codes: 0 done, 1 it could not be done, 2 it was asked for in a way that cannot be understood.
 * @module
 */
import { Command, CommanderError } from 'commander'
import { ConfigProblem, serveOptions, type Environment, type Flags } from '../config.ts'
import { DataDirectoryProblem } from '../data-directory.ts'
import { ListenProblem } from '../start.ts'
import { version } from '../version.ts'
import { CallProblem, moveClock, type ClockFlags } from './clock.ts'
import { showAdminKey } from './admin-key.ts'
import { shellLines, type EnvFlags } from './env.ts'
import { serve } from './serve.ts'

export interface Surroundings {
  readonly environment: Environment
  readonly print: (text: string) => void
  readonly complain: (text: string) => void
}

const SERVE_EXAMPLES = `
Master key: a file master.key in the data directory, unless COFFER_MASTER_KEY (64 hex digits or base64 of 32 bytes) or
COFFER_MASTER_PASSPHRASE is set. Admin access key: made on the first start, unless COFFER_ADMIN_ACCESS_KEY_ID and
COFFER_ADMIN_SECRET_ACCESS_KEY are set. These come from the environment only: flags can be seen by other users.

Examples:
  $ coffer serve
  $ coffer serve --port 4000 --data-dir /var/lib/coffer --log-format json
  $ coffer serve --clock 2026-01-01T00:00:00Z      # then: coffer clock --advance 30d`

const CLOCK_EXAMPLES = `
Uses the admin's AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY from the environment.

Examples:
  $ coffer clock
  $ coffer clock --advance 30d
  $ coffer clock --to 2026-03-01T00:00:00Z --url http://127.0.0.1:4000`

const ENV_EXAMPLES = `
Changes AWS_ENDPOINT_URL_SECRETS_MANAGER, AWS_DATA_PATH (models of botocore: without them the AWS CLI and boto3 sign for the
wrong service) and, as far as it is known, AWS_REGION and AWS_DEFAULT_REGION. Credentials stay yours.

Examples:
  $ eval "$(coffer env --url https://abc123.execute-api.eu-central-1.amazonaws.com/v1)"
  $ eval "$(coffer env --url https://secrets.example.com --region eu-central-1)"
  $ coffer env --shell fish --url http://127.0.0.1:7766 | source
  > coffer env --shell powershell --url http://127.0.0.1:7766 | Out-String | Invoke-Expression
  $ eval "$(coffer env --unset)"`

/** @returns the exit code, or undefined while a server runs on */
export async function run(args: readonly string[], surroundings: Surroundings): Promise<number | undefined> {
  const { complain } = surroundings
  const outcome: { code: number | undefined } = { code: 0 }
  try {
    await program(surroundings, outcome).parseAsync(args, { from: 'user' })
    return outcome.code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (error instanceof ConfigProblem) {
      for (const line of error.message.split('\n')) complain(`coffer: ${line}\n`)
      return 2
    }
    if (error instanceof DataDirectoryProblem || error instanceof ListenProblem || error instanceof CallProblem) {
      complain(`coffer: ${error.message}\n`)
      return 1
    }
    throw error
  }
}

function program(surroundings: Surroundings, outcome: { code: number | undefined }): Command {
  const { print, complain, environment } = surroundings
  const coffer = new Command('coffer')
    .description('AWS Secrets Manager that you own, in one process')
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: complain })

  const serveCommand = coffer
    .command('serve')
    .description('serve the API from a data directory')
    .addHelpText('after', SERVE_EXAMPLES)
    .action(async (flags: Flags) => {
      await serve(flags, environment)
      outcome.code = undefined
    })
  for (const option of Object.values(serveOptions)) addOption(serveCommand, option)

  const adminKey = coffer
    .command('admin-key')
    .description('show the admin access key of a data directory that is not being served')
    .option('--new', 'make another, and void the present one')
    .action(async (flags: Flags & { readonly new?: boolean }) => {
      print(await showAdminKey(flags, flags.new === true, environment))
    })
  addOption(adminKey, serveOptions.dataDir)

  coffer
    .command('clock')
    .description('tell or move the clock of a Coffer that was started with --clock')
    .option('--advance <duration>', 'move it forward by a duration such as 30d, 12h or PT90M')
    .option('--to <time>', 'move it forward to an ISO 8601 time')
    .option('--url <url>', 'where Coffer serves (env: AWS_ENDPOINT_URL, default: http://127.0.0.1:7766)')
    .addHelpText('after', CLOCK_EXAMPLES)
    .action(async (flags: ClockFlags) => {
      print(await moveClock(flags, environment))
    })

  coffer
    .command('env')
    .description('print shell lines that make the AWS CLI and boto3 use a Coffer on AWS')
    .option('--url <url>', 'the URL of the API, with its stage (env: COFFER_URL)')
    .option('--region <region>', 'its Region, where the URL does not tell')
    .option('--shell <name>', 'bash, zsh, fish or powershell (default: the one of SHELL)')
    .option('--unset', 'print the lines that undo it')
    .addHelpText('after', ENV_EXAMPLES)
    .action((flags: EnvFlags) => {
      print(shellLines(flags, environment, complain))
    })
  return coffer
}

interface ShownOption {
  readonly flag: string
  readonly placeholder: string
  readonly env: string
  readonly description: string
  readonly fallback?: string
}

function addOption(command: Command, { flag, placeholder, env, description, fallback }: ShownOption): void {
  const note = fallback === undefined ? `env: ${env}` : `env: ${env}, default: ${fallback}`
  command.option(`${flag} ${placeholder}`, `${description} (${note})`)
}
