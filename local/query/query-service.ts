/**
 * An API of AWS's query protocol, served from its model: finds the operation that a form names, reads its input, and writes the result or the error in XML.
 * @module
 */
import type { OperationModel, Shapes } from '../../lambda/core/model/shape.ts'
import type { CallReport, WireRequest, WireResponse } from '../../lambda/protocol/wire.ts'
import { serverFault, type SignedEndpoint } from '../server/endpoint.ts'
import { answersOf, type Answers } from './answers.ts'
import { parseForm } from './form.ts'
import { QueryError, queryErrorStatus } from './query-error.ts'
import { readInput } from './read-input.ts'
import { compileXmlEncoder, type XmlEncoder } from './xml.ts'

export interface QueryApi {
  /** In the log, in metrics and in signatures. */
  readonly name: string
  /** For people. */
  readonly title: string
  readonly version: string
  readonly namespace: string
  readonly shapes: Shapes
  readonly models: Readonly<Record<string, OperationModel>>
}

export interface QueryCall<Input> {
  readonly input: Input
  readonly request: WireRequest
  /** Tells the log which ARN the call is about. */
  readonly note: (resource: string) => void
}

/** Their input is what the model of the very operation validated: the table's types end here. */
export type QueryOperations = Readonly<Record<string, (call: QueryCall<never>) => unknown>>

interface Row {
  readonly name: string
  readonly inputShape: string | undefined
  readonly encode: XmlEncoder | undefined
  readonly run: (call: QueryCall<never>) => unknown
}

export function queryEndpoint(api: QueryApi, operations: QueryOperations): SignedEndpoint {
  const answers = answersOf(api.namespace)
  const rows = rowsOf(api, operations)
  return {
    kind: 'signed',
    name: api.name,
    signingNames: [api.name],
    renderError: answers.failure,
    serve: (request) => serve(request, { api, answers, rows }),
  }
}

interface Served {
  readonly api: QueryApi
  readonly answers: Answers
  readonly rows: ReadonlyMap<string, Row>
}

async function serve(request: WireRequest, { api, answers, rows }: Served): Promise<WireResponse> {
  let report: CallReport = { operation: 'unknown' }
  try {
    const form = parseForm(request.body)
    const row = rowFor(form, { api, rows })
    report = { operation: row.name }
    const input = (row.inputShape === undefined ? {} : readInput(api.shapes, row.inputShape, form.tree())) as never
    const note = (resource: string): void => void (report = { ...report, resource })
    const output = await row.run({ input, request, note })
    return answers.success(row.encode?.(output), request.requestId, report)
  } catch (error) {
    return failure(error, { answers, report, requestId: request.requestId })
  }
}

function rowFor(
  { action, version }: { readonly action: string | undefined; readonly version: string | undefined },
  { api, rows }: Pick<Served, 'api' | 'rows'>,
): Row {
  if (action === undefined) throw new QueryError('MissingAction', 'The request must name an Action.')
  const row = version === api.version ? rows.get(action) : undefined
  if (row) return row
  throw new QueryError(
    'InvalidAction',
    `Could not find that operation; Coffer's ${api.title} has ${offered(rows)} of version ${api.version}.`,
  )
}

const offered = (rows: ReadonlyMap<string, Row>): string =>
  rows.size > 10 ? `${rows.size} operations` : [...rows.keys()].join(', ')

function failure(
  error: unknown,
  {
    answers,
    report,
    requestId,
  }: { readonly answers: Answers; readonly report: CallReport; readonly requestId: string },
): WireResponse {
  if (!(error instanceof QueryError)) return answers.failure(serverFault, requestId, { ...report, fault: error })
  const { code, message, reason } = error
  const told = reason === undefined ? report : { ...report, reason }
  return answers.failure({ status: queryErrorStatus[code], code, message }, requestId, told)
}

function rowsOf({ shapes, models }: QueryApi, operations: QueryOperations): Map<string, Row> {
  return new Map(
    Object.entries(operations).map(([name, run]) => {
      const model = models[name]
      if (!model) throw new Error(`the model has no operation ${name}`)
      const encode = model.output === undefined ? undefined : compileXmlEncoder(shapes, model.output)
      return [name, { name, inputShape: model.input, encode, run }]
    }),
  )
}
