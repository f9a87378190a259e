import { makeCoffer, token, type Coffer } from '../../support/coffer.ts'

describe('UpdateSecret', () => {
  let coffer: Coffer
  let ARN: unknown
  const update = (input: Record<string, unknown>) => coffer.call('UpdateSecret', { SecretId: 'a', ...input })
  const describeIt = () => coffer.call('DescribeSecret', { SecretId: 'a' })
  beforeEach(async () => {
    coffer = makeCoffer()
    const made = { Name: 'a', SecretString: 'first', Description: 'd', ClientRequestToken: token('first') }
    ;({ ARN } = await coffer.call('CreateSecret', made))
  })
  afterEach(() => coffer.close())

  it('SM-UPDATE-01 succeeds with ARN and Name when there is nothing to change, and changes nothing', async () => {
    const before = await describeIt()
    coffer.clock.advance(1_000)
    expect(await update({ ClientRequestToken: undefined })).toEqual({ ARN, Name: 'a' })
    expect(await describeIt()).toEqual(before)
  })

  it('SM-UPDATE-02 makes a new current version of a value', async () => {
    expect(await update({ SecretString: 'v', ClientRequestToken: token('two') })).toEqual({
      ARN,
      Name: 'a',
      VersionId: token('two'),
    })
    expect((await describeIt()).VersionIdsToStages).toEqual({
      [token('first')]: ['AWSPREVIOUS'],
      [token('two')]: ['AWSCURRENT'],
    })
  })

  it('SM-UPDATE-03 replaces the description, and "" clears it', async () => {
    await update({ Description: 'other' })
    expect((await describeIt()).Description).toBe('other')
    await update({ Description: '' })
    expect(await describeIt()).not.toHaveProperty('Description')
  })

  it('SM-TOKEN-04 a known token with the same value succeeds with that version', async () => {
    const input = { SecretString: 'first', ClientRequestToken: token('first') }
    expect(await update(input)).toMatchObject({ VersionId: token('first') })
  })

  it('SM-TOKEN-05 a known token with another value is refused, and the rest of the call with it', async () => {
    const refused = update({ SecretString: 'x', ClientRequestToken: token('first'), Description: 'other' })
    await expect(refused).rejects.toMatchObject({ code: 'ResourceExistsException' })
    expect((await describeIt()).Description).toBe('d')
  })

  it('SM-TOKEN-01 needs a token for a value', async () => {
    await expect(update({ SecretString: 'x', ClientRequestToken: undefined })).rejects.toMatchObject({
      code: 'InvalidRequestException',
    })
  })

  it('SM-DATE-01 a change of metadata moves LastChangedDate', async () => {
    coffer.clock.advance(1_500)
    await update({ Description: 'other' })
    expect((await describeIt()).LastChangedDate).toBe(coffer.clock.now() / 1000)
  })

  describe('with a new key', () => {
    const versions = async () =>
      (await coffer.call('ListSecretVersionIds', { SecretId: 'a', IncludeDeprecated: true })).Versions as Record<
        string,
        unknown
      >[]
    const keysOf = async () => Object.fromEntries((await versions()).map((entry) => [entry.VersionId, entry.KmsKeyIds]))

    it('SM-KMS-06 re-encrypts AWSCURRENT, AWSPENDING and AWSPREVIOUS, and only these', async () => {
      const put = (id: string, stages?: string[]) =>
        coffer.call('PutSecretValue', {
          SecretId: 'a',
          SecretString: id,
          ClientRequestToken: token(id),
          ...(stages && { VersionStages: stages }),
        })
      await put('two')
      await put('three')
      await put('four', ['AWSPENDING'])
      const KmsKeyId = coffer.keys.addKey('mine')
      await update({ KmsKeyId })
      expect(await keysOf()).toEqual({
        [token('first')]: ['DefaultEncryptionKey'],
        [token('two')]: [KmsKeyId],
        [token('three')]: [KmsKeyId],
        [token('four')]: [KmsKeyId],
      })
      expect((await coffer.call('GetSecretValue', { SecretId: 'a' })).SecretString).toBe('three')
      const previous = await coffer.call('GetSecretValue', { SecretId: 'a', VersionStage: 'AWSPREVIOUS' })
      expect(previous.SecretString).toBe('two')
    })

    it('SM-KMS-07 without kms:Encrypt on it the call succeeds and only new versions use it', async () => {
      const KmsKeyId = coffer.keys.addKey('mine')
      coffer.keys.fail(KmsKeyId, 'wrap', 'denied')
      await update({ KmsKeyId })
      expect(await keysOf()).toEqual({ [token('first')]: ['DefaultEncryptionKey'] })
      expect((await describeIt()).KmsKeyId).toBe(KmsKeyId)
      await update({ SecretString: 'v', ClientRequestToken: token('two') })
      expect(await keysOf()).toMatchObject({ [token('two')]: [KmsKeyId] })
    })

    it('SM-KMS-06 "" goes back to the key of the service, which is kept meanwhile', async () => {
      await update({ KmsKeyId: coffer.keys.addKey('mine') })
      await update({ KmsKeyId: '' })
      expect(await describeIt()).not.toHaveProperty('KmsKeyId')
      expect(await keysOf()).toEqual({ [token('first')]: ['DefaultEncryptionKey'] })
      expect(coffer.keys.calls.filter((call) => call === 'serviceKey')).toHaveLength(1)
      expect((await coffer.call('GetSecretValue', { SecretId: 'a' })).SecretString).toBe('first')
    })

    it('SM-TOKEN-04 a replay that also goes back to the key of the service succeeds', async () => {
      const KmsKeyId = coffer.keys.addKey('mine')
      const value = { SecretString: 'v', ClientRequestToken: token('made') }
      await coffer.call('CreateSecret', { Name: 'keyed', KmsKeyId, ...value })
      const answer = await coffer.call('UpdateSecret', { SecretId: 'keyed', KmsKeyId: '', ...value })
      expect(answer.VersionId).toBe(token('made'))
      expect((await coffer.call('GetSecretValue', { SecretId: 'keyed' })).SecretString).toBe('v')
    })

    it('SM-KMS-02 changes nothing when the new key does not work', async () => {
      const before = await describeIt()
      await expect(update({ KmsKeyId: 'arn:aws:kms:us-east-1:1:key/no', Description: 'x' })).rejects.toMatchObject({
        code: 'EncryptionFailure',
      })
      expect(await describeIt()).toEqual(before)
    })

    it('SM-ABSENT-05 shows the customer key as it was given', async () => {
      expect(await describeIt()).not.toHaveProperty('KmsKeyId')
      const KmsKeyId = coffer.keys.addKey('mine')
      await update({ KmsKeyId })
      expect((await describeIt()).KmsKeyId).toBe(KmsKeyId)
    })
  })
})
