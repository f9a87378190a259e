import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import type { RunningCoffer } from '../../../local/start.ts'
import { ADMIN, callSigned, startForTest } from '../support/running-server.ts'
import { temporaryDirectories } from '../support/temporary-directory.ts'

const newDirectory = temporaryDirectories()
const FORM = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }

let coffer: RunningCoffer
beforeEach(async () => {
  ;({ coffer } = await startForTest(newDirectory()))
})
afterEach(() => coffer.close())

const callSts = (call: Parameters<typeof callSigned>[1]) =>
  callSigned(coffer.url, { service: 'sts', headers: FORM, ...call })

function client(
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } = ADMIN,
): STSClient {
  return new STSClient({ endpoint: coffer.url, region: 'us-east-1', credentials, maxAttempts: 1 })
}

describe('STS', () => {
  it('tells the stock SDK who it is', async () => {
    await expect(client().send(new GetCallerIdentityCommand({}))).resolves.toMatchObject({
      Account: '123456789012',
      Arn: 'arn:aws:iam::123456789012:user/admin',
      UserId: expect.stringMatching(/^AIDA[A-Z2-7]{16}$/) as string,
    })
  })

  it.each([
    ['a wrong secret', { ...ADMIN, secretAccessKey: 'wrong' }, 'SignatureDoesNotMatch', 403],
    ['an unknown key', { ...ADMIN, accessKeyId: 'AKIANOBODY' }, 'InvalidClientTokenId', 403],
    ['a session token that nobody gave', { ...ADMIN, sessionToken: 'x' }, 'InvalidClientTokenId', 403],
  ])('answers the stock SDK with its own error for %s', async (_, credentials, name, status) => {
    await expect(client(credentials).send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode: status },
    })
  })

  it('answers by GET too', async () => {
    const response = await callSts({
      method: 'GET',
      path: '/?Action=GetCallerIdentity&Version=2011-06-15',
      headers: {},
    })
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('<Account>123456789012</Account>')
  })

  it('answers an unsigned call in XML', async () => {
    const response = await fetch(coffer.url, {
      method: 'POST',
      headers: FORM,
      body: 'Action=GetCallerIdentity&Version=2011-06-15',
    })
    expect(response.status).toBe(403)
    expect(response.headers.get('content-type')).toBe('text/xml')
    expect(await response.text()).toContain('<Code>MissingAuthenticationToken</Code>')
  })

  it.each([
    ['', 'MissingAction'],
    ['Action=AssumeRole&Version=2011-06-15', 'ValidationError'],
    ['Action=AssumeRoleWithSAML&Version=2011-06-15', 'InvalidAction'],
    ['Action=GetCallerIdentity&Version=1999-01-01', 'InvalidAction'],
    ['Action=%3Cscript%3E&Version=%ff', 'InvalidAction'],
  ])('refuses %j with %s', async (body, code) => {
    const response = await callSts({ body })
    expect(response.status).toBe(400)
    const text = await response.text()
    expect(text).toContain(`<Type>Sender</Type><Code>${code}</Code>`)
    expect(text).not.toContain('<script>')
  })
})
