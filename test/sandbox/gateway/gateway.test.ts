import { signRequest } from '../../../local/sigv4/sign.ts'
import { apisOf } from '../../../sandbox/gateway/api.ts'
import type { HttpAnswer } from '../../../sandbox/gateway/failures.ts'
import { Gateway } from '../../../sandbox/gateway/gateway.ts'
import type { RestEvent } from '../../../sandbox/gateway/proxy-event.ts'
import { EVERYTHING, withUsers, type UserWish } from '../../../sandbox/iam/identities.ts'
import { Ledger } from '../../../sandbox/iam/ledger.ts'
import { serviceAccessIn } from '../../../sandbox/iam/service-access.ts'
import { entropy } from '../../support/keyring-fixture.ts'
import { apiTemplate } from '../support/fixture-api.ts'
import { callersFixture, type CallersFixture } from '../support/fixture-callers.ts'
import { hostFixture } from '../support/fixture-functions.ts'
import { ACCOUNT, resolverOf } from '../support/fixture-stack.ts'

const { host, define, clock } = hostFixture()
const echo = define(
  'echo',
  'exports.handler = async (event) => ({ statusCode: 201, headers: { "X-Own": "yes", Date: "mine" }, body: JSON.stringify(event) })',
)
const keyOf = (name: string) => ({
  accessKeyId: `AKIA${name.toUpperCase().padEnd(16, 'X')}`,
  secretAccessKey: `${name}-secret`,
})
const only = (path: string) => ({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: 'execute-api:Invoke', Resource: `arn:aws:execute-api:*:${ACCOUNT}:*/v1/POST${path}` },
  ],
})
const OTHER_ACCOUNT = '444455556666'
const user = (userName: string, policy: object, account = ACCOUNT): UserWish => ({
  userName,
  policy,
  account,
  accessKey: keyOf(userName),
})
const users = [
  user('admin', EVERYTHING),
  user('reader', only('/Read')),
  user('nobody', only('/Nothing')),
  user('stranger', EVERYTHING, OTHER_ACCOUNT),
]
let fixture: CallersFixture
beforeAll(async () => {
  fixture = await callersFixture(withUsers([], users, ACCOUNT))
})
afterAll(() => fixture.close())

const letIn = (SourceArn: string) =>
  serviceAccessIn(
    {
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Principal: { Service: 'apigateway.amazonaws.com' },
        Action: 'lambda:InvokeFunction',
        Resource: '*',
        Condition: { ArnLike: { 'aws:SourceArn': SourceArn } },
      },
    },
    'permission',
  )

function gatewayOf({
  policy,
  sourceArn = `arn:aws:execute-api:eu-central-1:${ACCOUNT}:*`,
}: { policy?: object; sourceArn?: string } = {}) {
  const ledger = new Ledger()
  const gateway = new Gateway({
    apis: apisOf(resolverOf(apiTemplate({}, policy))),
    host,
    callers: fixture.callers,
    ledger,
    permissions: new Map([[echo.arn, letIn(sourceArn)]]),
    clock,
    wallClock: { now: () => Date.now() },
    entropy,
    longestTimeoutMs: 5000,
  })
  return { gateway, ledger }
}

interface Sent {
  readonly user?: string
  readonly path?: string
  readonly region?: string
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly method?: string
}
function send(
  gateway: Gateway,
  { user = 'admin', path = '/v1/Read', region = 'eu-central-1', headers = {}, body = '{}', method = 'POST' }: Sent = {},
): Promise<HttpAnswer> {
  const signed = signRequest({ method, url: path, headers: { host: 'localhost', ...headers }, body }, keyOf(user), {
    region,
    service: 'execute-api',
    time: Date.now(),
  })
  const rawHeaders = Object.entries(signed).flat()
  return gateway.answer({
    httpMethod: method,
    url: path,
    rawHeaders,
    body: Buffer.from(body),
    isTooLarge: false,
    sourceIp: '127.0.0.1',
  })
}
const json = (answer: HttpAnswer): Record<string, unknown> =>
  JSON.parse(answer.body.toString()) as Record<string, unknown>
const header = ({ headers }: HttpAnswer, wanted: string): string | undefined =>
  headers.find(([name]) => name.toLowerCase() === wanted)?.[1]

it('hands the function the event that a REST API with AWS_IAM makes', async () => {
  const { gateway } = gatewayOf()
  const body = '{"a":"é"}'
  const answer = await send(gateway, {
    path: '/v1/Read?x=1&x=2',
    body,
    headers: { 'user-agent': 'agent/1', 'x-amz-target': 'a.B', 'x-forwarded-for': '1.2.3.4' },
  })
  expect(answer.status).toBe(201)
  const event = json(answer) as unknown as RestEvent
  expect(event).toEqual({
    resource: '/Read',
    path: '/Read',
    httpMethod: 'POST',
    headers: expect.objectContaining({
      host: 'localhost',
      'x-amz-target': 'a.B',
      'X-Forwarded-For': '1.2.3.4, 127.0.0.1',
      'X-Forwarded-Proto': 'https',
    }),
    multiValueHeaders: expect.objectContaining({ host: ['localhost'] }),
    queryStringParameters: { x: '2' },
    multiValueQueryStringParameters: { x: ['1', '2'] },
    pathParameters: null,
    stageVariables: null,
    requestContext: {
      accountId: ACCOUNT,
      apiId: expect.stringMatching(/^[a-z0-9]{10}$/),
      deploymentId: expect.stringMatching(/^[a-z0-9]{6}$/),
      domainName: expect.stringMatching(/^[a-z0-9]{10}\.execute-api\.eu-central-1\.amazonaws\.com$/),
      domainPrefix: event.requestContext.apiId,
      extendedRequestId: header(answer, 'x-amz-apigw-id'),
      httpMethod: 'POST',
      identity: {
        accessKey: keyOf('admin').accessKeyId,
        accountId: ACCOUNT,
        apiKey: null,
        apiKeyId: null,
        caller: expect.stringMatching(/^AIDA/),
        clientCert: null,
        cognitoAuthenticationProvider: null,
        cognitoAuthenticationType: null,
        cognitoIdentityId: null,
        cognitoIdentityPoolId: null,
        principalOrgId: null,
        sourceIp: '127.0.0.1',
        user: event.requestContext.identity.caller,
        userAgent: 'agent/1',
        userArn: `arn:aws:iam::${ACCOUNT}:user/admin`,
      },
      path: '/v1/Read',
      protocol: 'HTTP/1.1',
      requestId: header(answer, 'x-amzn-requestid'),
      requestTime: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
      requestTimeEpoch: expect.any(Number),
      resourceId: expect.stringMatching(/^[a-z0-9]{6}$/),
      resourcePath: '/Read',
      stage: 'v1',
    },
    body,
    isBase64Encoded: false,
  })
})

