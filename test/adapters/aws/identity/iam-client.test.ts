import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { readAccount } from '../../../../lambda/adapters/aws/identity/account-reading.ts'
import { iamClient } from '../../../../lambda/adapters/aws/identity/iam-client.ts'
import { emulated } from '../../../support/dynamo-table.ts'

const THROTTLED =
  '<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>'
const pageOf = (content: string): string =>
  `<GetAccountAuthorizationDetailsResponse><GetAccountAuthorizationDetailsResult>${content}</GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>`
const role = (name: string): string => `<RoleDetailList><member><RoleName>${name}</RoleName></member></RoleDetailList>`

describe("IAM's client", () => {
  let server: Server
  let answers: [number, string][]
  let asked: string[]
  beforeEach(async () => {
    asked = []
    server = createServer((request, response) => {
      void text(request).then((sent) => {
        asked.push(sent)
        const [status, body] = answers.shift() ?? [500, '']
        response.writeHead(status, { 'content-type': 'text/xml' }).end(body)
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    // The SDK's pauses are random.
    jest.spyOn(Math, 'random').mockReturnValue(0)
  })
  afterEach(() => {
    jest.restoreAllMocks()
    server.closeAllConnections()
    server.close()
  })
  const client = () => iamClient(emulated(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))

  it('follows the pages, and asks again where IAM throttles', async () => {
    answers = [
      [200, pageOf(`${role('a')}<IsTruncated>true</IsTruncated><Marker>next</Marker>`)],
      [400, THROTTLED],
      [200, pageOf(`${role('b')}<IsTruncated>false</IsTruncated>`)],
    ]
    const iam = client()
    const { roles } = await readAccount(iam)
    expect(roles.map(({ RoleName }) => RoleName)).toEqual(['a', 'b'])
    expect(asked.map((body) => new URLSearchParams(body).get('Marker'))).toEqual([null, 'next', 'next'])
    expect(new Set(asked.map((body) => new URLSearchParams(body).get('Action')))).toEqual(
      new Set(['GetAccountAuthorizationDetails']),
    )
    iam.destroy()
  })

  it('is patient, and slows down by itself', async () => {
    const { config } = client()
    expect(await config.maxAttempts()).toBe(6)
    expect(await config.retryStrategy()).toMatchObject({ mode: 'adaptive' })
  })
})
