/**
 * An embedded Coffer in this process that carries its rotations out as it does for its users: real functions in processes of their own, a virtual clock, and calls over the network.
 * @module
 */
import { IAMClient, CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import {
  AddPermissionCommand,
  CreateFunctionCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
  type Runtime,
} from '@aws-sdk/client-lambda'
import { zipSync } from 'fflate'
import { composeServices } from '../../local/compose.ts'
import type { Flags } from '../../local/config.ts'
import { ADMIN, startForTest } from '../local/support/running-server.ts'
import { WireClient, type Json } from './wire-client.ts'

export const ACCOUNT = '123456789012'
export const REGION = 'us-east-1'
/** The one that Debian's packages for databases are for. */
export const PYTHON = '/usr/bin/python3'
export const MANAGED = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:coffer-managed-rotation`
/** Managed rotation of values that are for no database. */
export const GENERIC = {
  RotationLambdaARN: MANAGED,
  ExternalSecretRotationMetadata: [{ Key: 'strategy', Value: 'generic' }],
} as const

export interface AddedFunction {
  readonly name: string
  readonly runtime: Runtime
  readonly handler: string
  /** Name in the package -> content. */
  readonly files: Readonly<Record<string, string | Uint8Array>>
  readonly environment?: Readonly<Record<string, string>>
  readonly timeoutSeconds?: number
  readonly concurrency?: number
}

export interface ShownStep {
  readonly step: string
  readonly startedAt: string
  readonly outcome?: string
  readonly error?: { readonly type?: string; readonly message?: string; readonly diagnosis: string }
}

export interface ShownAttempt {
  readonly attempt: number
  readonly startedAt: string
  readonly steps: readonly ShownStep[]
  readonly error?: { readonly diagnosis: string }
  readonly retryAt?: string
}

export interface Shown {
  readonly now: string
  readonly nextWindow?: { readonly start: string; readonly end: string }
  readonly plannedStart?: string
  readonly running?: { readonly versionId: string; readonly state: string; readonly attempt: number }
  readonly incomplete?: string
  readonly rotations: readonly {
    readonly kind: string
    readonly versionId: string
    readonly startedAt: string
    readonly endedAt?: string
    readonly result?: string
    readonly attempts: readonly ShownAttempt[]
  }[]
}

/** Calls of one Coffer as its admin, wherever it runs. */
export class RotationClient {
  readonly url: string
  readonly wire: WireClient
  readonly #lambda: LambdaClient
  readonly #iam: IAMClient

  constructor(url: string, credentials: { accessKeyId: string; secretAccessKey: string } = ADMIN) {
    const options = { endpoint: url, region: REGION, credentials, maxAttempts: 1 }
    this.url = url
    this.wire = new WireClient({ endpoint: url, credentials })
    this.#lambda = new LambdaClient(options)
    this.#iam = new IAMClient(options)
  }

  call(operation: string, input: Json = {}): Promise<Json> {
    return this.wire.call(operation, input)
  }

  /** A secret whose value is JSON, or a text. */
  async create(name: string, value: object | string, more: Json = {}): Promise<string> {
    const SecretString = typeof value === 'string' ? value : JSON.stringify(value)
    const { ARN } = await this.call('CreateSecret', { ...fresh(), Name: name, SecretString, ...more })
    return String(ARN)
  }

  /** @returns the id of the version that it makes */
  async rotate(name: string, input: Json = {}): Promise<string> {
    const { VersionId } = await this.call('RotateSecret', { ...fresh(), SecretId: name, ...input })
    return String(VersionId)
  }

  async value(name: string, which: Json = {}): Promise<string> {
    return String((await this.call('GetSecretValue', { SecretId: name, ...which })).SecretString)
  }

  async json<T = Record<string, string>>(name: string, which: Json = {}): Promise<T> {
    return JSON.parse(await this.value(name, which)) as T
  }

  /** Staging label -> version id. */
  async labels(name: string): Promise<Record<string, string>> {
    const { VersionIdsToStages } = await this.call('DescribeSecret', { SecretId: name })
    const versions = Object.entries(VersionIdsToStages as Record<string, string[]>)
    return Object.fromEntries(versions.flatMap(([id, stages]) => stages.map((stage) => [stage, id])))
  }

  show(name: string): Promise<Shown> {
    return this.#own<Shown>('/_coffer/rotation/show', { secret: name })
  }

  /** Moves the clock and does what falls due on the way. @param by such as `1h` */
  async advance(by: string): Promise<void> {
    await this.#own('/_coffer/clock', { advance: by })
  }

  /** Waits, in real time, until the secret's rotations are so. */
  async until(name: string, isSo: (shown: Shown) => boolean, patienceMs = 20_000): Promise<Shown> {
    const end = performance.now() + patienceMs
    for (;;) {
      const shown = await this.show(name)
      if (isSo(shown)) return shown
      if (performance.now() > end) throw new Error(`${name} did not come to it: ${JSON.stringify(shown, undefined, 1)}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** By the IAM API. */
  async role(name: string): Promise<string> {
    const statement = { Effect: 'Allow', Action: 'secretsmanager:*', Resource: '*' }
    const trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }
    await this.#iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: document(trust) }))
    const policy = { RoleName: name, PolicyName: 'secrets', PolicyDocument: document(statement) }
    await this.#iam.send(new PutRolePolicyCommand(policy))
    return `arn:aws:iam::${ACCOUNT}:role/${name}`
  }

  /** By the Lambda API, with a role of its own and the permission for Secrets Manager. @returns its ARN */
  async addFunction(added: AddedFunction): Promise<string> {
    const { name, runtime, handler, files, environment = {}, timeoutSeconds = 30, concurrency } = added
    const entries = Object.entries(files).map(([path, content]): [string, Uint8Array] => [path, Buffer.from(content)])
    const { FunctionArn = '' } = await this.#lambda.send(
      new CreateFunctionCommand({
        FunctionName: name,
        Runtime: runtime,
        Handler: handler,
        Role: await this.role(`${name}-role`),
        Code: { ZipFile: zipSync(Object.fromEntries(entries), { level: 1 }) },
        Environment: { Variables: environment },
        Timeout: timeoutSeconds,
      }),
    )
    await this.#lambda.send(
      new AddPermissionCommand({
        FunctionName: name,
        StatementId: 'SecretsManager',
        Action: 'lambda:InvokeFunction',
        Principal: 'secretsmanager.amazonaws.com',
        SourceAccount: ACCOUNT,
      }),
    )
    if (concurrency !== undefined) {
      const reserved = { FunctionName: name, ReservedConcurrentExecutions: concurrency }
      await this.#lambda.send(new PutFunctionConcurrencyCommand(reserved))
    }
    return FunctionArn
  }

  close(): void {
    this.wire.close()
    this.#lambda.destroy()
    this.#iam.destroy()
  }

  async #own<T>(path: string, input: object): Promise<T> {
    const { status, text } = await this.wire.send({
      path,
      service: 'coffer',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(input),
    })
    if (status !== 200) throw new Error(`${path}: ${status} ${text}`)
    return JSON.parse(text) as T
  }
}

/** @param flags beside port and data directory; the clock begins with 2026 unless they say otherwise */
export async function startEmbedded(dataDir: string, flags: Flags = {}) {
  const { coffer, output } = await startForTest(
    dataDir,
    { clock: '2026-01-01T00:00:00Z', python: PYTHON, ...flags },
    { compose: composeServices },
  )
  const client = new RotationClient(coffer.url)
  return {
    client,
    coffer,
    output,
    /** Of the events of rotations in its log. */
    events: (): Json[] =>
      output.lines
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Json)
        .filter(({ event }) => event === 'rotation'),
    close: async () => {
      client.close()
      await coffer.close()
    },
  }
}

export type Embedded = Awaited<ReturnType<typeof startEmbedded>>

const fresh = (): Json => ({ ClientRequestToken: crypto.randomUUID() })

const document = (statement: object): string => JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
