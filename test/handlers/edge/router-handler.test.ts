import { Printed } from '../support/printed.ts'
import { InvokeFailure } from '../../../lambda/adapters/aws/invoke-function.ts'
import { routerHandler, type RouterOptions } from '../../../lambda/handlers/edge/router-handler.ts'
import { lambdaContext, proxyEvent, type EventParts } from '../support/proxy-event.ts'

const environment = { COFFER_DEPLOYMENT: 'coffer' }
const answer = { statusCode: 200, headers: {}, body: '{}' }
let printed: Printed
beforeEach(() => {
  printed = new Printed()
})
afterEach(() => jest.restoreAllMocks())

const invoking = (result: unknown) => jest.fn(async () => Buffer.from(JSON.stringify(result)))
const router = (options: Partial<RouterOptions> = {}) =>
  routerHandler({ invoke: invoking(answer), isOffered: (name) => name !== 'RotateSecret', environment, ...options })

const frontDoor = (parts: EventParts = {}) => ({ ...proxyEvent(parts), resource: '/', path: '/' })

describe('the router', () => {
  it('hands the whole event to the function of the operation that the target names, and its answer back', async () => {
    const invoke = invoking(answer)
    const event = frontDoor({ operation: 'UpdateSecretVersionStage' })
    expect(await router({ invoke })(event, lambdaContext)).toEqual(answer)
    expect(invoke.mock.calls).toEqual([['coffer-update-secret-version-stage', Buffer.from(JSON.stringify(event))]])
    expect(printed.of('request')).toEqual([])
  })

  it('calls a function by its alias where it has one', async () => {
    const invoke = invoking(answer)
    const aliased = { ...environment, COFFER_ALIASES: 'get-secret-value:live,list-secrets:live' }
    await router({ invoke, environment: aliased })(frontDoor(), lambdaContext)
    await router({ invoke, environment: aliased })(frontDoor({ operation: 'DescribeSecret' }), lambdaContext)
    expect(invoke.mock.calls.map(([name]: unknown[]) => name)).toEqual([
      'coffer-get-secret-value:live',
      'coffer-describe-secret',
    ])
  })

  it.each([
    ['no target', {}, 'UnknownOperationException'],
    ['a target of another service', { 'x-amz-target': 'TrentService.Decrypt' }, 'UnknownOperationException'],
    [
      'an operation that the API does not have',
      { 'x-amz-target': 'secretsmanager.constructor' },
      'UnknownOperationException',
    ],
    ['an operation that is not offered', { 'x-amz-target': 'secretsmanager.RotateSecret' }, 'InvalidRequestException'],
  ])('refuses %s without invoking anything', async (_case, headers, code) => {
    const invoke = invoking(answer)
    const { statusCode, body } = await router({ invoke })(frontDoor({ headers }), lambdaContext)
    expect(statusCode).toBe(400)
    expect(JSON.parse(body)).toMatchObject({ __type: code })
    expect(invoke).not.toHaveBeenCalled()
  })

  it('answers at the paths of operations that are not offered, and leads to no other operation from there', async () => {
    const invoke = invoking(answer)
    const rotate = await router({ invoke })(proxyEvent({ operation: 'RotateSecret' }), lambdaContext)
    expect(JSON.parse(rotate.body)).toMatchObject({ __type: 'InvalidRequestException' })
    const event = { ...proxyEvent({ operation: 'GetSecretValue' }), resource: '/RotateSecret' }
    const other = await router({ invoke })(event, lambdaContext)
    expect(JSON.parse(other.body)).toMatchObject({ __type: 'UnknownOperationException' })
    expect(invoke).not.toHaveBeenCalled()
  })

  it('invokes nothing for an event without an authenticated caller', async () => {
    const invoke = invoking(answer)
    expect((await router({ invoke })(frontDoor({ identity: {} }), lambdaContext)).statusCode).not.toBe(200)
    expect(invoke).not.toHaveBeenCalled()
  })

  it.each([
    ['has no capacity', new InvokeFailure('throttled', 'full'), 400, 'ThrottlingException'],
    ['fails', new InvokeFailure('failed', 'broken'), 500, 'InternalServiceError'],
  ])("answers the service's own error when the function %s", async (_case, failure, status, code) => {
    const invoke = () => Promise.reject(failure)
    const { statusCode, body } = await router({ invoke })(frontDoor(), lambdaContext)
    expect(statusCode).toBe(status)
    expect(JSON.parse(body)).toMatchObject({ __type: code })
    expect(printed.of('request')).toMatchObject([{ operation: 'GetSecretValue', code }])
  })

  it.each([['null'], ['{}'], ['{"statusCode": "200", "body": ""}'], ['not JSON']])(
    'takes %s for a failure of the function',
    async (text) => {
      const invoke = async () => Buffer.from(text)
      expect((await router({ invoke })(frontDoor(), lambdaContext)).statusCode).toBe(500)
    },
  )
})
