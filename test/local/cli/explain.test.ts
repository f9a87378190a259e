import { SecretsManager } from '@aws-sdk/client-secrets-manager'
import { composeServices } from '../../../local/compose.ts'
import { run } from '../../../local/cli/program.ts'
import { ADMIN, startForTest } from '../support/running-server.ts'
import { temporaryDirectories } from '../support/temporary-directory.ts'

const newDirectory = temporaryDirectories()
const ADMIN_ARN = 'arn:aws:iam::123456789012:user/admin'
const asAdmin = { AWS_ACCESS_KEY_ID: ADMIN.accessKeyId, AWS_SECRET_ACCESS_KEY: ADMIN.secretAccessKey }

let url: string
let close: () => Promise<void>
let arn: string

async function coffer(...args: string[]) {
  let [out, err] = ['', '']
  const print = (text: string): void => void (out += text)
  const complain = (text: string): void => void (err += text)
  const code = await run([...args, '--url', url], { environment: asAdmin, print, complain })
  return { code, out, err }
}

beforeAll(async () => {
  const { coffer: server } = await startForTest(newDirectory(), {}, { compose: composeServices })
  url = server.url
  close = () => server.close()
  const client = new SecretsManager({ endpoint: url, region: 'eu-west-1', credentials: ADMIN, maxAttempts: 1 })
  arn = String((await client.createSecret({ Name: 'db', SecretString: 'v' })).ARN)
  const statement = { Effect: 'Deny', Principal: '*', Action: 'secretsmanager:DeleteSecret', Resource: '*' }
  const ResourcePolicy = JSON.stringify({ Version: '2012-10-17', Statement: { Sid: 'Keep', ...statement } })
  await client.putResourcePolicy({ SecretId: 'db', ResourcePolicy })
  client.destroy()
})
afterAll(() => close())

const asking = ['--principal', ADMIN_ARN, '--secret', 'db', '--region', 'eu-west-1', '--action']

describe('coffer explain', () => {
  it('ends with 0 for a yes, and names the statement', async () => {
    const { code, out } = await coffer('explain', ...asking, 'secretsmanager:GetSecretValue')
    expect(code).toBe(0)
    expect(out).toContain(`ALLOWED  ${ADMIN_ARN}\n`)
    expect(out).toContain('allowed by statement 1 of the arn:aws:iam::aws:policy/AdministratorAccess')
  })

  it('ends with 3 for a no, and names the statement', async () => {
    const { code, out } = await coffer('explain', ...asking, 'secretsmanager:DeleteSecret')
    expect(code).toBe(3)
    expect(out).toContain(`DENIED  ${ADMIN_ARN}\n`)
    expect(out).toContain(`denied by statement 1 (Keep) of the resource policy of ${arn}`)
  })

  it('takes the Region of the secret from its ARN', async () => {
    const { code } = await coffer('explain', '--principal', ADMIN_ARN, '--secret', arn, '--action', 'DescribeSecret')
    expect(code).toBe(0)
  })

  it('prints JSON for machines', async () => {
    const { out } = await coffer('explain', ...asking, 'DescribeSecret', '--json')
    expect(JSON.parse(out)).toMatchObject({ principal: ADMIN_ARN, isAllowed: true })
  })

  it.each([
    [1, ['--principal', ADMIN_ARN, '--action', 'GetSecretValue'], 'secret must be given: GetSecretValue is about one'],
    [1, ['--principal', 'alice', '--action', 'GetSecretValue', '--secret', 'db'], 'expected the ARN of a user'],
    [1, ['--principal', ADMIN_ARN, '--action', 'iam:CreateUser', '--secret', 'db'], '"iam:CreateUser" is none'],
    [
      2,
      ['--principal', ADMIN_ARN, '--action', 'GetSecretValue', '--secret', 'db', '--context', 'x'],
      '--context is "x"',
    ],
    [2, ['--action', 'GetSecretValue'], "required option '--principal <arn>' not specified"],
  ])('ends with %d without an answer to %j', async (expected, args, message) => {
    const { code, out, err } = await coffer('explain', ...args)
    expect([code, out]).toEqual([expected, ''])
    expect(err).toContain(message)
    expect(err).not.toContain('    at ')
  })
})

describe('coffer who-can', () => {
  it('lists those who can', async () => {
    const { code, out } = await coffer('who-can', ...asking.slice(2), 'secretsmanager:GetSecretValue')
    expect(code).toBe(0)
    expect(out).toContain(
      `1 of 1 known principals may secretsmanager:GetSecretValue on ${arn}\n  ${ADMIN_ARN}  by statement 1`,
    )
  })

  it('says that there is no such secret', async () => {
    const { out } = await coffer('who-can', '--secret', 'typo', '--action', 'secretsmanager:GetSecretValue')
    expect(out).toContain('There is no secret typo')
  })
})
