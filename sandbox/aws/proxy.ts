/**
 * The place where every AWS call of every function arrives. It knows the caller by its credentials, checks the call against the caller's synthesised role
 * as AWS would, counts it, and hands it to an emulator.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises'
import { partitionOf } from '../../lambda/core/domain/names.ts'
import type { Clock } from '../../lambda/core/ports/clock.ts'
import { sigv4SecretKey } from '../../local/identities/credential.ts'
import { isRefusal, SignatureVerifier } from '../../local/sigv4/verify.ts'
import type { FunctionDefinition } from '../functions/definition.ts'
import type { FunctionHost } from '../functions/function-host.ts'
import type { Ledger } from '../iam/ledger.ts'
import { SandboxProblem } from '../json.ts'
import { contextOf, type ConditionContext } from '../policy/conditions.ts'
import { delegates, identityFinding, resourceFinding, type Caller } from '../policy/evaluate.ts'
import type { CallCounts } from './call-counts.ts'
import type { Faults } from './faults.ts'
import type { AwsAnswer, AwsOperation, AwsRequest, AwsService, Need } from './service.ts'

export interface AwsProxyOptions {
  readonly services: readonly AwsService[]
  readonly host: FunctionHost
  readonly ledger: Ledger
  readonly counts: CallCounts
  readonly faults: Faults
  /** The functions' time: they sign with it. */
  readonly clock: Clock
}

export interface ProxiedRequest extends Omit<AwsRequest, 'region' | 'caller'> {
  readonly rawHeaders: readonly string[]
}

export class AwsProxy {
  readonly #options: AwsProxyOptions
  readonly #services: ReadonlyMap<string, AwsService>

  constructor(options: AwsProxyOptions) {
    this.#options = options
    this.#services = new Map(options.services.map((service) => [service.signingName, service]))
  }

