/**
 * The Lambda API over the functions of this Coffer: what `aws lambda`, the SDKs and Terraform speak (REST with JSON). The same policies decide as for secrets.
 * @module
 */
import type { CallReport, WireRequest, WireResponse } from '../../../lambda/protocol/wire.ts'
import type { GatewayError, HttpFacts, SignedEndpoint } from '../../server/endpoint.ts'
import { LambdaCall, type LambdaAnswer, type LambdaMeans, type AnyLambdaOperation } from './call.ts'
import { errorAnswer, LambdaError, lambdaErrorResponse, notOffered } from './lambda-error.ts'
import { missingOffer } from './missing-offers.ts'
import { lambdaOperations } from './operations.ts'

export function lambdaEndpoint(means: LambdaMeans): SignedEndpoint {
  return {
    kind: 'signed',
    name: 'lambda',
    signingNames: ['lambda'],
    renderError,
    bodyLimit: (method, url) => find(method, url)?.row.bodyLimit,
    serve: (request, http) => serve(request, http, means),
  }
}

/** API Gateway in front of Lambda answers 403 to what it cannot authenticate. */
function renderError({ status, code, message }: GatewayError): WireResponse {
  return errorAnswer({ status: status === 400 ? 403 : status, code, message }, { operation: 'unknown', code })
}

interface Route {
  readonly name: string
  readonly row: AnyLambdaOperation
  readonly segments: readonly string[]
}

interface Match extends Pick<Route, 'name' | 'row'> {
  readonly parts: ReadonlyMap<string, string>
  readonly query: URLSearchParams
}

const routes: readonly Route[] = Object.entries(lambdaOperations).map(([name, row]) => ({
  name,
  row,
  segments: row.path.split('/'),
}))

function find(method: string, url: string): Match | undefined {
  const mark = url.indexOf('?')
  const path = (mark < 0 ? url : url.slice(0, mark)).replace(/\/$/, '')
  const given = path.split('/')
  for (const { name, row, segments } of routes) {
    if (row.method !== method || segments.length !== given.length) continue
    const parts = partsOf(segments, given)
    if (parts) return { name, row, parts, query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)) }
  }
  return undefined
}

function partsOf(segments: readonly string[], given: readonly string[]): Map<string, string> | undefined {
  const parts = new Map<string, string>()
  for (const [index, segment] of segments.entries()) {
    const text = given[index] ?? ''
    if (!segment.startsWith(':')) {
      if (segment !== text) return undefined
      continue
    }
    const decoded = decode(text)
    if (decoded === undefined || decoded === '') return undefined
    parts.set(segment.slice(1), decoded)
  }
  return parts
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** What decides on the code that a function runs, and how. */
const BRINGS_CODE: ReadonlySet<string> = new Set([
  'CreateFunction',
  'UpdateFunctionCode',
  'UpdateFunctionConfiguration',
])

const NO_CODE = {
  off: 'Functions are off here: nobody may bring one. `coffer serve --functions admin` lets the account of the admin, `--functions all` every account.',
  'not-admin':
    "Functions run as this server's own user, without a sandbox: who brings one can read everything that the server can. So only the admin's account may; `coffer serve --functions all` lets all accounts, `--functions off` none.",
} as const

async function serve(request: WireRequest, http: HttpFacts | undefined, means: LambdaMeans): Promise<WireResponse> {
  let report: CallReport = { operation: 'unknown' }
  try {
    const match = http && find(request.method, http.url)
    const other = match === undefined && http ? missingOffer(request.method, http.url) : undefined
    if (other !== undefined) throw notOffered(other)
    if (match === undefined)
      throw new LambdaError(
        'UnknownOperationException',
        'There is no operation of Lambda here by this method and path.',
      )
    const { name, row, parts, query } = match
    report = { operation: name }
    const refusal = BRINGS_CODE.has(name) ? means.whyNoCode(request.principal.account) : undefined
    if (refusal !== undefined) throw new LambdaError('AccessDeniedException', NO_CODE[refusal])
    const call = new LambdaCall<never>({
      name,
      input: inputOf(row, request.body),
      request,
      parts,
      query,
      header: (header) => textOf(http?.headers[header]),
      means,
      note: (resource) => void (report = { ...report, resource }),
    })
    return answer(await row.run(call), report)
  } catch (error) {
    return failure(error, report)
  }
}

function answer({ status = 200, headers = {}, body }: LambdaAnswer, report: CallReport): WireResponse {
  return {
    status,
    headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
    body: body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body),
    report,
  }
}

function failure(error: unknown, report: CallReport): WireResponse {
  if (error instanceof LambdaError) return lambdaErrorResponse(error, report)
  const fault = new LambdaError('ServiceException', 'An internal error occurred. Please retry your request.')
  return lambdaErrorResponse(fault, { ...report, fault: error })
}

/** @throws {LambdaError} naming the member that is wrong, never its value */
function inputOf({ input }: AnyLambdaOperation, body: Buffer): never {
  if (input === undefined) return undefined as never
  const parsed = input.safeParse(parseJson(body))
  // The table's types end here.
  if (parsed.success) return parsed.data as never
  const [issue] = parsed.error.issues
  const member = issue?.path.join('.') ?? ''
  const why = issue?.message ?? 'is not what was expected'
  throw new LambdaError('InvalidParameterValueException', member === '' ? why : `${member}: ${why}`)
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw new LambdaError('InvalidRequestContentException', 'Could not parse request body into json')
  }
}

const textOf = (header: string | string[] | undefined): string | undefined =>
  typeof header === 'string' ? header : undefined
