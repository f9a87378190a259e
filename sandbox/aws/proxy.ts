/**
 * The place where every AWS call of every function arrives. It knows the caller by its credentials, checks the call against the caller's synthesised role
 * as AWS would, counts it, and hands it to an emulator.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../../lambda/core/ports/clock.ts'
import { sigv4SecretKey } from '../../local/identities/credential.ts'
import { isRefusal, SignatureVerifier } from '../../local/sigv4/verify.ts'
import type { FunctionDefinition } from '../functions/definition.ts'
import type { FunctionHost } from '../functions/function-host.ts'
import type { Ledger } from '../iam/ledger.ts'
import type { RoleHolder } from '../iam/role-check.ts'
import { RoleGate } from '../iam/role-gate.ts'
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
  readonly #gate: RoleGate

  constructor(options: AwsProxyOptions) {
    this.#options = options
    this.#gate = new RoleGate(options)
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
    const refusal = this.#checkSignature(request, definition, worker.credentials, service)
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

  /** For what services do with a role that they have taken on, too. */
  isAllowed(holder: RoleHolder, need: Need): boolean {
    return this.#gate.isAllowed(holder, need)
  }

  async #perform(service: AwsService, operation: AwsOperation, definition: FunctionDefinition): Promise<AwsAnswer> {
    const { signingName, deniedStatus } = service
    for (const need of operation.needs) {
      const refusal = this.#gate.refusalOf(definition, need)
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

  #checkSignature(
    { method, url, rawHeaders, body }: ProxiedRequest,
    { region, role }: FunctionDefinition,
    credentials: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken: string },
    { signingName, signingRegions = [] }: AwsService,
  ): string | undefined {
    const { accessKeyId, secretAccessKey, sessionToken } = credentials
    const principal = { account: role.account, arn: role.arn, userId: role.id, accessKeyId }
    const credential = { principal, secretKey: sigv4SecretKey(secretAccessKey), isAdmin: false, sessionToken }
    const verifier = new SignatureVerifier({
      credentials: { find: () => credential },
      wallClock: this.#options.clock,
      servesRegion: (asked) => asked === region || signingRegions.includes(asked),
    })
    const verdict = verifier.verify({ method, url, headers: rawHeaders, body }, [signingName])
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
