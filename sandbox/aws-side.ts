/**
 * What the functions of a deployment stand on: their threads, the AWS services that they call, and the proxy between the two.
 * @module
 */
import { Keyring } from '../lambda/adapters/embedded/keyring/keyring.ts'
import { keyringSchema } from '../lambda/adapters/embedded/keyring/schema.ts'
import { openSealedDatabase } from '../lambda/adapters/embedded/keyring/sealed-database.ts'
import type { Authorizer } from '../lambda/auth/authorizer.ts'
import type { WireService } from '../lambda/protocol/wire.ts'
import type { Clock } from '../lambda/core/ports/clock.ts'
import { systemEntropy } from '../lambda/adapters/system-entropy.ts'
import { wallClock } from '../local/clock.ts'
import type { Account } from '../local/identities/model.ts'
import { identityStoreSchema } from '../local/identities/schema.ts'
import { iamEndpoint } from '../local/iam/iam-service.ts'
import { kmsService } from '../local/kms/kms-service.ts'
import { CallCounts } from './aws/call-counts.ts'
import { DynamoEmulator } from './aws/dynamodb/emulator.ts'
import { GlobalTables, type Replication } from './aws/dynamodb/global-table.ts'
import { DynamoDbService } from './aws/dynamodb/service.ts'
import { Faults, type FaultTargets } from './aws/faults.ts'
import { IamService } from './aws/iam.ts'
import { judgedByProxy } from './aws/judged-by-proxy.ts'
import { KmsService } from './aws/kms.ts'
import { LambdaService } from './aws/lambda.ts'
import { AwsProxy } from './aws/proxy.ts'
import { Scheduler, SCHEDULER } from './aws/scheduler/schedules.ts'
import { SchedulerService } from './aws/scheduler/service.ts'
import { SnsService } from './aws/sns/service.ts'
import { Executions } from './aws/states/executions.ts'
import { invokeLambda } from './aws/states/lambda-task.ts'
import { StatesService } from './aws/states/service.ts'
import { TaggingService } from './aws/tagging.ts'
import { SandboxClock } from './clock.ts'
import type { Deployment } from './deployment.ts'
import { Agenda } from './events/agenda.ts'
import { Streams } from './events/streams.ts'
import { FunctionHost } from './functions/function-host.ts'
import { LogBuffer } from './functions/log-buffer.ts'
import { OutsideFunctions } from './functions/outside-functions.ts'
import { HttpListener } from './http.ts'
import { callersOf, type Callers } from './iam/callers.ts'
import { Ledger, type Violation } from './iam/ledger.ts'
import { withRoles } from './iam/listed-account.ts'
import { RoleGate } from './iam/role-gate.ts'
import { SandboxProblem } from './json.ts'

export interface AwsSideOptions {
  /** Whose identities call the API. */
  readonly accounts: readonly Account[]
  readonly replication: Replication
  /** Threads per function. */
  readonly threads: number
  /** For tests: functions end earlier than their templates say. */
  readonly longestFunctionMs: number
  /** What the functions write, as they write it. */
  readonly onLog?: (name: string, text: string) => void
  /** A call was refused; each kind of it once. */
  readonly onRefused?: (violation: Violation) => void
  /** A fault of the sandbox itself. */
  readonly onFault: (error: unknown) => void
  /** What functions outside the deployment are told of it; asked when one starts. */
  readonly outsideEnvironment: () => Readonly<Record<string, string>>
}

export interface AwsSide {
  readonly clock: SandboxClock
  readonly ledger: Ledger
  readonly counts: CallCounts
  readonly faults: Faults
  readonly faultTargets: FaultTargets
  readonly logs: LogBuffer
  readonly callers: Callers
  readonly keyring: Keyring
  /** KMS for callers. */
  readonly kms: WireService
  readonly tables: GlobalTables
  readonly streams: Streams
  readonly host: FunctionHost
  readonly proxy: AwsProxy
  readonly agenda: Agenda
  readonly executions: Executions
  readonly scheduler: Scheduler
  readonly sns: SnsService
  readonly outside: OutsideFunctions
  readonly stop: () => Promise<void>
}

/** More than any AWS call of a function has. */
const BODY_LIMIT = 16 * 1024 * 1024

