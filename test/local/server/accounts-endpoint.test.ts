import { run } from '../../../local/cli/program.ts'
import type { RunningCoffer } from '../../../local/start.ts'
import { ADMIN, callSigned, startForTest } from '../support/running-server.ts'
import { temporaryDirectories } from '../support/temporary-directory.ts'

const newDirectory = temporaryDirectories()
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const OTHER = '222222222222'

let coffer: RunningCoffer
beforeEach(async () => {
  ;({ coffer } = await startForTest(newDirectory()))
})
afterEach(() => coffer.close())

type Answer = Record<string, string> & { readonly status: number }

async function accounts(body?: unknown, credentials = ADMIN): Promise<Answer> {
  const call = body === undefined ? { method: 'GET' } : { body: JSON.stringify(body) }
  const path = '/_coffer/accounts'
  const response = await callSigned(coffer.url, { ...call, path, service: 'coffer', headers: {}, credentials })
  return { ...((await response.json()) as Record<string, string>), status: response.status } as Answer
}

const credentialsIn = ({ accessKeyId = '', secretAccessKey = '' }: Answer) => ({ accessKeyId, secretAccessKey })

describe('/_coffer/accounts', () => {
  it('makes the first user of an account, who makes the others', async () => {
    const made = await accounts({ account: OTHER })
    expect(made).toMatchObject({ status: 200, account: OTHER, arn: `arn:aws:iam::${OTHER}:user/admin` })
    const body = 'Action=CreateUser&Version=2010-05-08&UserName=eve'
    const credentials = credentialsIn(made)
    const response = await callSigned(coffer.url, { service: 'iam', headers: FORM, body, credentials })
    expect(await response.text()).toContain(`<Arn>arn:aws:iam::${OTHER}:user/eve</Arn>`)
    expect(await accounts()).toMatchObject({ accounts: ['123456789012', OTHER] })
  })

  it('does so once: a key of Coffer is no way around the users of an account', async () => {
    await accounts({ account: OTHER })
    for (const account of [OTHER, '123456789012'])
      expect(await accounts({ account })).toMatchObject({ status: 400, __type: 'ResourceExistsException' })
  })

  it('is for the admin of Coffer alone, which the new user is not', async () => {
    const credentials = credentialsIn(await accounts({ account: OTHER }))
    expect(await accounts({ account: '333333333333' }, credentials)).toMatchObject({
      status: 400,
      __type: 'AccessDeniedException',
    })
  })

  it.each([{}, { account: '1' }, { account: 222222222222 }, { account: OTHER, more: 1 }, 'x'])(
    'refuses %j',
    async (body) => {
      expect(await accounts(body)).toMatchObject({ status: 400, __type: 'ValidationException' })
    },
  )

  it('is what `coffer account create` calls', async () => {
    let out = ''
    let err = ''
    const environment = {
      AWS_ENDPOINT_URL: coffer.url,
      AWS_ACCESS_KEY_ID: ADMIN.accessKeyId,
      AWS_SECRET_ACCESS_KEY: ADMIN.secretAccessKey,
      SHELL: '/bin/bash',
    }
    const surroundings = {
      environment,
      print: (text: string) => void (out += text),
      complain: (text: string) => void (err += text),
    }
    expect(await run(['account', 'create', '--account', OTHER], surroundings)).toBe(0)
    expect(out).toMatch(
      /^# arn:aws:iam::222222222222:user\/admin\nexport AWS_ACCESS_KEY_ID='AKIA\w{16}';\nexport AWS_SECRET_ACCESS_KEY='[^\s']{40}';\n$/,
    )
    expect(await run(['account', 'create', '--account', OTHER], surroundings)).toBe(1)
    expect(err).toContain('has users already')
    expect(await run(['account', 'create', '--account', '12'], surroundings)).toBe(2)
    expect(await run(['account', 'create'], surroundings)).toBe(2)
  })
})
