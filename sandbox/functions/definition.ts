/**
 * A function as its template describes it.
 * @module
 */
import { statSync } from 'node:fs'
import { trusts, type Role } from '../iam/role.ts'
import type { SessionCredentials } from './function-worker.ts'
import { numberOf, objectOf, optionalObject, optionalText, SandboxProblem, textOf, type JsonObject } from '../json.ts'
import type { Resource } from '../template/assembly.ts'
import type { Resolver } from '../template/resolver.ts'

export interface FunctionDefinition {
  readonly name: string
  readonly arn: string
  readonly region: string
  readonly account: string
  readonly role: Role
  readonly handler: string
  readonly codeFolder: string
  readonly environment: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly memoryMb: number
  readonly reservedConcurrency: number | undefined
  readonly logGroup: string
  /** What its logging configuration makes Lambda set besides. */
  readonly logVariables: Readonly<Record<string, string>>
  readonly outside?: OutsideFunction
}

/** A function that is not the deployment's: a caller of its API like everybody, in wall time, with nothing to do with the services behind the proxy. */
export interface OutsideFunction {
  /** Of a session of its role. */
  readonly credentials: () => SessionCredentials
  /** Where the API is. */
  readonly environment: () => Readonly<Record<string, string>>
}

/** Lambda's own defaults. */
const DEFAULT_TIMEOUT_SECONDS = 3
const DEFAULT_MEMORY_MB = 128

export function readFunction(
  resolver: Resolver,
  resource: Resource,
  roles: ReadonlyMap<string, Role>,
): FunctionDefinition {
  const { logicalId } = resource
  const properties = resolver.properties(resource)
  const runtime = textOf(properties.Runtime, `${logicalId}.Runtime`)
  if (!runtime.startsWith('nodejs'))
    throw new SandboxProblem(`${logicalId}: the sandbox runs Node functions, not ${runtime}`)
  const name = resolver.ref(logicalId)
  const role = roles.get(textOf(properties.Role, `${logicalId}.Role`))
  if (role === undefined) throw new SandboxProblem(`${logicalId}: its role is not in the templates`)
  if (!trusts(role, 'lambda.amazonaws.com'))
    throw new SandboxProblem(`${logicalId}: Lambda may not take on the role ${role.name}`)
  const logging = optionalObject(properties.LoggingConfig, `${logicalId}.LoggingConfig`)
  return {
    name,
    arn: resolver.attribute(logicalId, 'Arn'),
    region: resolver.stack.region,
    account: resolver.account,
    role,
    handler: textOf(properties.Handler, `${logicalId}.Handler`),
    codeFolder: codeFolderOf(resolver, objectOf(properties.Code, `${logicalId}.Code`), logicalId),
    environment: environmentOf(properties, logicalId),
    timeoutMs: 1000 * numberOf(properties.Timeout ?? DEFAULT_TIMEOUT_SECONDS, `${logicalId}.Timeout`),
    memoryMb: numberOf(properties.MemorySize ?? DEFAULT_MEMORY_MB, `${logicalId}.MemorySize`),
    reservedConcurrency:
      properties.ReservedConcurrentExecutions === undefined
        ? undefined
        : numberOf(properties.ReservedConcurrentExecutions, `${logicalId}.ReservedConcurrentExecutions`),
    logGroup: optionalText(logging.LogGroup, logicalId) ?? `/aws/lambda/${name}`,
    logVariables:
      logging.LogFormat === 'JSON'
        ? {
            AWS_LAMBDA_LOG_FORMAT: 'JSON',
            AWS_LAMBDA_LOG_LEVEL: optionalText(logging.ApplicationLogLevel, logicalId) ?? 'INFO',
          }
        : {},
  }
}

function codeFolderOf({ stack }: Resolver, code: JsonObject, logicalId: string): string {
  const key = textOf(code.S3Key, `${logicalId}.Code.S3Key`)
  const path = stack.assets.get(key)
  if (path === undefined) throw new SandboxProblem(`${logicalId}: no asset of ${stack.name} is uploaded as ${key}`)
  if (!statSync(path).isDirectory())
    throw new SandboxProblem(`${logicalId}: its code is ${path}, which is not a folder`)
  return path
}

function environmentOf(properties: JsonObject, logicalId: string): Record<string, string> {
  const { Variables: variables } = optionalObject(properties.Environment, `${logicalId}.Environment`)
  const entries = Object.entries(optionalObject(variables, `${logicalId}.Environment.Variables`))
  return Object.fromEntries(entries.map(([name, value]) => [name, textOf(value, `${logicalId}.Environment.${name}`)]))
}
