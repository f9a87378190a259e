/**
 * `coffer rotation` and `coffer rotate` on the command line: their commands, options and help.
 * @module
 */
import { Command } from 'commander'
import type { Environment } from '../config.ts'
import type { PlaceFlags } from './coffer-call.ts'
import { disableRotation, enableRotation, type EnableFlags } from './rotate.ts'
import {
  abortRotation,
  resumeRotation,
  runRotation,
  showRotation,
  type FollowFlags,
  type ShowFlags,
} from './rotation.ts'

export interface RotationCommandOptions {
  readonly environment: Environment
  readonly print: (text: string) => void
  /** Of a rotation that did not succeed: not 1, so that a script can tell it from having no answer. */
  readonly setExitCode: (code: 3) => void
}

const ROTATION_EXAMPLES = `
It needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of somebody whom policies allow coffer:ShowRotation,
coffer:ResumeRotation and coffer:AbortRotation on the secret; rehearse and run need secretsmanager:DescribeSecret and
secretsmanager:RotateSecret, and coffer:ShowRotation to print the steps. The admin may. See docs/rotation.md.

Examples:
  $ coffer rotation show db
  $ coffer rotation rehearse db`

const SHOW_EXAMPLES = `
Shows the schedule, what comes next, and for each rotation every attempt and step: how long it took, what failed, and what
to look at. No secret is in it.

Examples:
  $ coffer rotation show db
  $ coffer rotation show db --json | jq '.rotations[0].attempts[-1].steps'`

const FOLLOW_NOTE = `
Prints the steps as they end, which takes coffer:ShowRotation; with --no-wait not. Exit code 0: it succeeded; 3: it did
not; 1 and 2: there is no answer. A Coffer that is started again meanwhile is waited for, for a minute.`

const RESUME_EXAMPLES = `
Goes on with a rotation that has failed, at the step that failed, instead of waiting for its next attempt.
${FOLLOW_NOTE}

Examples:
  $ coffer rotation resume db`

const ABORT_EXAMPLES = `
Gives up a rotation that is running or has failed: AWSPENDING goes at once, and where rotation is on the next one comes by
the schedule. What a function has changed in a database by then stays changed: see that AWSCURRENT still logs in.

Examples:
  $ coffer rotation abort db`

const REHEARSE_EXAMPLES = `
Tests how rotation is set up: testSecret is called with a copy of the current value, which is removed again. Nothing changes.
${FOLLOW_NOTE}

Examples:
  $ coffer rotation rehearse db && echo it would`

const RUN_EXAMPLES = `
Rotates now, as it is set up.
${FOLLOW_NOTE}

Examples:
  $ coffer rotation run db
  $ coffer rotation run db --no-wait`

const ROTATE_EXAMPLES = `
Examples:
  $ coffer rotate enable db --every 30d
  $ coffer rotate disable db`

const ENABLE_EXAMPLES = `
Turns rotation on, or changes how it is set up, and rotates at once; with --not-now it is tested alone. Without --function
the function stays the one that the secret has; a secret that has none gets managed rotation. That reads engine, host, port,
username and password in the secret's JSON, and alternates between two users where masterarn names an admin's secret. A value
of no database takes --strategy generic: it changes in the secret alone.

--strategy and --setting replace all settings that the secret has; without either they stay, and --no-settings clears them.
${FOLLOW_NOTE}

Examples:
  $ coffer rotate enable db --every 30d
  $ coffer rotate enable db --every 1w --no-settings
  $ coffer rotate enable db --cron "0 3 ? * SUN *" --window 2h --not-now
  $ coffer rotate enable api-key --every 12h --strategy generic --setting passwordLength=48
  $ coffer rotate enable db --every 30d --function rotate-db
  $ coffer rotate enable db --every 30d --url https://abc123.execute-api.eu-central-1.amazonaws.com/v1 --prefix coffer`

const DISABLE_EXAMPLES = `
Turns rotation off; what is running is not gone on with. Labels stay where they are.

Examples:
  $ coffer rotate disable db`

/** To be added to the program. */
export function rotationCommands(options: RotationCommandOptions): readonly Command[] {
  return [rotationCommand(options), rotateCommand(options)]
}

