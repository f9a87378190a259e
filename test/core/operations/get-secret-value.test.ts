import { sameAccountOnly } from '../../../lambda/auth/authorizer.ts'
import { makeCoffer, token, type Coffer } from '../../support/coffer.ts'

describe('GetSecretValue', () => {
  let coffer: Coffer
  beforeEach(() => (coffer = makeCoffer()))
  afterEach(() => coffer.close())

  it('SM-GET-01 reads AWSCURRENT with all its members', async () => {
    const { ARN } = await coffer.call('CreateSecret', {
      Name: 'a',
      SecretString: 'välue',
      ClientRequestToken: token('one'),
    })
    expect(await coffer.call('GetSecretValue', { SecretId: 'a' })).toEqual({
      ARN,
      Name: 'a',
      VersionId: token('one'),
      SecretString: 'välue',
      VersionStages: ['AWSCURRENT'],
      CreatedDate: coffer.clock.now() / 1000,
    })
  })

  it('SM-WIRE-08 gives back a binary value as base64', async () => {
    await coffer.call('CreateSecret', { Name: 'a', SecretBinary: 'Zm9vdGVzdA==' })
    const answer = await coffer.call('GetSecretValue', { SecretId: 'a' })
    expect(answer.SecretBinary).toBe('Zm9vdGVzdA==')
    expect(answer).not.toHaveProperty('SecretString')
  })

  it('SM-WIRE-07 dates are epoch seconds with milliseconds', async () => {
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v' })
    expect((await coffer.call('GetSecretValue', { SecretId: 'a' })).CreatedDate).toBe(1772360430.456)
  })

  it('SM-GET-02 names the label when no version has it, also when there is no version at all', async () => {
    await coffer.call('CreateSecret', { Name: 'a' })
    await expect(coffer.call('GetSecretValue', { SecretId: 'a' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
      message: "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
    })
    await expect(coffer.call('GetSecretValue', { SecretId: 'a', VersionStage: 'X' })).rejects.toMatchObject({
      message: "Secrets Manager can't find the specified secret value for staging label: X",
    })
  })

  it('SM-GET-03 names the version id when there is no such version', async () => {
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v' })
    await expect(coffer.call('GetSecretValue', { SecretId: 'a', VersionId: token('no') })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
      message: `Secrets Manager can't find the specified secret value for VersionId: ${token('no')}`,
    })
  })

  it('SM-GET-04 refuses an id and a label that do not belong together', async () => {
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v', ClientRequestToken: token('one') })
    const refused = coffer.call('GetSecretValue', {
      SecretId: 'a',
      VersionId: token('one'),
      VersionStage: 'AWSPREVIOUS',
    })
    await expect(refused).rejects.toMatchObject({
      code: 'InvalidRequestException',
      message: 'You provided a VersionStage that is not associated to the provided VersionId.',
    })
  })

  it('SM-GET-05 does not read a secret that is scheduled for deletion', async () => {
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v' })
    await coffer.call('DeleteSecret', { SecretId: 'a' })
    await expect(coffer.call('GetSecretValue', { SecretId: 'a' })).rejects.toMatchObject({
      code: 'InvalidRequestException',
      message: "You can't perform this operation on the secret because it was marked for deletion.",
    })
  })

  it.each([10, 8_000, 8_192, 20_000, 65_536])(
    'gives back a value of %i bytes, kept in the head or beside it',
    async (size) => {
      const value = 'x'.repeat(size)
      await coffer.call('CreateSecret', { Name: 'a', SecretString: value })
      await coffer.call('PutSecretValue', { SecretId: 'a', SecretString: 'new' })
      expect((await coffer.call('GetSecretValue', { SecretId: 'a', VersionStage: 'AWSPREVIOUS' })).SecretString).toBe(
        value,
      )
      expect((await coffer.call('GetSecretValue', { SecretId: 'a' })).SecretString).toBe('new')
    },
  )

  it('SM-DATE-02 remembers the UTC day of the read, on the secret and on the version, and a description does not count', async () => {
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v', ClientRequestToken: token('one') })
    expect(await coffer.call('DescribeSecret', { SecretId: 'a' })).not.toHaveProperty('LastAccessedDate')
    await coffer.call('GetSecretValue', { SecretId: 'a' })
    const midnight = Date.parse('2026-03-01T00:00:00Z') / 1000
    expect((await coffer.call('DescribeSecret', { SecretId: 'a' })).LastAccessedDate).toBe(midnight)
    coffer.clock.advance(3 * 86_400_000)
    await coffer.call('DescribeSecret', { SecretId: 'a' })
    expect((await coffer.call('DescribeSecret', { SecretId: 'a' })).LastAccessedDate).toBe(midnight)
    await coffer.call('GetSecretValue', { SecretId: 'a' })
    const { Versions } = await coffer.call('ListSecretVersionIds', { SecretId: 'a' })
    expect(Versions).toMatchObject([{ LastAccessedDate: midnight + 3 * 86_400 }])
  })

  it('SM-KMS-03 a disabled key is a DecryptionFailure that carries the words of KMS', async () => {
    const keyId = coffer.keys.addKey('mine')
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v', KmsKeyId: keyId })
    coffer.keys.fail(keyId, 'unwrap', 'unusable')
    await expect(coffer.call('GetSecretValue', { SecretId: 'a' })).rejects.toMatchObject({
      code: 'DecryptionFailure',
      message: `Secrets Manager can't decrypt the secret value: ${keyId} is disabled. (Service: AWSKMS; Status Code: 400; Error Code: DisabledException; Request ID: request-of-kms)`,
    })
  })

  it('SM-KMS-05 a key that the caller may not use is AccessDeniedException', async () => {
    const keyId = coffer.keys.addKey('mine')
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v', KmsKeyId: keyId })
    coffer.keys.fail(keyId, 'unwrap', 'denied')
    await expect(coffer.call('GetSecretValue', { SecretId: 'a' })).rejects.toMatchObject({
      code: 'AccessDeniedException',
      message: 'Access to KMS is not allowed',
    })
  })

  it('SM-KMS-01 opens every version under the context of its ARN and id', async () => {
    const { ARN } = await coffer.call('CreateSecret', {
      Name: 'a',
      SecretString: 'v',
      ClientRequestToken: token('one'),
    })
    await coffer.call('GetSecretValue', { SecretId: 'a' })
    expect(coffer.keys.contexts.at(-1)).toEqual({ SecretARN: ARN, SecretVersionId: token('one') })
  })

  it('SM-WIRE-11 stored bytes that were changed are a fault, never trouble with the key', async () => {
    const { ARN } = await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v' })
    const stored = (await coffer.store.load({ account: '123456789012', region: 'us-east-1', name: 'a' }))!
    const { value } = stored.head.versions[0]!
    if (value.kind !== 'inline') throw new Error('a small value is inline')
    const keyArnAt = 4 + String(ARN).length + 2
    for (const at of [0, 10, keyArnAt + 5, value.sealed.length - 1]) {
      const sealed = value.sealed.slice()
      sealed[at]! ^= 1
      coffer.database.prepare('UPDATE head SET inline = ?').run(sealed)
      await expect(coffer.call('GetSecretValue', { SecretId: 'a' })).rejects.toMatchObject({ status: 500 })
    }
  })

  it('reads again from the head when the value moved while it was being read', async () => {
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v', ClientRequestToken: token('one') })
    await coffer.call('PutSecretValue', { SecretId: 'a', SecretString: 'w', ClientRequestToken: token('two') })
    const readValue = coffer.store.readValue.bind(coffer.store)
    coffer.store.readValue = async (ref) => {
      coffer.store.readValue = readValue
      const swap = { VersionStage: 'AWSCURRENT', MoveToVersionId: token('one'), RemoveFromVersionId: token('two') }
      await coffer.call('UpdateSecretVersionStage', { SecretId: 'a', ...swap })
      return coffer.store.readValue(ref)
    }
    const answer = await coffer.call('GetSecretValue', { SecretId: 'a', VersionId: token('one') })
    expect(answer.SecretString).toBe('v')
  })

  it('SM-CROSS-01 refuses another account, naming principal, action and resource', async () => {
    const { ARN } = await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v' })
    await expect(coffer.call('GetSecretValue', { SecretId: ARN }, { account: '999999999999' })).rejects.toMatchObject({
      status: 400,
      code: 'AccessDeniedException',
    })
  })

  it('SM-ACCESS-01 says who may not do what on which resource, and the same for a secret that does not exist', async () => {
    const ARN = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:nothing-abcdef'
    await expect(coffer.call('GetSecretValue', { SecretId: ARN }, { account: '999999999999' })).rejects.toMatchObject({
      message: `User: arn:aws:iam::999999999999:user/admin is not authorized to perform: secretsmanager:GetSecretValue on resource: ${ARN} because no resource-based policy allows the secretsmanager:GetSecretValue action`,
    })
  })

  it('SM-CROSS-03 never uses the default key for another account, even when policies would allow it', async () => {
    const open = makeCoffer({
      authorizer: { ...sameAccountOnly, decide: () => ({ verdict: 'allow', layer: 'identity' }) },
    })
    const { ARN } = await open.call('CreateSecret', { Name: 'a', SecretString: 'v' })
    await expect(open.call('GetSecretValue', { SecretId: ARN }, { account: '999999999999' })).rejects.toMatchObject({
      code: 'InvalidRequestException',
      message:
        "You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key.",
    })
    open.close()
  })
})