it('headers of the answer that are API Gateway’s own are renamed', async () => {
  const answer = await send(gatewayOf().gateway)
  expect([header(answer, 'x-own'), header(answer, 'date'), header(answer, 'x-amzn-remapped-date')]).toEqual([
    'yes',
    undefined,
    'mine',
  ])
})

it('the root is reached with and without a slash, an empty body is null', async () => {
  const { gateway } = gatewayOf()
  for (const path of ['/v1', '/v1/'])
    expect(json(await send(gateway, { path, body: '' }))).toMatchObject({ resource: '/', path: '/', body: null })
  expect(json(await send(gateway, { path: '/v1/Read/' }))).toMatchObject({ resource: '/Read' })
})

it('a caller needs execute-api:Invoke on the method; the refusal is restyled by the template', async () => {
  const { gateway } = gatewayOf()
  expect((await send(gateway, { user: 'reader' })).status).toBe(201)
  const refused = await send(gateway, { user: 'reader', path: '/v1/' })
  expect(refused.status).toBe(400)
  const requestId = header(refused, 'x-amzn-requestid')
  expect(json(refused)).toEqual({
    m: expect.stringMatching(
      /^User: arn:aws:iam::111122223333:user\/reader is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:eu-central-1:111122223333:[a-z0-9]{10}\/v1\/POST\/$/,
    ),
    t: 'ACCESS_DENIED',
    r: requestId,
  })
  expect([header(refused, 'x-code'), header(refused, 'x-request'), header(refused, 'content-type')]).toEqual([
    'Denied',
    requestId,
    'application/x-own',
  ])
})

describe('a resource policy of the API', () => {
  const statement = (Effect: string, AWS: string, Resource = 'execute-api:/*') => ({
    Statement: [{ Effect, Principal: { AWS }, Action: 'execute-api:Invoke', Resource }],
  })
  const statusFor = async (user: string, policy?: object): Promise<number> =>
    (await send(gatewayOf(policy === undefined ? {} : { policy }).gateway, { user })).status

  it('lets in somebody of the own account by itself', async () => {
    expect(await statusFor('nobody')).toBe(400)
    expect(await statusFor('nobody', statement('Allow', `arn:aws:iam::${ACCOUNT}:user/nobody`))).toBe(201)
    expect(
      await statusFor(
        'nobody',
        statement('Allow', `arn:aws:iam::${ACCOUNT}:user/nobody`, 'execute-api:/v1/POST/Other'),
      ),
    ).toBe(400)
  })

  it('and the identity policy are both needed for another account', async () => {
    expect(await statusFor('stranger')).toBe(400)
    expect(await statusFor('stranger', statement('Allow', `arn:aws:iam::${OTHER_ACCOUNT}:root`))).toBe(201)
  })

  it('denies whoever else would be let in', async () => {
    expect(await statusFor('admin', statement('Deny', '*'))).toBe(400)
  })
})

it.each([
  ['a Region without an API', { region: 'us-west-2' }, 403],
  ['an access key that nobody has', { user: 'unknown' }, 403],
  ['another method', { method: 'PUT' }, 403],
  ['another stage', { path: '/v2/Read' }, 403],
])('%s is refused', async (_, sent, status) => {
  const answer = await send(gatewayOf().gateway, sent)
  expect(answer.status).toBe(status)
  expect(Object.keys(json(answer))).toEqual(['message'])
})

it('a function that does not let the API in is a mistake of the deployment', async () => {
  const { gateway, ledger } = gatewayOf({ sourceArn: `arn:aws:execute-api:eu-central-1:${ACCOUNT}:other/*` })
  expect((await send(gateway)).status).toBe(500)
  expect(ledger.violations).toMatchObject([{ action: 'lambda:InvokeFunction', resource: echo.arn }])
})

describe('a template that the sandbox could not serve truly', () => {
  const methodWith = (properties: object) => {
    const { Resources } = apiTemplate()
    const { Type, Properties } = Resources!.ReadPost!
    return apiTemplate({ ReadPost: { Type, Properties: { ...Properties, ...properties } } })
  }
  it.each<[string, object, string]>([
    ['a method that anyone may call', { AuthorizationType: 'NONE' }, 'every method must have AWS_IAM'],
    ['an integration that is no Lambda proxy', { Integration: { Type: 'MOCK' } }, 'Lambda proxy'],
  ])('%s', (_, properties, message) => {
    expect(() => apisOf(resolverOf(methodWith(properties)))).toThrow(message)
  })
})