export async function startAwsSide(deployment: Deployment, options: AwsSideOptions): Promise<AwsSide> {
  const { onFault } = options
  const clock = new SandboxClock()
  const entropy = systemEntropy
  const [ledger, counts] = [new Ledger(options.onRefused), new CallCounts()]
  const [faults, logs] = [new Faults(), new LogBuffer(options.onLog)]

  const masterKey = { kind: 'value', value: entropy.bytes(32).toString('hex') } as const
  const migrations = [[keyringSchema, identityStoreSchema].join(';\n')]
  const sealed = await openSealedDatabase({ path: ':memory:', migrations, masterKey, entropy })
  const keyring = new Keyring({ ...sealed, clock, entropy })
  const kmsFor = (authorizer: Authorizer): WireService => kmsService({ keyring, entropy, clock, authorizer })
  const callers = await callersOf({ ...sealed, entropy, wallClock, accounts: options.accounts })
  const kms = kmsFor(callers.authorizer)

  const emulator = new DynamoEmulator()
  for (const region of deployment.regions)
    await emulator.start(
      region,
      deployment.tables.filter((table) => table.regions.includes(region)),
    )
  const streams = new Streams(clock)
  const tables = new GlobalTables({
    emulator,
    tables: deployment.tables,
    replication: options.replication,
    entropy,
    onChange: (change) => streams.publish(change),
    onFault,
  })

  let awsEndpoint = ''
  const host = new FunctionHost({
    clock,
    entropy,
    logs,
    threads: options.threads,
    longestTimeoutMs: options.longestFunctionMs,
    awsEndpoint: () => awsEndpoint,
    onInvoked: ({ name, region }, requestId, failed) => counts.invoked({ function: name, region, requestId }, failed),
  })
  for (const definition of deployment.functions) host.add(definition)
  const agenda = new Agenda(clock)
  const gate = new RoleGate({ ledger, clock })
  const { stateMachines: machines, scheduleGroups: groups, rolesByArn: roles, topics } = deployment
  const executions = new Executions({
    agenda,
    entropy,
    performTask: (machine, call) => invokeLambda(machine, call, { host, gate, faults }),
    onFault,
  })
  const scheduler = new Scheduler({ agenda, groups, roles, machines, executions, gate, faults })
  const sns = new SnsService({ topics, clock, entropy })
  const outside = outsideFunctions(deployment, { host, callers }, options.outsideEnvironment)
  const services = [
    new DynamoDbService({ emulator, tables }),
    new KmsService({ keyring, wire: kmsFor(judgedByProxy), entropy, regions: deployment.regions }),
    new LambdaService(host, (arn) => policyOf(arn, outside, deployment)),
    new IamService({ wire: iamWire(callers, deployment, clock), entropy }),
    new TaggingService(keyring),
    new StatesService({ machines, executions }),
    new SchedulerService({ scheduler, ledger }),
    sns,
  ]
  const faultTargets = {
    services: new Map(services.map(({ signingName, operations }) => [signingName, operations] as const)),
    functions: [
      ...new Set([...deployment.functions, ...machines].map(({ name }) => name)),
      ...(groups.length === 0 ? [] : [SCHEDULER]),
    ],
  }
  const proxy = new AwsProxy({ services, host, ledger, counts, faults, clock })
  const listener = proxyListener(proxy, clock, onFault)
  awsEndpoint = await listener.listen()

  const stop = async (): Promise<void> => {
    await host.stop()
    await listener.close()
    await emulator.stop()
    sealed.database.close()
    outside.stop()
  }
  return {
    clock,
    ledger,
    counts,
    faults,
    faultTargets,
    logs,
    callers,
    keyring,
    kms,
    tables,
    streams,
    host,
    proxy,
    agenda,
    executions,
    scheduler,
    sns,
    outside,
    stop,
  }
}

const outsideFunctions = (
  { account, regions, functions }: Deployment,
  { host, callers }: Pick<AwsSide, 'host' | 'callers'>,
  environment: AwsSideOptions['outsideEnvironment'],
): OutsideFunctions =>
  new OutsideFunctions({
    host,
    callers,
    entropy: systemEntropy,
    account,
    regions,
    isTaken: (arn) => functions.some((definition) => definition.arn === arn),
    environment,
  })

function policyOf(arn: string, outside: OutsideFunctions, { permissions }: Deployment): string | undefined {
  if (permissions.has(arn))
    throw new SandboxProblem(`${arn}: the sandbox does not know the policies of the deployment's functions as text`)
  return outside.policyOf(arn)
}

function iamWire(callers: Callers, { roles }: Deployment, clock: Clock): WireService {
  const identities = { ...callers, store: withRoles(callers.store, roles), authorizer: judgedByProxy }
  return iamEndpoint({ identities, entropy: systemEntropy, now: () => wallClock.now(), clock }).serve
}

const proxyListener = (proxy: AwsProxy, clock: SandboxClock, onFault: (error: unknown) => void): HttpListener =>
  new HttpListener({
    bodyLimit: BODY_LIMIT,
    onFault,
    answer: async ({ message, body }, response) => {
      const { method = '', url = '', headers, rawHeaders } = message
      const answer = await proxy.answer({ method, url, headers, rawHeaders, body })
      // The functions live in the sandbox's time: an SDK that is told another corrects its signatures by it.
      const date = new Date(clock.now()).toUTCString()
      response.writeHead(answer.status, { ...answer.headers, date }).end(answer.body)
    },
  })
