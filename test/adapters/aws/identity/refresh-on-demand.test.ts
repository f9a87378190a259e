import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { refreshOnDemand } from '../../../../lambda/adapters/aws/identity/refresh-on-demand.ts'
import { serviceEndpoint } from '../../../../lambda/adapters/aws/signed-request.ts'
import { signRequest } from '../../../../local/sigv4/sign.ts'

const credentials = { accessKeyId: 'ASIATESTTESTTESTTEST', secretAccessKey: 'not-a-secret', sessionToken: 'a-token' }

describe('a new snapshot on demand', () => {
  let server: Server
  let asked: { method: string | undefined; url: string | undefined; sent: string; headers: IncomingHttpHeaders }[]
  let answer: { status: number; headers: Record<string, string> }
  beforeEach(async () => {
    asked = []
    answer = { status: 200, headers: {} }
    server = createServer((request, response) => {
      void text(request).then((sent) => {
        const { method, url, headers } = request
        asked.push({ method, url, sent, headers })
        response.writeHead(answer.status, answer.headers).end('{"renewed":true}')
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    jest.replaceProperty(process, 'env', {
      ...process.env,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_SESSION_TOKEN: credentials.sessionToken,
    })
  })
  afterEach(() => {
    jest.restoreAllMocks()
    server.closeAllConnections()
    server.close()
  })
  const endpoint = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const refresh = () =>
    refreshOnDemand({ region: 'eu-west-1', functionName: 'coffer-identity', endpoint: endpoint() })('AIDAX')

  it('is asked of the identity function, and waited for', async () => {
    await refresh()
    expect(asked).toMatchObject([
      {
        method: 'POST',
        url: '/2015-03-31/functions/coffer-identity/invocations',
        sent: '{"task":"refresh","uniqueId":"AIDAX"}',
        headers: { 'x-amz-security-token': 'a-token' },
      },
    ])
  })

  it('is signed with the credentials of the function, as a second reading of the rules signs', async () => {
    await refresh()
    const { sent = '', headers = {} } = asked[0] ?? {}
    const { authorization, 'x-amz-date': date } = headers
    const [, names = ''] = /SignedHeaders=([^,]+)/.exec(authorization ?? '') ?? []
    const covered = names.split(';').filter((name) => !['x-amz-date', 'x-amz-security-token'].includes(name))
    expect(covered).toEqual(['content-type', 'host', 'x-amz-content-sha256'])
    const again = signRequest(
      {
        method: 'POST',
        url: '/2015-03-31/functions/coffer-identity/invocations',
        headers: Object.fromEntries(covered.map((name) => [name, String(headers[name])])),
        body: sent,
      },
      credentials,
      {
        region: 'eu-west-1',
        service: 'lambda',
        time: Date.parse(String(date).replace(/^(....)(..)(..T..)(..)/, '$1-$2-$3:$4:')),
      },
    )
    expect(again).toMatchObject({ authorization, 'x-amz-date': date })
  })

  it.each([
    ['fails as the function does', { status: 200, headers: { 'x-amz-function-error': 'Unhandled' } }],
    ['fails where Lambda has no capacity left', { status: 429, headers: {} }],
    ['fails where the role may not', { status: 403, headers: {} }],
  ])('%s', async (_, given) => {
    answer = given
    await expect(refresh()).rejects.toThrow('coffer-identity')
  })

  it.each([
    ['eu-west-1', 'https://lambda.eu-west-1.amazonaws.com'],
    ['us-gov-west-1', 'https://lambda.us-gov-west-1.amazonaws.com'],
    ['cn-north-1', 'https://lambda.cn-north-1.amazonaws.com.cn'],
    ['us-iso-east-1', 'https://lambda.us-iso-east-1.c2s.ic.gov'],
    ['us-isob-east-1', 'https://lambda.us-isob-east-1.sc2s.sgov.gov'],
    ['eusc-de-east-1', 'https://lambda.eusc-de-east-1.amazonaws.eu'],
  ])("goes to Lambda's endpoint in %s, where the SDK's client goes", async (region, expected) => {
    expect(serviceEndpoint('lambda', region)).toBe(expected)
    const client = new LambdaClient({ region, credentials })
    const { url } = client.config.endpointProvider({ Region: region, UseDualStack: false, UseFIPS: false })
    expect(url.href.replace(/\/$/, '')).toBe(expected)
  })
})
