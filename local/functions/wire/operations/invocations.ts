/**
 * Functions are invoked, and their logs read.
 * @module
 */
import { MAX_EVENT_BYTES } from '../../runtime/runnable-function.ts'
import type { InvocationResult } from '../../runtime/runnable-function.ts'
import { RoleNotAssumable } from '../../function-host.ts'
import { functionArn, LATEST } from '../../function-name.ts'
import type { FunctionRecord } from '../../function-record.ts'
import { operation, tagsOf, type LambdaAnswer, type LambdaCall } from '../call.ts'
import { invalid, LambdaError, notAssumable, requestTooLarge, throttled } from '../lambda-error.ts'

/** Of an event that nobody waits for. */
const EVENT_LIMIT = 1024 * 1024

export const invoke = operation({
  method: 'POST',
  path: '/2015-03-31/functions/:FunctionName/invocations',
  // A little more than an event may have, so that one just above hears so in Lambda's words.
  bodyLimit: MAX_EVENT_BYTES + 1024 * 1024,
  async run(call) {
    const record = await call.function({ action: 'lambda:InvokeFunction' })
    const type = call.header('x-amz-invocation-type') ?? 'RequestResponse'
    const payload = payloadOf(call, type === 'Event' ? EVENT_LIMIT : MAX_EVENT_BYTES)
    switch (type) {
      case 'RequestResponse':
        return answerTo(call, await run(call, record, payload))
      case 'Event':
        if (!call.means.host.invokeLater(record, payload, { requestId: call.requestId })) throw throttled()
        return { status: 202 }
      case 'DryRun':
        return { status: 204 }
      default:
        throw invalid('InvocationType: expected RequestResponse, Event or DryRun')
    }
  },
})

/** Of Coffer's own: CloudWatch Logs has no say here, but its permission. */
export const getFunctionLogs = operation({
  method: 'GET',
  path: '/_coffer/functions/:FunctionName/logs',
  async run(call) {
    const { key, resource } = call.key()
    const record = call.means.registry.find(key)
    await call.require({
      action: 'logs:FilterLogEvents',
      resource: `arn:aws:logs:${key.region}:${key.account}:log-group:/aws/lambda/${key.name}:*`,
      account: key.account,
      resourceTags: tagsOf(undefined),
    })
    if (record === undefined) throw new LambdaError('ResourceNotFoundException', `Function not found: ${resource}`)
    return { body: { events: call.means.runner.logs(functionArn(record)) } }
  },
})

/** Without one, an empty object, as the SDKs of old sent it. @throws {LambdaError} */
function payloadOf(call: LambdaCall<undefined>, limit: number): Buffer {
  const { body } = call
  if (body.length > limit) throw requestTooLarge(limit)
  if (body.length === 0) return Buffer.from('{}')
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    // What the parser says would show the event.
    throw new LambdaError('InvalidRequestContentException', 'Could not parse request body into json')
  }
  return body
}

async function run(call: LambdaCall<undefined>, record: FunctionRecord, payload: Buffer): Promise<InvocationResult> {
  const clientContext = clientContextOf(call)
  const { requestId } = call
  try {
    return await call.means.host.invoke(record, payload, {
      requestId,
      ...(clientContext !== undefined && { clientContext }),
    })
  } catch (error) {
    if (error instanceof RoleNotAssumable) throw notAssumable()
    throw error
  }
}

function answerTo(call: LambdaCall<undefined>, result: InvocationResult): LambdaAnswer {
  if (result.status === 'throttled') throw throttled()
  const wantsLog = call.header('x-amz-log-type') === 'Tail'
  return {
    headers: {
      'x-amz-executed-version': LATEST,
      ...(result.status !== 'returned' && { 'x-amz-function-error': 'Unhandled' }),
      ...(wantsLog && { 'x-amz-log-result': Buffer.from(result.logTail, 'utf8').toString('base64') }),
    },
    body: result.payload.toString('utf8'),
  }
}

/** @throws {LambdaError} */
function clientContextOf(call: LambdaCall<undefined>): string | undefined {
  const header = call.header('x-amz-client-context')
  if (header === undefined) return undefined
  const text = Buffer.from(header, 'base64').toString('utf8')
  try {
    JSON.parse(text)
    return text
  } catch {
    throw new LambdaError(
      'InvalidRequestContentException',
      'Client context must be a valid Base64-encoded JSON object.',
    )
  }
}
