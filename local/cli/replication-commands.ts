/**
 * `coffer replication` on the command line: its commands, options and help.
 * @module
 */
import { Command } from 'commander'
import type { Environment } from '../config.ts'
import {
  replicationNetwork,
  replicationPreflight,
  replicationStatus,
  type NetworkFlags,
  type PreflightFlags,
  type StatusFlags,
  type Told,
} from './replication.ts'
import { reprimary, type ReprimaryFlags } from './replication-reprimary.ts'

export interface ReplicationCommandOptions {
  readonly environment: Environment
  readonly print: (text: string) => void
  /** The answer is that it is not well: not 1, so that a script can tell it from having no answer. */
  readonly setExitCode: (code: 3) => void
}

const EXAMPLES = `
status, preflight and reprimary need AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of somebody whom policies allow
coffer:ShowReplication, coffer:PreflightReplication and coffer:ReprimaryReplication on the secret in the Regions that are
asked. The admin may. See docs/regions.md.

On AWS every Region has its own URL: {region} in --url stands for the Region that is asked, or --url names them all,
as us-east-1=https://...,eu-west-1=https://....

Examples:
  $ coffer replication status db
  $ coffer replication preflight db --to eu-west-1
  $ coffer replication reprimary db --to eu-west-1
  $ coffer replication status db --region eu-west-1 --url https://secrets.{region}.example.com`

const STATUS_EXAMPLES = `
Shows the secret as one Region sees it. Exit code 0: all copies are in sync; 3: one is not, or something is left to be done;
1 and 2: there is no answer.

Examples:
  $ coffer replication status db
  $ coffer replication status db --region eu-west-1 --json | jq .role`

const PREFLIGHT_EXAMPLES = `
Asks the Region of the copy, before ReplicateSecretToRegions is called: whether Coffer is there, the name is free and the key
can be used. Nothing changes. Exit code 0: it will work; 3: it will not; 1 and 2: there is no answer.

Examples:
  $ coffer replication preflight db --to eu-west-1
  $ coffer replication preflight db --to eu-west-1 --kms-key-id alias/payments --overwrite`

const REPRIMARY_EXAMPLES = `
Makes the secret in --to the primary, and the present primary its replica: the way back after StopReplicationToReplica, or
out of a Region. The one that steps down takes no writes until the other has taken over, and both can be read all the time.
Where both have changed since they went apart it is refused unless --winner says whose labels and metadata stay; the versions
of the other are kept. Exit code 0: it is done; 3: it has failed, and is tried again; 1 and 2: there is no answer.

Examples:
  $ coffer replication reprimary db --to eu-west-1
  $ coffer replication reprimary db --to us-east-1 --winner eu-west-1`

const NETWORK_EXAMPLES = `
The network between the Regions of an embedded Coffer, for tests: how long a change takes to arrive, by the clock of --clock,
and Regions that nothing arrives in or leaves. Their own API goes on. With the next start all are connected again.
It needs the admin's access key.

Examples:
  $ coffer replication network --lag 5s
  $ coffer replication network --cut eu-west-1
  $ coffer replication network --heal`

/** To be added to the program. */
export function replicationCommand({ environment, print, setExitCode }: ReplicationCommandOptions): Command {
  const replication = new Command('replication')
    .description(
      'copies of secrets in other Regions: how they are, whether they will work, and which one is the primary',
    )
    .addHelpText('after', EXAMPLES)
  const tell = ({ text, isFine }: Told): void => {
    print(text)
    if (!isFine) setExitCode(NOT_WELL)
  }

  withUrl(replication.command('status <secret>').description('show what has become of its copies'))
    .option('--region <region>', 'the Region that is asked')
    .option('--json', 'print everything as JSON')
    .addHelpText('after', STATUS_EXAMPLES)
    .action(async (secret: string, flags: StatusFlags) => {
      tell(await replicationStatus({ flags, environment }, secret, flags))
    })

  withUrl(replication.command('preflight <secret>').description('ask whether a copy in a Region will work'))
    .requiredOption('--to <region>', 'the Region that shall have a copy')
    .option('--kms-key-id <key>', "id, ARN or alias of the copy's key in that Region (default: the service's own)")
    .option('--overwrite', 'as with ForceOverwriteReplicaSecret: another secret of the name is overwritten')
    .option('--json', 'print the answer as JSON')
    .addHelpText('after', PREFLIGHT_EXAMPLES)
    .action(async (secret: string, flags: PreflightFlags) => {
      tell(await replicationPreflight({ flags, environment }, secret, flags))
    })

  withUrl(replication.command('reprimary <secret>').description('make the secret in another Region the primary'))
    .requiredOption('--to <region>', 'the Region that shall be the primary')
    .option('--from <region>', 'the Region that steps down (default: the one that is seen to be the primary)')
    .option('--winner <region>', 'where both have changed: the Region whose labels and metadata stay')
    .option('--wait', 'wait for its end (default)')
    .option('--no-wait', 'do not wait for its end')
    .option('--timeout <duration>', 'how long to wait, such as 90s (default: 10m)')
    .option('--json', 'print the outcome as JSON')
    .addHelpText('after', REPRIMARY_EXAMPLES)
    .action(async (secret: string, flags: ReprimaryFlags) => {
      const isDone = await reprimary({ flags, environment }, secret, { flags, print })
      if (!isDone) setExitCode(NOT_WELL)
    })

  replication
    .command('network')
    .description('show or change what the network between the Regions of an embedded Coffer is like')
    .option('--lag <duration>', 'how long a change takes to arrive, such as 5s; 0s: no time')
    .option('--cut <regions>', 'Regions that are cut off from all others, separated by commas')
    .option('--heal', 'connect all Regions again')
    .option('--json', 'print the answer as JSON')
    .option('--url <url>', 'where Coffer serves (env: AWS_ENDPOINT_URL, default: http://127.0.0.1:7766)')
    .addHelpText('after', NETWORK_EXAMPLES)
    .action(async (flags: NetworkFlags) => {
      print(await replicationNetwork(flags, environment))
    })
  return replication
}

const NOT_WELL = 3

const withUrl = (command: Command): Command =>
  command.option(
    '--url <url>',
    'where Coffer is (env: AWS_ENDPOINT_URL or AWS_ENDPOINT_URL_SECRETS_MANAGER, default: http://127.0.0.1:7766)',
  )
