import { readPolicy } from '../../../../lambda/adapters/embedded/keyring/key-policy.ts'

const statement = { Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*' }
const policy = (...statements: unknown[]): string => JSON.stringify({ Version: '2012-10-17', Statement: statements })

describe('a key policy', () => {
  it.each([
    policy(statement),
    policy({ ...statement, Action: ['kms:Get*', 'kms:Put*'] }),
    policy({ ...statement, Action: '*' }),
    JSON.stringify({ Statement: statement }),
  ])('is taken when it can be read: %s', (text) => {
    expect(() => readPolicy(text)).not.toThrow()
  })

  it.each([
    'nonsense',
    '[]',
    '"text"',
    '{}',
    policy(),
    policy(null),
    policy({ ...statement, Effect: 'Maybe' }),
    policy({ Effect: 'Allow', Action: 'kms:*', Resource: '*' }),
    policy({ ...statement, Action: [] }),
  ])('is malformed: %s', (text) => {
    expect(() => readPolicy(text)).toThrow(
      expect.objectContaining({ code: 'MalformedPolicyDocumentException' }) as Error,
    )
  })

  it('has at most 32 KB', () => {
    expect(() => readPolicy(policy({ ...statement, Sid: 'x'.repeat(33_000) }))).toThrow(
      expect.objectContaining({ code: 'LimitExceededException' }) as Error,
    )
  })
})
