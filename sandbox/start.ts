/**
 * Puts the sandbox together: everything that the templates describe, in this process and on 127.0.0.1.
 * @module
 */
import type { ServerResponse } from 'node:http'
import { partitionOf } from '../lambda/core/domain/names.ts'
import { wallClock } from '../local/clock.ts'
import { systemEntropy } from '../lambda/adapters/system-entropy.ts'
import type { AccessKey } from '../local/identities/access-keys.ts'
import type { Account } from '../local/identities/model.ts'
import { adminEndpoint } from './admin/admin-endpoint.ts'
import { startAwsSide, type AwsSide, type AwsSideOptions } from './aws-side.ts'
import type { AwsProxy } from './aws/proxy.ts'
import type { Schedule } from './aws/scheduler/schedule.ts'
import { SCHEDULER } from './aws/scheduler/schedules.ts'
import type { Execution } from './aws/states/executions.ts'
import { callersEndpoint } from './callers-endpoint.ts'
import { Deployment } from './deployment.ts'
import { CustomResources } from './events/custom-resources.ts'
import { EventSide } from './events/event-side.ts'
import type { FunctionDefinition } from './functions/definition.ts'
import { readFunctionWish, type FunctionWish } from './functions/outside-functions.ts'
import type { HttpAnswer } from './gateway/failures.ts'
import { BODY_LIMIT, Gateway } from './gateway/gateway.ts'
import { HttpListener } from './http.ts'
import { EVERYTHING, withUsers, type UserWish } from './iam/identities.ts'
import type { Grant } from './iam/policy-document.ts'
import type { Role } from './iam/role.ts'
import type { JsonObject } from './json.ts'
import { reportOf, type Report } from './report.ts'
import { readAssembly } from './template/assembly.ts'

export interface SandboxOptions extends Omit<AwsSideOptions, 'outsideEnvironment'> {
  /** A folder that `cdk synth` wrote. */
  readonly assembly: string
  /** Of the gateway; 0 takes a free one. */
  readonly port: number
  readonly admin: AccessKey
  readonly users: readonly UserWish[]
  /** Functions of the account that are not the deployment's. */
  readonly functions: readonly FunctionWish[]
  /** For tests: integrations end earlier than after the 29 s of API Gateway. */
  readonly longestIntegrationMs: number
}

export interface Sandbox {
  /** What clients are pointed to: with the stage. */
  readonly url: string
  readonly adminUrl: string
  /** KMS, STS and IAM for callers. */
  readonly kmsUrl: string
  readonly account: string
  readonly regions: readonly string[]
  readonly report: () => Report
  readonly stop: () => Promise<void>
}

/** API Gateway quotas: request line and header values together. */
const HEADER_LIMIT = 10_240

