import { KeyFailure } from '../../../lambda/core/ports/key-service.ts'
import { StoreFailure } from '../../../lambda/core/ports/secret-store.ts'
import { bound, makeCoffer, token, type Coffer } from '../../support/coffer.ts'

describe('CreateSecret', () => {
  let coffer: Coffer
  beforeEach(() => (coffer = makeCoffer()))
  afterEach(() => coffer.close())

  it('SM-TOKEN-02 makes a first version whose id is the token', async () => {
    const answer = await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v', ClientRequestToken: token('one') })
    expect(answer).toEqual({ ARN: expect.any(String), Name: 'a', VersionId: token('one') })
  })

  it('SM-NAME-07 gives an ARN that ends in six letters and digits', async () => {
    const { ARN } = await coffer.call('CreateSecret', { Name: 'dir/a' })
    expect(ARN).toMatch(/^arn:aws:secretsmanager:us-east-1:123456789012:secret:dir\/a-[A-Za-z0-9]{6}$/)
  })

  it('SM-CREATE-01 makes a secret without a value, and answers without VersionId', async () => {
    expect(await coffer.call('CreateSecret', { Name: 'empty' })).toEqual({ ARN: expect.any(String), Name: 'empty' })
  })

  it('SM-TOKEN-03 answers a retry with the same token and value as the first time', async () => {
    const input = { Name: 'a', SecretString: 'v', ClientRequestToken: token('one') }
    const first = await coffer.call('CreateSecret', input)
    expect(await coffer.call('CreateSecret', input)).toEqual(first)
  })

  it('SM-TOKEN-03 answers a retry also when the secret has no value', async () => {
    const input = { Name: 'a', ClientRequestToken: token('one') }
    const first = await coffer.call('CreateSecret', input)
    expect(await coffer.call('CreateSecret', input)).toEqual(first)
  })

  it('SM-TOKEN-05 refuses the same token with another value, naming token and ARN', async () => {
    const { ARN } = await coffer.call('CreateSecret', {
      Name: 'a',
      SecretString: 'v',
      ClientRequestToken: token('one'),
    })
    const again = coffer.call('CreateSecret', { Name: 'a', SecretString: 'w', ClientRequestToken: token('one') })
    await expect(again).rejects.toMatchObject({
      code: 'ResourceExistsException',
      message: `You can't use ClientRequestToken ${token('one')} because that value is already in use for a version of secret ${String(ARN)}.`,
    })
  })

  it('SM-TOKEN-05 a binary value of the same bytes is another value', async () => {
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v', ClientRequestToken: token('one') })
    const again = coffer.call('CreateSecret', {
      Name: 'a',
      SecretBinary: Buffer.from('v').toString('base64'),
      ClientRequestToken: token('one'),
    })
    await expect(again).rejects.toMatchObject({ code: 'ResourceExistsException' })
  })

  it('SM-TOKEN-05 does not tell whether a later version has the value: its token is in use', async () => {
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v', ClientRequestToken: token('one') })
    await coffer.call('PutSecretValue', { SecretId: 'a', SecretString: 'w', ClientRequestToken: token('two') })
    for (const SecretString of ['w', 'x'])
      await expect(
        coffer.call('CreateSecret', { Name: 'a', SecretString, ClientRequestToken: token('two') }),
      ).rejects.toMatchObject({
        code: 'ResourceExistsException',
        message: expect.stringContaining(`because that value is already in use for a version`),
      })
  })

  it('SM-TOKEN-08 refuses a taken name under an unknown token', async () => {
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v' })
    await expect(coffer.call('CreateSecret', { Name: 'a', SecretString: 'v' })).rejects.toMatchObject({
      code: 'ResourceExistsException',
      message: 'The operation failed because the secret a already exists.',
    })
  })

  it('SM-TOKEN-01 refuses a raw request without a token', async () => {
    const refused = coffer.call('CreateSecret', { Name: 'a', ClientRequestToken: undefined })
    await expect(refused).rejects.toMatchObject({
      code: 'InvalidRequestException',
      message: 'You must provide a ClientRequestToken value. We recommend a UUID-type value.',
    })
  })

  it('SM-CREATE-02 refuses a name that is scheduled for deletion', async () => {
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v' })
    await coffer.call('DeleteSecret', { SecretId: 'a' })
    await expect(coffer.call('CreateSecret', { Name: 'a', SecretString: 'v' })).rejects.toMatchObject({
      code: 'InvalidRequestException',
      message: "You can't create this secret because a secret with this name is already scheduled for deletion.",
    })
  })

  it('SM-CREATE-02 refuses a name whose purge has begun, and takes it when the purge is over', async () => {
    const later = makeCoffer({ purgesLater: true })
    await later.call('CreateSecret', { Name: 'a', SecretString: 'v' })
    await later.call('DeleteSecret', { SecretId: 'a', ForceDeleteWithoutRecovery: true })
    await expect(later.call('CreateSecret', { Name: 'a' })).rejects.toMatchObject({ code: 'InvalidRequestException' })
    later.close()
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v' })
    await coffer.call('DeleteSecret', { SecretId: 'a', ForceDeleteWithoutRecovery: true })
    await expect(coffer.call('CreateSecret', { Name: 'a' })).resolves.toMatchObject({ Name: 'a' })
  })

  it('SM-CREATE-03 refuses both kinds of value at once', async () => {
    const refused = coffer.call('CreateSecret', { Name: 'a', SecretString: 'v', SecretBinary: 'dg==' })
    await expect(refused).rejects.toMatchObject({
      code: 'InvalidParameterException',
      message: "You can't specify both a binary secret value and a string secret value in the same secret.",
    })
  })

  it('SM-CREATE-04 takes a name that ends in a hyphen and six characters', async () => {
    await expect(coffer.call('CreateSecret', { Name: 'name-a1b2c3' })).resolves.toMatchObject({ Name: 'name-a1b2c3' })
  })

  it('SM-LIMIT-01 measures a string in UTF-8 bytes', async () => {
    const fits = { Name: 'fits', SecretString: 'é'.repeat(32_768) }
    await expect(coffer.call('CreateSecret', fits)).resolves.toMatchObject({ Name: 'fits' })
    const tooLong = coffer.call('CreateSecret', { Name: 'b', SecretString: `é${'é'.repeat(32_768)}` })
    await expect(tooLong).rejects.toMatchObject({
      code: 'ValidationException',
      message:
        "1 validation error detected: Value at 'secretString' failed to satisfy constraint: Member must have length less than or equal to 65536",
    })
  })

  it('SM-LIMIT-01 takes a binary of 65,536 bytes and not one more', async () => {
    const binary = (bytes: number) => Buffer.alloc(bytes, 7).toString('base64')
    await coffer.call('CreateSecret', { Name: 'a', SecretBinary: binary(65_536) })
    expect((await coffer.call('GetSecretValue', { SecretId: 'a' })).SecretBinary).toBe(binary(65_536))
    const tooLong = coffer.call('CreateSecret', { Name: 'b', SecretBinary: binary(65_537) })
    await expect(tooLong).rejects.toMatchObject({ code: 'ValidationException' })
  })

  it('SM-ABSENT-02 a description of "" is absent afterwards', async () => {
    await coffer.call('CreateSecret', { Name: 'a', Description: '' })
    expect(await coffer.call('DescribeSecret', { SecretId: 'a' })).not.toHaveProperty('Description')
  })

  it('SM-KMS-02 tests a customer key with GenerateDataKey and Decrypt before it makes anything', async () => {
    const keyId = coffer.keys.addKey('mine')
    await coffer.call('CreateSecret', { Name: 'a', KmsKeyId: keyId })
    expect(coffer.keys.calls).toEqual(['generate', 'unwrap'])
    expect(coffer.keys.contexts[0]).toMatchObject({ SecretVersionId: 'RequestToValidateKeyAccess' })
    expect(await coffer.call('DescribeSecret', { SecretId: 'a' })).toMatchObject({ KmsKeyId: keyId })
  })

  it('SM-KMS-04 a key that does not work is an EncryptionFailure, and no secret is made', async () => {
    const refused = coffer.call('CreateSecret', {
      Name: 'a',
      SecretString: 'v',
      KmsKeyId: 'arn:aws:kms:us-east-1:1:key/no',
    })
    await expect(refused).rejects.toMatchObject({
      code: 'EncryptionFailure',
      message:
        "Secrets Manager can't encrypt the secret value: arn:aws:kms:us-east-1:1:key/no is disabled. (Service: AWSKMS; Status Code: 400; Error Code: DisabledException; Request ID: request-of-kms)",
    })
    await expect(coffer.call('DescribeSecret', { SecretId: 'a' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    })
  })

  it('SM-DELETE-07 retires the dedicated key of a creator who lost the race for the name to another process', async () => {
    let isFirst = true
    const raced = makeCoffer({
      wrapStore: (store) => ({
        ...bound(store),
        async commit(commit) {
          if (!isFirst) return store.commit(commit)
          isFirst = false
          const rival = { ...commit.head, suffix: 'others', creationToken: token('two'), serviceKeyArn: 'theirs' }
          await store.commit({ ...commit, head: rival })
          return store.commit(commit)
        },
      }),
    })
    await expect(raced.call('CreateSecret', { Name: 'a', ClientRequestToken: token('one') })).rejects.toMatchObject({
      code: 'ResourceExistsException',
    })
    expect(raced.keys.retired).toHaveLength(1)
    raced.close()
  })

  it.each([true, false])(
    'keeps the key of a secret whose commit landed though its answer was lost (with a value: %s)',
    async (hasValue) => {
      const lossy = makeCoffer({
        wrapStore: (store) => ({
          ...bound(store),
          async commit(commit) {
            await store.commit(commit)
            return 'conflict'
          },
        }),
      })
      const answer = await lossy.call('CreateSecret', { Name: 'a', ...(hasValue && { SecretString: 'v' }) })
      expect(lossy.keys.retired).toEqual([])
      expect(await lossy.call('DeleteSecret', { SecretId: 'a' })).toMatchObject({ ARN: answer.ARN })
      lossy.close()
    },
  )

  it('retires nothing when it is open whether the commit landed', async () => {
    coffer.store.commit = async () => {
      throw new StoreFailure('unavailable', 'timed out')
    }
    await expect(coffer.call('CreateSecret', { Name: 'a', SecretString: 'v' })).rejects.toMatchObject({ status: 500 })
    expect(coffer.keys.retired).toEqual([])
  })

  it('retires the dedicated key when sealing the first value fails', async () => {
    coffer.keys.generateDataKey = async () => {
      throw new KeyFailure({ kind: 'throttled', code: 'ThrottlingException', message: 'slow', requestId: 'r' })
    }
    await expect(coffer.call('CreateSecret', { Name: 'a', SecretString: 'v' })).rejects.toMatchObject({
      code: 'ThrottlingException',
    })
    expect(coffer.keys.retired).toHaveLength(1)
  })

  it.each(['alias/aws/secretsmanager', 'arn:aws:kms:us-east-1:123456789012:alias/aws/secretsmanager', ''])(
    'SM-KMS-08 the KmsKeyId %j is the key of the service itself',
    async (KmsKeyId) => {
      await coffer.call('CreateSecret', { Name: 'a', KmsKeyId })
      expect(coffer.keys.calls).toEqual(['serviceKey'])
      expect(await coffer.call('DescribeSecret', { SecretId: 'a' })).not.toHaveProperty('KmsKeyId')
    },
  )

  it('SM-REPLICA-01 answers before anybody has made the copies that it asks for', async () => {
    const input = { Name: 'a', AddReplicaRegions: [{ Region: 'eu-west-1' }, { Region: 'ap-south-1', KmsKeyId: 'k' }] }
    const { ReplicationStatus } = await coffer.call('CreateSecret', input)
    expect(ReplicationStatus).toEqual([
      { Region: 'ap-south-1', KmsKeyId: 'k', Status: 'InProgress' },
      { Region: 'eu-west-1', KmsKeyId: 'alias/aws/secretsmanager', Status: 'InProgress' },
    ])
  })

  it.each([
    ['its own Region', 'us-east-1', 'Invalid replica region.'],
    ['a Region that Coffer is not in', 'eu-north-1', 'Invalid replica region. Coffer is not in eu-north-1.'],
  ])('SM-REPLICA-08 makes no secret for a replica in %s', async (_case, Region, message) => {
    const refused = coffer.call('CreateSecret', { Name: 'a', AddReplicaRegions: [{ Region }] })
    await expect(refused).rejects.toMatchObject({ code: 'InvalidParameterException', message })
    await expect(coffer.call('DescribeSecret', { SecretId: 'a' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    })
  })
})
