/**
 * What an operation of the Lambda API gets to work with. Whoever gets a function from here may do with it what the operation does: the policies were asked.
 * @module
 */
import type { ZodType } from 'zod'
import type { Principal } from '../../../lambda/auth/principal.ts'
import type { Clock } from '../../../lambda/core/ports/clock.ts'
import type { Entropy } from '../../../lambda/core/ports/entropy.ts'
import type { WireRequest } from '../../../lambda/protocol/wire.ts'
import type { Identities } from '../../identities/identities.ts'
import type { EntityTag } from '../../identities/model.ts'
import type { CodeStore } from '../code-store.ts'
import type { FunctionHost, Runner } from '../function-host.ts'
import { functionArn, isLatest, parseFunctionName, type FunctionKey, type FunctionPlace } from '../function-name.ts'
import { policyOf } from '../function-policy.ts'
import type { FunctionRecord } from '../function-record.ts'
import type { FunctionRegistry } from '../function-registry.ts'
import { requireAccess, type LambdaQuestion } from './access.ts'
import { invalid, noSuchFunction, otherRegion, otherRevision } from './lambda-error.ts'

export interface LambdaMeans {
  /** Why callers of an account may not bring code, which runs as the server's own user; undefined: they may. */
  readonly whyNoCode: (account: string) => 'off' | 'not-admin' | undefined
  readonly registry: FunctionRegistry
  /** A name that no function may have. */
  readonly managedName: string
  readonly code: CodeStore
  readonly host: FunctionHost
  readonly runner: Runner
  readonly identities: Pick<Identities, 'store' | 'directory' | 'authorizer'>
  readonly entropy: Entropy
  /** Wall time, epoch milliseconds. */
  readonly now: () => number
  /** The domain's. */
  readonly clock: Clock
}

export interface LambdaAnswer {
  /** 200 by default. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** JSON; a text is one already. Absent: an empty body. */
  readonly body?: object | string
}

export interface LambdaOperation<Input> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** With `:name` for a part that is given. */
  readonly path: string
  /** Of the body's JSON; absent: the body is no JSON of the API. */
  readonly input?: ZodType<Input>
  /** Bytes that a body may have; by default 1 MiB. */
  readonly bodyLimit?: number
  readonly run: (call: LambdaCall<Input>) => Promise<LambdaAnswer>
}

/** As the table holds it: what it is given is what its own schema read. */
export interface AnyLambdaOperation extends Omit<LambdaOperation<never>, 'input'> {
  readonly input?: ZodType
}

export const operation = <Input = undefined>(row: LambdaOperation<Input>): LambdaOperation<Input> => row

export interface CallFacts<Input> {
  readonly name: string
  readonly input: Input
  readonly request: WireRequest
  /** Parts of the path, decoded. */
  readonly parts: ReadonlyMap<string, string>
  readonly query: URLSearchParams
  readonly header: (name: string) => string | undefined
  readonly means: LambdaMeans
  /** Tells the log which ARN the call is about. */
  readonly note: (resource: string) => void
}

/** What is asked of a function beside the operation itself. */
export interface FunctionQuestion extends Pick<LambdaQuestion, 'keys' | 'requestTags' | 'tagNames'> {
  /** With its service; by default the operation's. */
  readonly action?: string
}

export class LambdaCall<Input> {
  readonly #facts: CallFacts<Input>
  readonly place: FunctionPlace

  constructor(facts: CallFacts<Input>) {
    this.#facts = facts
    this.place = { account: facts.request.principal.account, region: facts.request.region }
  }

  get input(): Input {
    return this.#facts.input
  }

  get means(): LambdaMeans {
    return this.#facts.means
  }

  get principal(): Principal {
    return this.#facts.request.principal
  }

  get requestId(): string {
    return this.#facts.request.requestId
  }

  get body(): Buffer {
    return this.#facts.request.body
  }

  part(name: string): string {
    return this.#facts.parts.get(name) ?? ''
  }

  query(name: string): string | undefined {
    return this.#facts.query.get(name) ?? undefined
  }

  queries(name: string): string[] {
    return this.#facts.query.getAll(name)
  }

  header(name: string): string | undefined {
    return this.#facts.header(name)
  }

  /** @throws {LambdaError} AccessDeniedException */
  require(question: LambdaQuestion): Promise<void> {
    const { means, request } = this.#facts
    const { authorizer } = means.identities
    return requireAccess({ authorizer, request, now: means.clock.now() }, question)
  }

  /**
   * The function that the call is about, once the caller may do this to it: those who may not, hear nothing of whether it is there.
   * @throws {LambdaError}
   */
  async function(question: FunctionQuestion = {}): Promise<FunctionRecord> {
    const { key, resource, isVersion } = this.key()
    const record = this.means.registry.find(key)
    await this.require({
      action: question.action ?? this.#action,
      resource,
      account: key.account,
      resourcePolicy: record && policyOf(record),
      resourceTags: tagsOf(record),
      ...question,
    })
    if (record === undefined || isVersion) throw noSuchFunction(resource)
    return record
  }

  /** The name in the path. @throws {LambdaError} when it is none */
  key(text = this.part('FunctionName')): Named {
    const reference = parseFunctionName(text, this.place)
    if (reference === undefined)
      throw invalid(
        `1 validation error detected: Value at 'functionName' failed to satisfy constraint: expected a name of up to 64 letters, digits, - and _, or an ARN`,
      )
    const { account, region, name } = reference
    const qualifier = reference.qualifier ?? this.query('Qualifier')
    const arn = functionArn(reference)
    this.#facts.note(arn)
    if (region !== this.place.region) throw otherRegion(region, this.place.region)
    return {
      key: { account, region, name },
      resource: qualifier === undefined ? arn : `${arn}:${qualifier}`,
      isVersion: !isLatest({ ...reference, ...(qualifier !== undefined && { qualifier }) }),
    }
  }

  /** Changes the function by a pure step, unless it is gone or not of the revision that the caller saw. @throws {LambdaError} */
  async change(key: FunctionKey, work: (present: FunctionRecord) => FunctionRecord | undefined, revision?: string) {
    const { before, after } = await this.means.registry.change(key, (present) => {
      if (present === undefined) throw noSuchFunction(functionArn(key))
      if (revision !== undefined && revision !== present.revisionId) throw otherRevision()
      return work(present)
    })
    if (before !== undefined && before.codeId !== after?.codeId) await this.means.host.retire(before.codeId)
    return after
  }

  get #action(): string {
    return `lambda:${this.#facts.name}`
  }
}

interface Named {
  readonly key: FunctionKey
  /** ARN, with the qualifier if there was one. */
  readonly resource: string
  /** A version or alias was meant, of which there are none. */
  readonly isVersion: boolean
}

export const tagsOf = (record: Pick<FunctionRecord, 'tags'> | undefined): EntityTag[] =>
  Object.entries(record?.tags ?? {}).map(([key, value]) => ({ key, value }))
