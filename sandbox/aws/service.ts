/**
 * The shape of an AWS service behind the proxy: it reads a call, says what the caller must be allowed, and performs it.
 * @module
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { FunctionDefinition } from '../functions/definition.ts'
import { isObject, parseJson, type JsonObject } from '../json.ts'
import type { ReadPolicy } from '../iam/policy-document.ts'

export interface AwsRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly region: string
  readonly caller: FunctionDefinition
}

export interface AwsAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly readUnits?: number
  readonly writeUnits?: number
}

/** One permission that a call takes. */
export interface Need {
  readonly action: string
  readonly resource: string
  /** Where it is needed; by default the caller's Region. */
  readonly region?: string
  /** Condition keys of the service; the proxy adds the global ones. */
  readonly context?: Readonly<Record<string, string | readonly string[] | undefined>>
  /** The policy of the resource. */
  readonly resourcePolicy?: () => ReadPolicy
  /** `resource` (KMS keys; when absent): it must let the role in, by itself or by leaving that to the account. `either`: an Allow of the role's or of the resource's policy is enough. */
  readonly rule?: 'either' | 'resource'
}

export interface AwsOperation {
  readonly name: string
  readonly needs: readonly Need[]
  perform(): Promise<AwsAnswer>
}

export interface AwsService {
  readonly signingName: string
  /** Regions besides the caller's that a signature may be for: of a global service, or of one that is called across Regions. */
  readonly signingRegions?: readonly string[]
  /** Prefix of its actions in policies. */
  readonly actionPrefix: string
  /** What the sandbox has of it. */
  readonly operations: readonly string[]
  /** Undefined for an operation that the sandbox does not have. */
  read(request: AwsRequest): AwsOperation | undefined
  /** How the service words an error. */
  error(status: number, code: string, message: string): AwsAnswer
  /** Status of an access denial. */
  readonly deniedStatus: number
}

/** A call of a JSON protocol: `DynamoDB_20120810.Query` is the operation `Query`, when the prefix is the service's. */
export function readJsonCall(
  { headers, body }: AwsRequest,
  prefix: string,
): { readonly name: string; readonly input: JsonObject } | undefined {
  const target = headers['x-amz-target']
  if (typeof target !== 'string' || !target.startsWith(`${prefix}.`)) return undefined
  const input = parseJson(body.toString('utf8'))
  return isObject(input) ? { name: target.slice(prefix.length + 1), input } : undefined
}

/** @param namespace before the code, as the service sends it */
export const jsonError = (
  status: number,
  code: string,
  message: string,
  { contentType, namespace = '' }: { contentType: string; namespace?: string },
): AwsAnswer => ({
  status,
  headers: { 'content-type': contentType, 'x-amzn-errortype': code },
  body: JSON.stringify({ __type: namespace + code, message, Message: message }),
})
