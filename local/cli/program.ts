/**
 * The command line. Exit codes: 0 done, 1 it could not be done, 2 it was asked for in a way that cannot be understood.
 * @module
 */
import { Command, CommanderError } from 'commander'
import { ConfigProblem, serveOptions, type Environment, type Flags } from '../config.ts'
import { DataDirectoryProblem } from '../data-directory.ts'
import { ListenProblem } from '../start.ts'
import { version } from '../version.ts'
import { createAccount, type AccountFlags } from './account.ts'
import { CallProblem } from './signed-call.ts'
import { moveClock, type ClockFlags } from './clock.ts'
import { showAdminKey } from './admin-key.ts'
import { explain, whoCan, type AccessFlags, type ExplainFlags } from './explain.ts'
import { shellLines, type EnvFlags } from './env.ts'
import { functionsCommand } from './functions-command.ts'
import { printPasswordHash } from './hash-password.ts'
import { login, type LoginFlags } from './login.ts'
import { replicationCommand } from './replication-commands.ts'
import { rotationCommands } from './rotation-commands.ts'
import { secretInput, type SecretInput } from './secret-input.ts'
import { serve } from './serve.ts'
import { printTotp, type TotpFlags } from './totp.ts'

export interface Surroundings {
  readonly environment: Environment
  readonly print: (text: string) => void
  readonly complain: (text: string) => void
  /** Where passwords are typed or piped; standard input by default. */
  readonly input?: SecretInput
}

const SERVE_EXAMPLES = `
Master key: a file master.key in the data directory, unless COFFER_MASTER_KEY (64 hex digits or base64 of 32 bytes) or
COFFER_MASTER_PASSPHRASE is set. Admin access key: made on the first start, unless COFFER_ADMIN_ACCESS_KEY_ID and
COFFER_ADMIN_SECRET_ACCESS_KEY are set. COFFER_EVENT_WEBHOOK_KEY signs what --event-webhook is sent. These come from the
environment only: flags can be seen by other users.

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

const ACCOUNT_EXAMPLES = `
Uses the admin's AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY from the environment. The new user is called admin and has
AdministratorAccess in that account; it makes the others with \`aws iam\`. Its key does not administer Coffer itself.

Examples:
  $ coffer account create --account 222222222222`

/** Of `coffer explain`: the answer is no. Not 1, so that a script can tell it from having none. */
const DENIED = 3

const EXPLAIN_EXAMPLES = `
Embedded it needs the admin's access key in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, on AWS a caller whom policies
allow coffer:ExplainAccess. What only a request can tell, such as its address or MFA, is unknown unless --context says it.
explain ends with exit code 3 when the answer is no; 1 and 2 mean that there was no answer.

Examples:
  $ coffer explain --principal arn:aws:iam::123456789012:user/alice --action secretsmanager:GetSecretValue --secret db
  $ coffer explain --principal arn:aws:iam::123456789012:role/app --action secretsmanager:DeleteSecret --secret db \\
      --context aws:MultiFactorAuthPresent=true --context aws:SourceIp=192.0.2.1
  $ coffer who-can --action secretsmanager:GetSecretValue --secret db`

const LOGIN_EXAMPLES = `
The password is typed, or piped in as the first line, and with --mfa the code as the second: never a flag or a variable.

Examples:
  $ eval "$(coffer login --user alice)"
  $ eval "$(coffer login --user alice --mfa --url http://127.0.0.1:4000)"`