  async answer(request: ProxiedRequest): Promise<AwsAnswer> {
    const { accessKeyId, region, service: signingName } = scopeOf(request.headers.authorization)
    const holder = this.#options.host.holderOf(accessKeyId)
    if (holder === undefined)
      return this.#unexpected('unknown', region, {
        action: signingName,
        reason: 'a call without the credentials of a running function',
      })
    const { definition, worker } = holder
    const service = this.#services.get(signingName)
    if (service === undefined)
      return this.#unexpected(definition.name, region, {
        action: signingName,
        reason: 'the sandbox does not have this service',
      })
    const refusal = this.#checkSignature(request, definition, worker.credentials, signingName)
    if (refusal !== undefined)
      return this.#unexpected(definition.name, region, { action: signingName, reason: refusal })

    const operation = service.read({ ...request, region, caller: definition })
    if (operation === undefined)
      return this.#unexpected(definition.name, region, {
        action: `${signingName}:${nameIn(request)}`,
        reason: 'the sandbox does not have this operation',
      })
    // Taken before the call: its invocation may be over when it is answered.
    const { requestId } = worker
    const answer = await this.#perform(service, operation, definition)
    this.#options.counts.call(definition.name, requestId, {
      operation: `${service.actionPrefix}:${operation.name}`,
      status: answer.status,
      readUnits: answer.readUnits ?? 0,
      writeUnits: answer.writeUnits ?? 0,
    })
    return answer
  }

  /** Whether a role may do something; what refuses it is a violation. For what Lambda itself does with a function's role, too. */
  isAllowed(definition: FunctionDefinition, need: Need): boolean {
    return this.#refusalOf(definition, need) === undefined
  }

  async #perform(service: AwsService, operation: AwsOperation, definition: FunctionDefinition): Promise<AwsAnswer> {
    const { signingName, deniedStatus } = service
    for (const need of operation.needs) {
      const refusal = this.#refusalOf(definition, need)
      if (refusal !== undefined) return service.error(deniedStatus, 'AccessDeniedException', refusal)
    }
    const fault = this.#options.faults.take({
      service: signingName,
      operation: operation.name,
      function: definition.name,
    })
    if (fault !== undefined && fault.delayMs > 0) await delay(fault.delayMs)
    if (fault?.code !== undefined) return service.error(fault.status, fault.code, fault.message)
    return operation.perform()
  }

  /** In AWS's words. */
  #refusalOf(definition: FunctionDefinition, need: Need): string | undefined {
    const { role, name, region } = definition
    const because = this.#whyNot(definition, need)
    if (because === undefined) return undefined
    const { action, resource } = need
    const { logicalId, stack } = role
    this.#options.ledger.violation({
      function: name,
      region,
      action,
      resource,
      reason: because,
      role: { logicalId, stack },
    })
    return `User: arn:${partitionOf(region)}:sts::${role.account}:assumed-role/${role.name}/${name} is not authorized to perform: ${action} on resource: ${resource} ${because}`
  }

  #whyNot(definition: FunctionDefinition, need: Need): string | undefined {
    const { action, resource } = need
    const context = this.#contextOf(definition, need)
    const request = { action, resource, context }
    const { role } = definition
    const own = identityFinding(role.statements, request)
    if (own.denied !== undefined) return 'with an explicit deny in an identity-based policy'
    const isAllowed = own.allowed.length > 0
    if (need.resourcePolicy === undefined) {
      if (!isAllowed) return `because no identity-based policy allows the ${action} action`
      this.#options.ledger.used(definition.name, own.allowed)
      return undefined
    }
    // A key's policy is the root of all access to it: it lets a caller in itself, or leaves that to the account's own policies.
    const caller: Caller = { arn: role.arn, account: role.account }
    let policy
    try {
      policy = need.resourcePolicy()
    } catch (error) {
      if (!(error instanceof SandboxProblem)) throw error
      return `because its resource-based policy cannot be judged: ${error.message}`
    }
    const ofResource = resourceFinding(policy, request, caller)
    if (ofResource.denied !== undefined) return 'with an explicit deny in a resource-based policy'
    if (ofResource.allowed.length > 0) {
      this.#options.ledger.used(definition.name, own.allowed)
      return undefined
    }
    if (!delegates(policy, request, caller)) return `because no resource-based policy allows the ${action} action`
    if (!isAllowed) return `because no identity-based policy allows the ${action} action`
    this.#options.ledger.used(definition.name, own.allowed)
    return undefined
  }

  #contextOf({ role, region, name }: FunctionDefinition, { context = {} }: Need): ConditionContext {
    return contextOf({
      'aws:PrincipalArn': role.arn,
      'aws:PrincipalAccount': role.account,
      'aws:PrincipalType': 'AssumedRole',
      'aws:PrincipalIsAWSService': 'false',
      'aws:ViaAWSService': 'false',
      'aws:userid': `${role.id}:${name}`,
      'aws:RequestedRegion': region,
      'aws:SecureTransport': 'true',
      ...context,
    })
  }

  #checkSignature(
    { method, url, rawHeaders, body }: ProxiedRequest,
    { region, role }: FunctionDefinition,
    credentials: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken: string },
    service: string,
  ): string | undefined {
    const { accessKeyId, secretAccessKey, sessionToken } = credentials
    const principal = { account: role.account, arn: role.arn, userId: role.id, accessKeyId }
    const credential = { principal, secretKey: sigv4SecretKey(secretAccessKey), isAdmin: false, sessionToken }
    const verifier = new SignatureVerifier({
      credentials: { find: () => credential },
      wallClock: this.#options.clock,
      servesRegion: (asked) => asked === region,
    })
    const verdict = verifier.verify({ method, url, headers: rawHeaders, body }, [service])
    return isRefusal(verdict) ? `a call whose signature AWS would refuse: ${verdict.message}` : undefined
  }

  #unexpected(name: string, region: string, { action, reason }: { action: string; reason: string }): AwsAnswer {
    this.#options.ledger.violation({ function: name, region, action, resource: '*', reason })
    const message = `The sandbox refuses this call: ${reason}`
    return {
      status: 400,
      headers: { 'content-type': 'application/json', 'x-amzn-errortype': 'SandboxViolation' },
      body: JSON.stringify({ __type: 'SandboxViolation', message }),
    }
  }
}

function scopeOf(authorization: string | undefined): { accessKeyId: string; region: string; service: string } {
  const [, accessKeyId = '', region = 'unknown', service = 'unknown'] =
    /Credential=([^/]+)\/\d+\/([^/]+)\/([^/]+)\//.exec(authorization ?? '') ?? []
  return { accessKeyId, region, service }
}

const nameIn = ({ headers, method, url }: ProxiedRequest): string => {
  const target = headers['x-amz-target']
  return typeof target === 'string' ? target : `${method} ${url}`
}
