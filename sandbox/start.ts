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
import { callersEndpoint } from './callers-endpoint.ts'
import { Deployment } from './deployment.ts'
import { CustomResources } from './events/custom-resources.ts'
import { EventSide } from './events/event-side.ts'
import type { FunctionDefinition } from './functions/definition.ts'
import type { HttpAnswer } from './gateway/failures.ts'
import { BODY_LIMIT, Gateway } from './gateway/gateway.ts'
import { HttpListener } from './http.ts'
import { EVERYTHING, withUsers, type UserWish } from './iam/identities.ts'
import { reportOf, type Report } from './report.ts'
import { readAssembly } from './template/assembly.ts'

export interface SandboxOptions extends AwsSideOptions {
  /** A folder that `cdk synth` wrote. */
  readonly assembly: string
  /** Of the gateway; 0 takes a free one. */
  readonly port: number
  readonly admin: AccessKey
  readonly users: readonly UserWish[]
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
  const aws = await startAwsSide(deployment, { ...options, accounts: accountsOf(options, account) })
  let events: EventSide
  let gateway: Gateway
  try {
    await makeCustomResources(deployment, aws, onFault)
    checkRoles(deployment, aws)
    gateway = gatewayOf(deployment, aws, options.longestIntegrationMs)
    events = new EventSide(deployment, aws, onFault)
  } catch (error) {
    await aws.stop()
    throw error
  }

  const report = (): Report => reportOf(aws.ledger, aws.counts, events.deadLetters)
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
    const [url, adminUrl, kmsUrl] = await Promise.all([gatewayListener.listen(), admin.listen(), callers.listen()])
    return { url: url + gateway.basePath, adminUrl, kmsUrl, account, regions, report, stop }
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

/** Reads every role once, and checks what Lambda itself does under each: writing the function's log. */
function checkRoles({ functions }: Deployment, { ledger, proxy }: AwsSide): void {
  for (const definition of functions) {
    const grants = definition.role.policies.flatMap((policy) => policy.grants)
    ledger.watch(definition.name, definition.region, grants)
    checkLogging(proxy, definition)
  }
}

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