const TOTP_EXAMPLES = `
The seed is typed, or piped in: never a flag or a variable. A code is accepted once. The one before and the next one are
accepted as well, since clocks differ: that makes a pair at once for enable-mfa-device, and a fresh one after it.

Examples:
  $ aws iam create-virtual-mfa-device --virtual-mfa-device-name alice --bootstrap-method Base32StringSeed --outfile seed
  $ coffer totp --pair < seed      # for enable-mfa-device
  $ coffer totp --next < seed      # right after it`

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
    .command('account')
    .description('accounts of a running Coffer')
    .command('create')
    .description('make the first user of another account, and print its access key')
    .option('--account <id>', 'twelve digits')
    .option('--url <url>', 'where Coffer serves (env: AWS_ENDPOINT_URL, default: http://127.0.0.1:7766)')
    .addHelpText('after', ACCOUNT_EXAMPLES)
    .action(async (flags: AccountFlags) => {
      print(await createAccount(flags, environment))
    })

  const fail = (): void => void (outcome.code = 1)
  addCommand(coffer, functionsCommand({ environment, print, complain, fail }))
  const setExitCode = (code: number): void => void (outcome.code = code)
  for (const command of rotationCommands({ environment, print, setExitCode })) addCommand(coffer, command)
  addCommand(coffer, replicationCommand({ environment, print, setExitCode }))

  const explainCommand = coffer
    .command('explain')
    .description('tell whether a principal may do something, and by which statement of which policy')
    .requiredOption('--principal <arn>', 'ARN of a user, a role, a session of a role, or the root of an account')
  addAccessOptions(explainCommand).action(async (flags: ExplainFlags) => {
    const { text, isAllowed } = await explain(flags, environment)
    print(text)
    outcome.code = isAllowed ? 0 : DENIED
  })
  addAccessOptions(
    coffer.command('who-can').description('list every known principal that may do something to a secret'),
  ).action(async (flags: AccessFlags) => {
    print(await whoCan(flags, environment))
  })

  coffer
    .command('login')
    .description('sign in with name and password, and print shell lines with temporary credentials')
    .requiredOption('--user <name>', 'user of the account')
    .option('--account <id>', "twelve digits (default: the admin's account)")
    .option('--mfa', 'ask for the code of an MFA device')
    .option('--duration <seconds>', 'how long the credentials last: 900 to 129600 (default: 43200)')
    .option('--url <url>', 'where Coffer serves (env: AWS_ENDPOINT_URL, default: http://127.0.0.1:7766)')
    .option('--shell <name>', 'bash, zsh, fish or powershell (default: the one of SHELL)')
    .addHelpText('after', LOGIN_EXAMPLES)
    .action(async (flags: LoginFlags) => {
      print(await login(flags, { environment, input: surroundings.input ?? secretInput(complain) }))
    })

  coffer
    .command('hash-password')
    .description('print the hash of a password, for the identities file; the password is typed or piped in')
    .action(async () => {
      print(await printPasswordHash(surroundings.input ?? secretInput(complain)))
    })

  coffer
    .command('totp')
    .description('print the code of a virtual MFA device; its seed is typed or piped in')
    .option('--pair', 'the code before, and the present one')
    .option('--next', 'the code after')
    .addHelpText('after', TOTP_EXAMPLES)
    .action(async (flags: TotpFlags) => {
      print(await printTotp(flags, surroundings.input ?? secretInput(complain)))
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

/** Commands that are made here inherit how errors and output are handled; those made elsewhere do not. */
function addCommand(parent: Command, command: Command): void {
  for (const one of [command, ...command.commands]) one.copyInheritedSettings(parent)
  parent.addCommand(command)
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

function addAccessOptions(command: Command): Command {
  return command
    .requiredOption('--action <action>', 'such as secretsmanager:GetSecretValue')
    .option('--secret <id>', 'name or ARN of the secret, for actions that have one')
    .option(
      '--context <key=value>',
      'what a condition key is; repeat it for more, leave the value out for absent',
      collect,
    )
    .option('--region <region>', 'of the secret')
    .option(
      '--url <url>',
      'where Coffer is (env: AWS_ENDPOINT_URL or AWS_ENDPOINT_URL_SECRETS_MANAGER, default: http://127.0.0.1:7766)',
    )
    .option('--json', 'print the answer as JSON')
    .addHelpText('after', EXPLAIN_EXAMPLES)
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]
