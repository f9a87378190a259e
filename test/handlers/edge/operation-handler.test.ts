import { Printed } from '../support/printed.ts'
import { getSecretValue } from '../../../lambda/core/operations/get-secret-value.ts'
import { createSecret } from '../../../lambda/core/operations/create-secret.ts'
import { StoreFailure } from '../../../lambda/core/ports/secret-store.ts'
import { operationHandler } from '../../../lambda/handlers/edge/operation-handler.ts'
import { ACCOUNT, bound, makeCoffer, REGION, token, type Coffer } from '../../support/coffer.ts'
import { IDENTITY, lambdaContext, proxyEvent } from '../support/proxy-event.ts'

const CANARY = 'CaNaRy-0f2d'
let coffer: Coffer
let printed: Printed
beforeEach(() => {
  coffer = makeCoffer()
  printed = new Printed()
})
afterEach(() => {
  coffer.close()
  jest.restoreAllMocks()
})

const read = (services = coffer.services) =>
  operationHandler(getSecretValue, { compose: () => ({ services, account: ACCOUNT, region: REGION }) })

describe('the function of an operation', () => {
  it('answers an event of its path by the core, as the caller that API Gateway has authenticated', async () => {
    await coffer.call('CreateSecret', { Name: 'a', SecretString: CANARY, ClientRequestToken: token('v1') })
    const { statusCode, headers, body } = await read()(proxyEvent({ body: { SecretId: 'a' } }), lambdaContext)
    expect(statusCode).toBe(200)
    expect(headers['content-type']).toBe('application/x-amz-json-1.1')
    expect(JSON.parse(body)).toMatchObject({ Name: 'a', SecretString: CANARY, VersionId: token('v1') })
  })

  it('takes a body in base64, and header names in any case', async () => {
    const event = proxyEvent({ operation: 'CreateSecret', headers: { 'CONTENT-type': 'application/x-amz-json-1.1' } })
    const body = Buffer.from(
      JSON.stringify({ Name: 'ü'.normalize() === 'ü' ? 'b' : '', SecretString: 'ü', ClientRequestToken: token('v1') }),
    )
    const create = operationHandler(createSecret, {
      compose: () => ({ services: coffer.services, account: ACCOUNT, region: REGION }),
    })
    const made = await create({ ...event, body: body.toString('base64'), isBase64Encoded: true }, lambdaContext)
    expect(made.statusCode).toBe(200)
    expect(await coffer.call('GetSecretValue', { SecretId: 'b' })).toMatchObject({ SecretString: 'ü' })
  })

  it('answers errors of the service as such, and counts them', async () => {
    const { statusCode, headers, body } = await read()(proxyEvent({ body: { SecretId: 'no' } }), lambdaContext)
    expect(statusCode).toBe(400)
    expect(headers['x-amzn-errortype']).toBe('ResourceNotFoundException')
    expect(JSON.parse(body)).toMatchObject({ __type: 'ResourceNotFoundException' })
    expect(printed.metrics).toEqual(['ClientErrors GetSecretValue'])
  })

  it('refuses a target header that names another operation than the path', async () => {
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'secretsmanager.DeleteSecret' }
    const { statusCode, body } = await read()(proxyEvent({ headers }), lambdaContext)
    expect(statusCode).toBe(400)
    expect(JSON.parse(body)).toMatchObject({ __type: 'UnknownOperationException' })
  })

  it('does nothing for an event without an authenticated caller, and says so in the log as a fault', async () => {
    await coffer.call('CreateSecret', { Name: 'a', SecretString: CANARY })
    for (const identity of [
      {},
      { ...IDENTITY, accountId: null },
      { ...IDENTITY, userArn: 3 },
      { ...IDENTITY, accountId: '1' },
    ]) {
      const { statusCode, body } = await read()(proxyEvent({ identity, body: { SecretId: 'a' } }), lambdaContext)
      expect(statusCode).toBe(400)
      expect(JSON.parse(body)).toMatchObject({ __type: 'AccessDeniedException' })
      expect(body).not.toContain(CANARY)
    }
    for (const event of [undefined, null, 'text', 7, [], {}, { requestContext: 'x' }])
      expect((await read()(event, lambdaContext)).statusCode).toBe(400)
    expect(printed.metrics).toContain('Faults GetSecretValue')
  })

  it("hides a fault behind the service's own error, with the cause in the log", async () => {
    const store = {
      ...bound(coffer.store),
      load: () => Promise.reject(new StoreFailure('unavailable', 'the table is gone')),
    }
    const { statusCode, body } = await read({ ...coffer.services, store })(
      proxyEvent({ body: { SecretId: 'a' } }),
      lambdaContext,
    )
    expect(statusCode).toBe(500)
    expect(JSON.parse(body)).toMatchObject({ __type: 'InternalServiceError' })
    expect(body).not.toContain('table')
    expect(printed.text).toContain('the table is gone')
    expect(printed.metrics).toEqual(['Faults GetSecretValue'])
  })

  it("answers every request with the service's own error when its environment is wrong, and names the variable, not its value", async () => {
    const environment = { COFFER_TABLE: 'coffer', COFFER_KEY_MODE: `poison ${CANARY}`, COFFER_DEPLOYMENT: 'coffer' }
    const handler = operationHandler(getSecretValue, { environment })
    for (let time = 0; time < 2; time++) {
      const { statusCode, body } = await handler(proxyEvent({ body: { SecretId: 'a' } }), lambdaContext)
      expect(statusCode).toBe(500)
      expect(JSON.parse(body)).toMatchObject({ __type: 'InternalServiceError' })
    }
    expect(printed.text).toContain('COFFER_KEY_MODE')
    expect(printed.text).not.toContain(CANARY)
  })

  it('says in the log what KMS said, where the caller is told less', async () => {
    const key = coffer.keys.addKey('mine')
    await coffer.call('CreateSecret', { Name: 'a', SecretString: CANARY, KmsKeyId: key })
    coffer.keys.fail(key, 'unwrap', 'denied')
    const { body } = await read()(proxyEvent({ body: { SecretId: 'a' } }), lambdaContext)
    expect(JSON.parse(body)).toMatchObject({ Message: 'Access to KMS is not allowed' })
    expect(printed.of('request')).toMatchObject([
      { code: 'AccessDeniedException', reason: expect.stringContaining(key) },
    ])
  })

  it('writes one line for a request, from an allow-list', async () => {
    await coffer.call('CreateSecret', { Name: 'a', SecretString: CANARY })
    await read()(proxyEvent({ body: { SecretId: 'a' } }), lambdaContext)
    await read()(proxyEvent({ body: `{"SecretId": "${CANARY}` }), lambdaContext)
    const [line, refused, ...more] = printed.of('request')
    expect(more).toEqual([])
    expect(line).toMatchObject({
      operation: 'GetSecretValue',
      requestId: 'request-1',
      principal: IDENTITY.userArn,
      sourceIp: IDENTITY.sourceIp,
      resource: expect.stringContaining('secret:a-'),
      status: 200,
    })
    expect(refused).toMatchObject({ code: 'SerializationException', status: 400 })
    expect(printed.text).not.toContain(CANARY)
  })
})
