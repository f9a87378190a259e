import fc from 'fast-check'
import type { RunningCoffer } from '../../../local/start.ts'
import { ADMIN, callSigned, startForTest, type Call } from '../support/running-server.ts'
import { temporaryDirectories } from '../support/temporary-directory.ts'

const newDirectory = temporaryDirectories()
const FORM = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }
const LIST_USERS = 'Action=ListUsers&Version=2010-05-08'
const WHO_AM_I = 'Action=GetCallerIdentity&Version=2011-06-15'

describe('IAM and STS over the wire', () => {
  let coffer: RunningCoffer
  beforeAll(async () => {
    ;({ coffer } = await startForTest(newDirectory(), { regions: 'eu-central-1' }))
  })
  afterAll(() => coffer.close())

  const call = (service: string, body: string, more: Partial<Call> = {}): Promise<Response> =>
    callSigned(coffer.url, { service, region: 'eu-central-1', headers: FORM, body, ...more })

  it('are told apart by the service that signed', async () => {
    const iam = await call('iam', LIST_USERS)
    expect(await iam.text()).toContain('<ListUsersResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">')
    const sts = await call('sts', WHO_AM_I)
    expect(await sts.text()).toContain('<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">')
  })

  it.each([
    ['iam', WHO_AM_I],
    ['sts', LIST_USERS],
  ])('do not serve what is signed for the other: %s', async (service, body) => {
    const response = await call(service, body)
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringContaining('<Code>InvalidAction</Code>'),
    ])
  })

  it('take us-east-1 for IAM, which has one Region for all, and not for STS', async () => {
    expect((await call('iam', LIST_USERS, { region: 'us-east-1' })).status).toBe(200)
    expect((await call('sts', WHO_AM_I, { region: 'us-east-1' })).status).toBe(403)
    expect((await call('iam', LIST_USERS, { region: 'us-west-2' })).status).toBe(403)
  })

  it('answer by GET, and unsigned calls with an error of the API that is meant', async () => {
    const signed = await call('iam', '', { method: 'GET', path: `/?${LIST_USERS}`, headers: {} })
    expect(await signed.text()).toContain('<UserName>admin</UserName>')
    const unsigned = await fetch(`${coffer.url}/?${LIST_USERS}`)
    expect([unsigned.status, await unsigned.text()]).toEqual([
      403,
      expect.stringMatching(/iam\.amazonaws\.com.*<Code>MissingAuthenticationToken<\/Code>/),
    ])
  })

  it.each([
    ['iam', { ...ADMIN, secretAccessKey: 'wrong' }, 'SignatureDoesNotMatch'],
    ['iam', { ...ADMIN, accessKeyId: 'AKIANOBODYNOBODYNOBO' }, 'InvalidClientTokenId'],
  ])('refuse %s with bad credentials', async (service, credentials, code) => {
    const response = await call(service, LIST_USERS, { credentials })
    expect([response.status, await response.text()]).toEqual([403, expect.stringContaining(`<Code>${code}</Code>`)])
  })

  it('never fail for want of understanding, whatever the form', async () => {
    const actions = ['CreateUser', 'CreateRole', 'PutUserPolicy', 'TagUser', 'ListUsers', 'SimulatePrincipalPolicy']
    const piece = fc.oneof(
      fc.constantFrom(
        '&UserName=',
        '&Tags.member.1.Key=',
        '&Tags.member.1.Value=',
        '&Tags=',
        '&Marker=',
        '&MaxItems=',
        '&PolicyDocument=',
        '&Path=',
        '&RoleName=',
        '&ActionNames.member.1=',
        '.member.',
        '%7B%22Version%22%3A',
        '%00',
        '%f0%9f%98%80',
        '%ed%a0%80',
        '1',
        'a',
        '/',
      ),
      fc.string({ maxLength: 6 }),
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...actions), fc.array(piece, { maxLength: 12 }), async (action, pieces) => {
        const response = await call('iam', `Action=${action}&Version=2010-05-08${pieces.join('')}`)
        const text = await response.text()
        expect(response.status).toBeLessThan(500)
        expect(response.headers.get('content-type')).toBe('text/xml')
        expect(text).toMatch(/^<\w+Response xmlns=.*<\/\w+Response>$/s)
      }),
      { numRuns: 150 },
    )
  })

  it('say nothing of secrets in the log', async () => {
    const { coffer: other, output } = await startForTest(newDirectory())
    const signed = (body: string): Promise<Response> => callSigned(other.url, { service: 'iam', headers: FORM, body })
    await signed('Action=CreateUser&Version=2010-05-08&UserName=alice')
    const made = await (await signed('Action=CreateAccessKey&Version=2010-05-08&UserName=alice')).text()
    await signed('Action=CreateLoginProfile&Version=2010-05-08&UserName=alice&Password=never-to-be-logged')
    await signed('Action=CreateLoginProfile&Version=2010-05-08&UserName=alice&Password=never')
    await other.close()
    const secret = /<SecretAccessKey>(.*?)</.exec(made)?.[1] ?? ''
    expect(secret).toHaveLength(40)
    const { text } = output
    expect(text).toContain('CreateLoginProfile')
    for (const word of [secret, 'never-to-be-logged']) expect(text).not.toContain(word)
  })
})
