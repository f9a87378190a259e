import { makeCoffer, token, type Coffer, type Json } from '../../support/coffer.ts'

describe('BatchGetSecretValue', () => {
  let coffer: Coffer
  const batch = (input: Json) => coffer.call('BatchGetSecretValue', input)
  beforeEach(async () => {
    coffer = makeCoffer()
    for (const Name of ['a', 'b'])
      await coffer.call('CreateSecret', { Name, SecretString: `value ${Name}`, ClientRequestToken: token(Name) })
    await coffer.call('CreateSecret', { Name: 'empty' })
    await coffer.call('CreateSecret', { Name: 'gone', SecretString: 'x' })
    await coffer.call('DeleteSecret', { SecretId: 'gone' })
  })
  afterEach(() => coffer.close())

  it('SM-BATCH-02 gives the AWSCURRENT value of each', async () => {
    const { SecretValues, Errors } = await batch({ SecretIdList: ['b', 'a'] })
    expect(Errors).toEqual([])
    expect(SecretValues).toEqual([
      expect.objectContaining({
        Name: 'b',
        SecretString: 'value b',
        VersionId: token('b'),
        VersionStages: ['AWSCURRENT'],
      }),
      expect.objectContaining({
        Name: 'a',
        SecretString: 'value a',
        ARN: expect.any(String),
        CreatedDate: expect.any(Number),
      }),
    ])
  })

  it('SM-BATCH-03 reports trouble with one secret beside the values of the others', async () => {
    const foreign = 'arn:aws:secretsmanager:us-east-1:999999999999:secret:x-abcdef'
    const { SecretValues, Errors } = await batch({
      SecretIdList: ['nothing', 'empty', 'gone', 'bad name', foreign, 'a'],
    })
    expect(SecretValues).toMatchObject([{ Name: 'a' }])
    expect(Errors).toEqual([
      {
        SecretId: 'nothing',
        ErrorCode: 'ResourceNotFoundException',
        Message: "Secrets Manager can't find the specified secret.",
      },
      {
        SecretId: 'empty',
        ErrorCode: 'ResourceNotFoundException',
        Message: "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
      },
      {
        SecretId: 'gone',
        ErrorCode: 'InvalidRequestException',
        Message: "You can't perform this operation on the secret because it was marked for deletion.",
      },
      { SecretId: 'bad name', ErrorCode: 'InvalidParameterException', Message: expect.stringMatching(/^Invalid name/) },
      {
        SecretId: foreign,
        ErrorCode: 'AccessDeniedException',
        Message: expect.stringMatching(/GetSecretValue on resource/),
      },
    ])
  })

  it('SM-BATCH-03 a key that fails is an entry too', async () => {
    const keyId = coffer.keys.addKey('mine')
    await coffer.call('CreateSecret', { Name: 'keyed', SecretString: 'v', KmsKeyId: keyId })
    coffer.keys.fail(keyId, 'unwrap', 'unusable')
    const { Errors } = await batch({ SecretIdList: ['keyed'] })
    expect(Errors).toMatchObject([{ SecretId: 'keyed', ErrorCode: 'DecryptionFailure' }])
  })

  it('SM-BATCH-03 damage to one secret is an entry as well, and a fault for the log', async () => {
    coffer.database.prepare("UPDATE head SET inline = x'00' WHERE name = 'a'").run()
    const body = Buffer.from(JSON.stringify({ SecretIdList: ['a', 'b'] }))
    const response = await coffer.raw({ target: 'secretsmanager.BatchGetSecretValue', body })
    expect(JSON.parse(response.body)).toMatchObject({
      SecretValues: [{ Name: 'b' }],
      Errors: [{ SecretId: 'a', ErrorCode: 'InternalServiceError', Message: 'An error occurred on the server side.' }],
    })
    expect(response.report.fault).toBeDefined()
  })

  it('SM-BATCH-02 reads what the filters match, page by page, and nothing that is scheduled for deletion', async () => {
    const Filters = [{ Key: 'name', Values: ['a', 'b', 'gone', 'empty'] }]
    const first = await batch({ Filters, MaxResults: 1 })
    expect(first.SecretValues).toMatchObject([{ Name: 'a' }])
    const rest = await batch({ Filters, NextToken: first.NextToken })
    expect(rest.SecretValues).toMatchObject([{ Name: 'b' }])
    expect(rest.Errors).toMatchObject([{ ErrorCode: 'ResourceNotFoundException' }])
    expect(rest).not.toHaveProperty('NextToken')
  })

  it.each([{}, { SecretIdList: ['a'], Filters: [{ Key: 'name', Values: ['a'] }] }])(
    'SM-BATCH-01 wants exactly one selector: %j',
    async (input) => {
      await expect(batch(input)).rejects.toMatchObject({
        code: 'InvalidParameterException',
        message: "Either 'SecretIdList' or 'Filters' must be provided, but not both.",
      })
    },
  )

  it('SM-BATCH-01 takes MaxResults only with Filters', async () => {
    await expect(batch({ SecretIdList: ['a'], MaxResults: 3 })).rejects.toMatchObject({
      message: "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided.",
    })
  })

  it('SM-DATE-02 counts as a read of each secret', async () => {
    await batch({ SecretIdList: ['a'] })
    expect(await coffer.call('DescribeSecret', { SecretId: 'a' })).toHaveProperty('LastAccessedDate')
    expect(await coffer.call('DescribeSecret', { SecretId: 'b' })).not.toHaveProperty('LastAccessedDate')
  })
})