function rotationCommand({ environment, print, setExitCode }: RotationCommandOptions): Command {
  const rotation = new Command('rotation')
    .description('what a rotation did, step by step, and what to do about one that fails')
    .addHelpText('after', ROTATION_EXAMPLES)
  const ended = (isSuccess: boolean): void => {
    if (!isSuccess) setExitCode(NOT_SUCCEEDED)
  }

  withPlace(rotation.command('show <secret>').description('show the schedule and the records of its rotations'))
    .option('--json', 'print everything as JSON')
    .option('--all', 'print all rotations that are kept, up to 25, and not only the last five')
    .addHelpText('after', SHOW_EXAMPLES)
    .action(async (secret: string, flags: ShowFlags) => {
      print(await showRotation({ flags, environment }, secret, flags))
    })

  following(rotation.command('resume <secret>').description('go on with a rotation that failed, where it failed'))
    .addHelpText('after', RESUME_EXAMPLES)
    .action(async (secret: string, flags: FollowFlags) => {
      ended(await resumeRotation({ flags, environment }, secret, { flags, print }))
    })

  withPlace(rotation.command('abort <secret>').description('give up a rotation that runs or has failed'))
    .addHelpText('after', ABORT_EXAMPLES)
    .action(async (secret: string, flags: PlaceFlags) => {
      print(await abortRotation({ flags, environment }, secret))
    })

  following(rotation.command('rehearse <secret>').description('test how rotation is set up; nothing changes'))
    .addHelpText('after', REHEARSE_EXAMPLES)
    .action(async (secret: string, flags: FollowFlags) => {
      ended(await runRotation({ flags, environment }, secret, { flags, isTest: true, print }))
    })

  following(rotation.command('run <secret>').description('rotate now'))
    .addHelpText('after', RUN_EXAMPLES)
    .action(async (secret: string, flags: FollowFlags) => {
      ended(await runRotation({ flags, environment }, secret, { flags, isTest: false, print }))
    })
  return rotation
}

function rotateCommand({ environment, print, setExitCode }: RotationCommandOptions): Command {
  const rotate = new Command('rotate')
    .description('turn the rotation of a secret on and off')
    .addHelpText('after', ROTATE_EXAMPLES)

  following(rotate.command('enable <secret>').description('turn rotation on, or change how it is set up'))
    .option('--every <interval>', 'hours, days or weeks between rotations, such as 12h, 30d or 1w')
    .option('--cron <expression>', 'when its windows open, in UTC, such as "0 3 1 * ? *"')
    .option('--window <hours>', 'how long they are open, such as 3h: 1h to 24h')
    .option('--function <name>', 'name or ARN of the Lambda function that rotates')
    .option('--managed', 'managed rotation, also where the secret has a function')
    .option('--prefix <name>', 'of a deployment on AWS, which names managed rotation (default: coffer)')
    .option(
      '--strategy <name>',
      'of managed rotation: single-user, alternating-users or generic (default: by the JSON)',
    )
    .option('--setting <key=value>', 'of managed rotation, such as passwordLength=40; repeat it for more', collect)
    .option('--no-settings', 'clear the settings and the strategy that the secret has')
    .option('--now', 'rotate at once (default)')
    .option('--not-now', 'test how it is set up, and rotate when the first window comes')
    .addHelpText('after', ENABLE_EXAMPLES)
    .action(async (secret: string, flags: EnableFlags) => {
      const isSuccess = await enableRotation({ flags, environment }, secret, { flags, print })
      if (!isSuccess) setExitCode(NOT_SUCCEEDED)
    })

  withPlace(rotate.command('disable <secret>').description('turn rotation off'))
    .addHelpText('after', DISABLE_EXAMPLES)
    .action(async (secret: string, flags: PlaceFlags) => {
      print(await disableRotation({ flags, environment }, secret))
    })
  return rotate
}

const NOT_SUCCEEDED = 3

const following = (command: Command): Command =>
  withPlace(command)
    .option('--no-wait', 'do not wait for its end')
    .option('--timeout <duration>', 'how long to wait, such as 90s (default: 30m)')

const withPlace = (command: Command): Command =>
  command
    .option('--region <region>', 'of the secret')
    .option(
      '--url <url>',
      'where Coffer is (env: AWS_ENDPOINT_URL or AWS_ENDPOINT_URL_SECRETS_MANAGER, default: http://127.0.0.1:7766)',
    )

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]
