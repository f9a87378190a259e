import { settingsProblem } from '../../../../lambda/managed-rotation/settings.ts'
import { awsFunctions } from '../../../../lambda/adapters/aws/functions/aws-functions.ts'
import type { FunctionPolicy } from '../../../../lambda/adapters/aws/functions/function-policy.ts'
import type { FunctionOutcome, RotationEvent } from '../../../../lambda/core/ports/functions.ts'

const ACCOUNT = '123456789012'
const arnOf = (name: string, { account = ACCOUNT, region = 'eu-west-1' } = {}): string =>
  `arn:aws:lambda:${region}:${account}:function:${name}`
const SECRET = `arn:aws:secretsmanager:eu-west-1:${ACCOUNT}:secret:db-AbCdEf`
const use = (functionArn: string) => ({
  functionArn,
  secretArn: SECRET,
  secret: { account: ACCOUNT, region: 'eu-west-1', name: 'db' },
})
const event: RotationEvent = { Step: 'createSecret', SecretId: SECRET, ClientRequestToken: 'c', RotationToken: 't' }

const statement = (more: object = {}) => ({
  Sid: 'secretsmanager',
  Effect: 'Allow',
  Principal: { Service: 'secretsmanager.amazonaws.com' },
  Action: 'lambda:InvokeFunction',
  Resource: arnOf('rotate'),
  ...more,
})
const policyOf = (...statements: object[]): FunctionPolicy => ({
  kind: 'text',
  text: JSON.stringify({ Version: '2012-10-17', Statement: statements }),
})

const asked: string[] = []
const invoked: string[] = []
const functions = (policy: FunctionPolicy, allowed: readonly string[] = ['*']) =>
  awsFunctions({
    functions: {
      account: ACCOUNT,
      region: 'eu-west-1',
      managedArn: arnOf('coffer-managed-rotation'),
      isOwnName: (name) => ['coffer-get-secret-value', 'coffer-managed-rotation'].includes(name),
      allowed,
    },
    managedSettingsProblem: settingsProblem,
    readPolicy: async (arn) => {
      asked.push(arn)
      return policy
    },
    invoke: async ({ functionArn }): Promise<FunctionOutcome> => {
      invoked.push(functionArn)
      return { kind: 'returned' }
    },
  })
beforeEach(() => (asked.length = invoked.length = 0))

describe('whether a function may be invoked', () => {
  const check = (policy: FunctionPolicy, name = 'rotate') => functions(policy).check(use(arnOf(name)))

  test.each<[string, object, 'allowed' | 'not-allowed']>([
    ['its policy names the service', {}, 'allowed'],
    ['and the account', { Condition: { StringEquals: { 'AWS:SourceAccount': ACCOUNT } } }, 'allowed'],
    ['and the secret', { Condition: { ArnLike: { 'AWS:SourceArn': SECRET } } }, 'allowed'],
    ['another service', { Principal: { Service: 'events.amazonaws.com' } }, 'not-allowed'],
    ['a role', { Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/r` } }, 'not-allowed'],
    ['another account', { Condition: { StringEquals: { 'AWS:SourceAccount': '210987654321' } } }, 'not-allowed'],
    ['another secret', { Condition: { ArnLike: { 'AWS:SourceArn': `${SECRET.slice(0, -6)}GhIjKl` } } }, 'not-allowed'],
    ['another action', { Action: 'lambda:GetFunction' }, 'not-allowed'],
    ['another function', { Resource: arnOf('other') }, 'not-allowed'],
    ['a condition that nobody can see', { Condition: { Bool: { 'some:Key': 'true' } } }, 'not-allowed'],
  ])('%s', async (_title, more, expected) => {
    expect(await check(policyOf(statement(more)))).toBe(expected)
  })

  test('a Deny counts, also one that may apply', async () => {
    const deny = statement({ Sid: 'deny', Effect: 'Deny', Principal: '*' })
    expect(await check(policyOf(statement(), deny))).toBe('not-allowed')
    const maybe = { ...deny, Condition: { Bool: { 'some:Key': 'true' } } }
    expect(await check(policyOf(statement(), maybe))).toBe('not-allowed')
    const other = { ...deny, Condition: { StringEquals: { 'AWS:SourceAccount': '210987654321' } } }
    expect(await check(policyOf(statement(), other))).toBe('allowed')
  })

  test.each<[FunctionPolicy, string]>([
    [{ kind: 'missing' }, 'missing'],
    [{ kind: 'none' }, 'not-allowed'],
    [{ kind: 'denied' }, 'not-allowed'],
    [{ kind: 'text', text: 'not a policy' }, 'not-allowed'],
  ])('%j is %s', async (policy, expected) => {
    expect(await check(policy)).toBe(expected)
  })

  test('a function of another account is taken at the word of the config, where it does not show its policy', async () => {
    const arn = arnOf('rotate', { account: '210987654321' })
    const check = (policy: FunctionPolicy, allowed: string[]) => functions(policy, allowed).check(use(arn))
    expect(await check({ kind: 'denied' }, [arn])).toBe('allowed')
    expect(await check({ kind: 'none' }, [arn])).toBe('not-allowed')
    expect(await check({ kind: 'denied' }, ['*'])).toBe('not-allowed')
  })

  test('the function of managed rotation is allowed, and is not asked about', async () => {
    expect(await check({ kind: 'missing' }, 'coffer-managed-rotation')).toBe('allowed')
    expect(asked).toEqual([])
  })

  test.each([
    ['another function of the deployment', arnOf('coffer-get-secret-value')],
    ['a version of it', `${arnOf('coffer-get-secret-value')}:live`],
    ['a version of managed rotation', `${arnOf('coffer-managed-rotation')}:1`],
    ['another Region', arnOf('rotate', { region: 'us-east-1' })],
    ['no ARN of a function', `arn:aws:sns:eu-west-1:${ACCOUNT}:topic`],
    ['no ARN', 'rotate'],
  ])('%s is not, whatever its policy says', async (_title, arn) => {
    expect(await functions(policyOf(statement({ Resource: '*' }))).check(use(arn))).toBe('not-allowed')
    expect(asked).toEqual([])
    expect(await functions(policyOf()).invoke(use(arn), event)).toEqual({ kind: 'not-invoked', reason: 'not-allowed' })
    expect(invoked).toEqual([])
  })

  test('the config limits the names', async () => {
    const check = (name: string) =>
      functions(policyOf(statement({ Resource: '*' })), ['rotate-*', 'one']).check(use(arnOf(name)))
    expect(await Promise.all(['rotate-db', 'one', 'two', 'my-rotate-db', 'ones'].map(check))).toEqual([
      'allowed',
      'allowed',
      'not-allowed',
      'not-allowed',
      'not-allowed',
    ])
  })
})

test('a function that may be invoked is', async () => {
  expect(await functions(policyOf()).invoke(use(arnOf('rotate')), event)).toEqual({ kind: 'returned' })
  expect(invoked).toEqual([arnOf('rotate')])
  expect(functions(policyOf()).managedName).toBe('coffer-managed-rotation')
})

describe('settings', () => {
  const problem = (name: string, value: string) =>
    functions({ kind: 'none' }).settingsProblem?.(use(arnOf(name)), [{ key: 'strategy', value }])

  test('of managed rotation are known', () => {
    expect(problem('coffer-managed-rotation', 'generic')).toBeUndefined()
    expect(problem('coffer-managed-rotation', 'none')).toContain('strategy must be one of single-user, ')
  })

  test("are another function's own affair", () => {
    expect(problem('rotate', 'none')).toBeUndefined()
  })
})
