import { makeCoffer, type Coffer } from '../../support/coffer.ts'

const INVALID =
  'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!'
const operationsOnOneSecret: readonly (readonly [string, Record<string, unknown>])[] = [
  ['DeleteSecret', {}],
  ['DescribeSecret', {}],
  ['GetResourcePolicy', {}],
  ['GetSecretValue', {}],
  ['ListSecretVersionIds', {}],
  ['PutSecretValue', { SecretString: 'v' }],
  ['RestoreSecret', {}],
  ['TagResource', { Tags: [{ Key: 'k', Value: 'v' }] }],
  ['UntagResource', { TagKeys: ['k'] }],
  ['UpdateSecret', { Description: 'd' }],
  ['UpdateSecretVersionStage', { VersionStage: 'X', MoveToVersionId: 'v'.repeat(32) }],
]

describe('names and look-up', () => {
  let coffer: Coffer
  beforeEach(() => (coffer = makeCoffer()))
  afterEach(() => coffer.close())

  it.each(['a b', 'a*', 'a?', 'a]', 'a\\b', ' a', 'a ', 'ünï', 'a\u0000', 'a\n', 'arn:aws:s3:::x'])(
    'SM-NAME-01 CreateSecret refuses the name %j',
    async (Name) => {
      await expect(coffer.call('CreateSecret', { Name })).rejects.toMatchObject({
        code: 'ValidationException',
        message: INVALID,
      })
    },
  )

  it.each(operationsOnOneSecret)('SM-NAME-01 %s refuses a name with other characters', async (operation, input) => {
    const refused = coffer.call(operation, { SecretId: 'no such*name', ...input })
    await expect(refused).rejects.toMatchObject({ code: 'ValidationException', message: INVALID })
  })

  it.each(operationsOnOneSecret)('SM-NAME-08 %s does not find what is not there', async (operation, input) => {
    await expect(coffer.call(operation, { SecretId: 'nothing', ...input })).rejects.toMatchObject({
      status: 400,
      code: 'ResourceNotFoundException',
      message: "Secrets Manager can't find the specified secret.",
    })
  })

  it('SM-NAME-02 a name is exact, case-sensitive, and of one account and Region', async () => {
    await coffer.call('CreateSecret', { Name: 'App/Key' })
    await expect(coffer.call('DescribeSecret', { SecretId: 'App/Key' })).resolves.toBeDefined()
    for (const [SecretId, caller] of [
      ['app/key', {}],
      ['App/Key', { account: '999999999999' }],
      ['App/Key', { region: 'eu-west-1' }],
    ] as const)
      await expect(coffer.call('DescribeSecret', { SecretId }, caller)).rejects.toMatchObject({
        code: 'ResourceNotFoundException',
      })
  })

  it('SM-NAME-03 a full ARN finds its own incarnation only', async () => {
    const first = await coffer.call('CreateSecret', { Name: 'a' })
    await coffer.call('DeleteSecret', { SecretId: 'a', ForceDeleteWithoutRecovery: true })
    const second = await coffer.call('CreateSecret', { Name: 'a' })
    expect(second.ARN).not.toBe(first.ARN)
    await expect(coffer.call('DescribeSecret', { SecretId: second.ARN })).resolves.toMatchObject({ Name: 'a' })
    await expect(coffer.call('DescribeSecret', { SecretId: first.ARN })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    })
  })

  it.each(['Valid/_+=.@-Name', 'name-a1b2', 'name-a1b2c3-', 's-c64bdc03'])(
    'SM-NAME-04 finds %s by its ARN without the suffix',
    async (Name) => {
      const { ARN } = await coffer.call('CreateSecret', { Name })
      const partial = String(ARN).slice(0, -7)
      await expect(coffer.call('DescribeSecret', { SecretId: partial })).resolves.toMatchObject({ Name, ARN })
    },
  )

  it('SM-NAME-05 does not find a name that ends in a hyphen and six characters by partial ARN', async () => {
    const { ARN } = await coffer.call('CreateSecret', { Name: 'Invalid/_+=.@-Name-a1b2c3' })
    await expect(coffer.call('DescribeSecret', { SecretId: String(ARN).slice(0, -7) })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    })
    await expect(coffer.call('DescribeSecret', { SecretId: ARN })).resolves.toMatchObject({ ARN })
  })

  it('SM-NAME-06 a name with the suffix but without the ARN prefix is not the secret', async () => {
    const { ARN } = await coffer.call('CreateSecret', { Name: 'a' })
    await expect(coffer.call('DescribeSecret', { SecretId: String(ARN).split(':').at(-1) })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    })
  })

  it.each([
    'arn:',
    'arn:aws',
    'arn:aws:s3:::bucket',
    'arn:aws:secretsmanager:eu-west-1:123456789012:secret:a',
    'arn:aws-cn:secretsmanager:us-east-1:123456789012:secret:a',
    'arn:aws:secretsmanager:us-east-1::secret:a',
    'arn:aws:secretsmanager:us-east-1:123456789012:secret:',
    'arn:aws:secretsmanager:us-east-1:123456789012:other:a',
  ])('SM-NAME-08 an ARN that is misshapen or of another Region finds nothing: %s', async (SecretId) => {
    await coffer.call('CreateSecret', { Name: 'a' })
    await expect(coffer.call('DescribeSecret', { SecretId })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    })
  })

  it('builds ARNs of the partition of the Region', async () => {
    const { ARN } = await coffer.call('CreateSecret', { Name: 'a' }, { region: 'cn-north-1' })
    expect(ARN).toMatch(/^arn:aws-cn:/)
  })
})