/** @throws {SandboxProblem} for what the templates have and the sandbox does not know */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const deployment = new Deployment(readAssembly(options.assembly))
  const { account, regions } = deployment
  const { onFault } = options
  const places = { url: '', kmsUrl: '' }
  const outsideEnvironment = (): Record<string, string> => environmentOutside(places)
  const aws = await startAwsSide(deployment, { ...options, accounts: accountsOf(options, account), outsideEnvironment })
  let events: EventSide
  let gateway: Gateway
  try {
    await makeCustomResources(deployment, aws, onFault)
    checkRoles(deployment, aws)
    gateway = gatewayOf(deployment, aws, options.longestIntegrationMs)
    events = new EventSide(deployment, aws, onFault)
    for (const wish of options.functions) await aws.outside.add(wish)
  } catch (error) {
    await aws.stop()
    throw error
  }

  const report = (): Report => reportOf({ ...aws, deadLetters: events.deadLetters })
  const gatewayListener = listenerOf(gateway, options)
  const callers = callersEndpoint({ kms: aws.kms, callers: aws.callers, regions, clock: aws.clock, wallClock, onFault })
  const admin = adminEndpoint(
    {
      faults: aws.faults,
      faultTargets: aws.faultTargets,
      advance: (milliseconds) => events.advance(milliseconds),
      settle: () => events.settle(),
      holdReplication: (isHeld) => aws.tables.hold(isHeld),
      report,
      resetCounts: () => aws.counts.reset(),
      logs: () => aws.logs.all,
      executions: () => aws.executions.all.map(executionShown),
      messages: () => aws.sns.messages,
      schedules: () => aws.scheduler.all.map(scheduleShown),
      deliverSchedules: (delivery) => (aws.scheduler.delivery = delivery),
      addFunction: (given) => aws.outside.add(readFunctionWish(given, 'function')),
    },
    onFault,
  )
  const stop = async (): Promise<void> => {
    events.stop()
    await Promise.all([gatewayListener.close(), admin.close(), callers.close()])
    await aws.stop()
  }
  try {
    await events.begin()
    const [gatewayUrl, adminUrl, kmsUrl] = await Promise.all([
      gatewayListener.listen(),
      admin.listen(),
      callers.listen(),
    ])
    const url = gatewayUrl + gateway.basePath
    Object.assign(places, { url, kmsUrl })
    return { url, adminUrl, kmsUrl, account, regions, report, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function accountsOf({ admin, users, accounts }: SandboxOptions, account: string): readonly Account[] {
  const first: UserWish = { userName: 'admin', accessKey: admin, policy: EVERYTHING }
  return withUsers(accounts, [first, ...users], account)
}

async function makeCustomResources(
  deployment: Deployment,
  { host }: AwsSide,
  onFault: (error: unknown) => void,
): Promise<void> {
  const customResources = new CustomResources({ host, entropy: systemEntropy, onFault })
  await customResources.start()
  try {
    await deployment.createCustomResources((resolver, resource) => customResources.create(resolver, resource))
  } finally {
    await customResources.stop()
  }
}

/** As functions of AWS's templates and the SDK's clients look for the places of services. */
const environmentOutside = ({ url, kmsUrl }: { url: string; kmsUrl: string }): Record<string, string> => ({
  SECRETS_MANAGER_ENDPOINT: url,
  AWS_ENDPOINT_URL_SECRETS_MANAGER: url,
  AWS_ENDPOINT_URL_KMS: kmsUrl,
  AWS_ENDPOINT_URL_STS: kmsUrl,
  AWS_ENDPOINT_URL_IAM: kmsUrl,
})

const executionShown = ({ machine, ...execution }: Execution): JsonObject => ({
  ...execution,
  stateMachine: machine.name,
  region: machine.region,
})

const scheduleShown = ({ name, group, region, expression, target }: Schedule): JsonObject => ({
  name,
  group,
  region,
  expression,
  target: target.arn,
  input: target.input,
})

/** Reads every role once, and checks what services do under each by themselves: writing the log of a function, or of a state machine. */
function checkRoles({ functions, stateMachines, scheduleRoles }: Deployment, { ledger, proxy }: AwsSide): void {
  for (const definition of functions) {
    ledger.watch(definition.name, definition.region, grantsOf(definition.role))
    checkLogging(proxy, definition)
  }
  for (const machine of stateMachines) {
    ledger.watch(machine.name, machine.region, grantsOf(machine.role))
    for (const need of machine.standingNeeds) proxy.isAllowed(machine, need)
  }
  for (const { role, region } of scheduleRoles) ledger.watch(SCHEDULER, region, grantsOf(role))
}

const grantsOf = ({ policies }: Role): readonly Grant[] => policies.flatMap((policy) => policy.grants)

function checkLogging(proxy: AwsProxy, definition: FunctionDefinition): void {
  const { region, account, logGroup } = definition
  const resource = `arn:${partitionOf(region)}:logs:${region}:${account}:log-group:${logGroup}:log-stream:sandbox`
  for (const action of ['logs:CreateLogStream', 'logs:PutLogEvents']) proxy.isAllowed(definition, { action, resource })
}

const gatewayOf = (
  deployment: Deployment,
  { host, ledger, clock, callers }: AwsSide,
  longestTimeoutMs: number,
): Gateway =>
  new Gateway({
    apis: deployment.apis(),
    permissions: deployment.permissions,
    host,
    callers,
    ledger,
    clock,
    wallClock,
    entropy: systemEntropy,
    longestTimeoutMs,
  })

const listenerOf = (gateway: Gateway, { port, onFault }: SandboxOptions): HttpListener =>
  new HttpListener({
    port,
    bodyLimit: BODY_LIMIT,
    server: { maxHeaderSize: HEADER_LIMIT },
    onFault,
    answer: async ({ message, body, isTooLarge }, response) => {
      const { method: httpMethod = '', url = '', rawHeaders, socket } = message
      const sourceIp = socket.remoteAddress ?? ''
      send(await gateway.answer({ httpMethod, url, rawHeaders, body, isTooLarge, sourceIp }), response)
    },
  })

function send({ status, headers, body }: HttpAnswer, response: ServerResponse): void {
  response.writeHead(status, [...headers.flat(), 'content-length', String(body.length)]).end(body)
}
