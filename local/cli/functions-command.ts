/**
 * `coffer functions` on the command line: its commands, their options and their help.
 * @module
 */
import { Command, Option } from 'commander'
import type { Environment } from '../config.ts'
import {
  addFunction,
  functionLogs,
  invokeFunction,
  listFunctions,
  removeFunction,
  showFunction,
  type AddFlags,
  type InvokeFlags,
} from './functions.ts'
import type { LambdaFlags } from './lambda-client.ts'

export interface FunctionsCommandOptions {
  readonly environment: Environment
  readonly print: (text: string) => void
  readonly complain: (text: string) => void
  /** Of a function that failed. */
  readonly fail: () => void
}

const EXAMPLES = `
Functions are those of the account of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, in one Region, as on AWS: \`aws lambda\`
and Terraform see the same ones. They run as this machine's own processes, with the rights of the server's user:
add code that you trust (docs/functions.md).

Examples:
  $ coffer functions add rotate --runtime nodejs24.x --handler rotate.handler --code ./rotate.mjs
  $ coffer rotate enable db --every 30d --function rotate
  $ coffer functions logs rotate`

const ADD_EXAMPLES = `
Adds the function, or changes what is given here of the one that there is. A new one may be invoked by Secrets Manager for
secrets of its account. Without --role it has no credentials of Coffer. Values of --env can be seen by other users of this
machine while the command runs: secrets belong into an --environment-file, with lines such as NAME=value.

Examples:
  $ coffer functions add rotate --runtime nodejs24.x --handler rotate.handler --code ./rotate.mjs
  $ coffer functions add rotate-db --runtime python3.x --handler lambda_function.lambda_handler --code ./rotation \\
      --role arn:aws:iam::123456789012:role/rotation --timeout 60 --env EXCLUDE_CHARACTERS=/@
  $ coffer functions add rotate-db --code ./rotation.zip       # new code, the rest as it is
  $ coffer functions add rotate-db --timeout 120               # the same code`

const INVOKE_EXAMPLES = `
Prints the result; with --log what the function wrote meanwhile goes to standard error. Exit code 1: the function failed.
A rotation function expects the events of a rotation, with a version that is being made: a secret's own is made by
\`coffer rotation rehearse\`, which calls testSecret and changes nothing.

Examples:
  $ coffer functions invoke hello --payload '{"name": "world"}' --log
  $ coffer rotation rehearse db`

export function functionsCommand({ environment, print, complain, fail }: FunctionsCommandOptions): Command {
  const functions = new Command('functions')
    .description('Lambda functions that rotate secrets, run by a running Coffer')
    .addHelpText('after', EXAMPLES)

  withPlace(functions.command('add <name>').description('add a function, or change it'))
    .option('--code <path>', 'a folder, a single file or a zip file; a function that is there may do without')
    .option('--handler <name>', 'file and function, such as rotate.handler')
    .option('--runtime <name>', 'nodejs24.x, python3.x and the like')
    .option('--env <name=value>', 'a variable; repeat it for more; they replace all that it has', collect)
    .option('--environment-file <file>', 'a file of variables')
    .addOption(new Option('--env-file <file>').hideHelp())
    .option('--role <arn>', 'role whose credentials it gets; its trust policy must name lambda.amazonaws.com')
    .option('--timeout <seconds>', '1 to 900 (default: 30)')
    .option('--memory <megabytes>', '128 to 10240 (default: 128)')
    .option('--concurrency <number>', 'how many of it may run at once (default: 10); 0: none, it is never run')
    .option('--description <text>', 'what it is for')
    .addHelpText('after', ADD_EXAMPLES)
    .action(async (name: string, flags: AddFlags) => {
      print(await addFunction(name, flags, environment))
    })

  withPlace(functions.command('list').description('list the functions')).action(async (flags: LambdaFlags) => {
    print(await listFunctions(flags, environment))
  })

  withPlace(functions.command('show <name>').description('show a function and who may invoke it')).action(
    async (name: string, flags: LambdaFlags) => {
      print(await showFunction(name, flags, environment))
    },
  )

  withPlace(
    functions.command('logs <name>').description('print what a function wrote lately; kept in memory alone'),
  ).action(async (name: string, flags: LambdaFlags) => {
    print(await functionLogs(name, flags, environment))
  })

  withPlace(functions.command('invoke <name>').description('invoke a function and print its result'))
    .option('--payload <json>', 'the event (default: {})')
    .option('--log', 'show what it wrote meanwhile')
    .addHelpText('after', INVOKE_EXAMPLES)
    .action(async (name: string, flags: InvokeFlags) => {
      const { text, log, hasFailed, advice } = await invokeFunction(name, flags, environment)
      if (log !== '') complain(log)
      print(text)
      if (advice !== undefined) complain(`coffer: ${advice}\n`)
      if (hasFailed) fail()
    })

  withPlace(functions.command('remove <name>').description('remove a function and its code')).action(
    async (name: string, flags: LambdaFlags) => {
      print(await removeFunction(name, flags, environment))
    },
  )
  return functions
}

const withPlace = (command: Command): Command =>
  command
    .option('--url <url>', 'where Coffer serves (env: AWS_ENDPOINT_URL, default: http://127.0.0.1:7766)')
    .option('--region <region>', 'of the function (env: AWS_REGION, default: us-east-1)')

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]
