/**
 * Custom resources: their function is told of a creation, as CloudFormation does, and answers at a URL of the sandbox's.
 * @module
 */
import { asUuid } from '../../lambda/adapters/embedded/keyring/key-names.ts'
import type { Entropy } from '../../lambda/core/ports/entropy.ts'
import type { FunctionHost } from '../functions/function-host.ts'
import { HttpListener } from '../http.ts'
import { objectOf, optionalObject, parseJson, SandboxProblem, textOf, type JsonObject } from '../json.ts'
import type { Resource } from '../template/assembly.ts'
import type { CustomResourceAnswer, Resolver } from '../template/resolver.ts'

/** A custom resource that does not answer fails the start. */
const PATIENCE_MS = 30_000

export interface CustomResourcesOptions {
  readonly host: FunctionHost
  readonly entropy: Entropy
  readonly onFault: (error: unknown) => void
}

export class CustomResources {
  readonly #options: CustomResourcesOptions
  readonly #listener: HttpListener
  readonly #waiting = new Map<string, (answer: JsonObject) => void>()
  #url = ''

  constructor(options: CustomResourcesOptions) {
    this.#options = options
    this.#listener = new HttpListener({
      bodyLimit: 64 * 1024,
      onFault: options.onFault,
      answer: async ({ message, body }, response) => {
        const deliver = this.#waiting.get(message.url ?? '')
        deliver?.(objectOf(parseJson(body.toString('utf8')), 'the answer of a custom resource'))
        response.writeHead(deliver === undefined || message.method !== 'PUT' ? 403 : 200).end()
      },
    })
  }

  async start(): Promise<void> {
    this.#url = await this.#listener.listen()
  }

  async stop(): Promise<void> {
    await this.#listener.close()
  }

  /** @throws {SandboxProblem} when it fails or does not answer */
  async create(resolver: Resolver, resource: Resource): Promise<CustomResourceAnswer> {
    const { logicalId, type } = resource
    const { host, entropy } = this.#options
    const properties = resolver.properties(resource)
    const token = textOf(properties.ServiceToken, `${logicalId}.ServiceToken`)
    const definition = host.find(token)
    if (definition === undefined)
      throw new SandboxProblem(`${logicalId}: its ServiceToken ${token} is no function of the templates`)
    const requestId = asUuid(entropy.bytes(16).toString('hex'))
    const path = `/${requestId}`
    const answered = new Promise<JsonObject>((resolve) => this.#waiting.set(path, resolve))
    const event = {
      RequestType: 'Create',
      ServiceToken: token,
      ResponseURL: this.#url + path,
      StackId: resolver.resolve({ Ref: 'AWS::StackId' }, logicalId),
      RequestId: requestId,
      LogicalResourceId: logicalId,
      ResourceType: type,
      // CloudFormation gives every scalar as a text.
      ResourceProperties: textual(properties),
    }
    const invoked = await host.invoke(definition, JSON.stringify(event))
    if (invoked.kind === 'refused') throw new SandboxProblem(`${logicalId}: ${invoked.message}`)
    if (invoked.functionError !== undefined)
      throw new SandboxProblem(`${logicalId}: its function failed: ${invoked.payload}`)
    const answer = await this.#inTime(answered, logicalId)
    this.#waiting.delete(path)
    if (answer.Status !== 'SUCCESS') throw new SandboxProblem(`${logicalId} failed: ${String(answer.Reason)}`)
    return {
      physicalId: textOf(answer.PhysicalResourceId, `${logicalId} PhysicalResourceId`),
      data: optionalObject(answer.Data, `${logicalId} Data`),
    }
  }

  async #inTime(answered: Promise<JsonObject>, logicalId: string): Promise<JsonObject> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new SandboxProblem(`${logicalId}: its function has not answered`)), PATIENCE_MS)
    })
    try {
      return await Promise.race([answered, late])
    } finally {
      clearTimeout(timer)
    }
  }
}

function textual(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(textual)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, textual(entry)]))
  return String(value)
}
