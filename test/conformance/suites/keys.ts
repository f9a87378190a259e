import { DecryptionFailure, EncryptionFailure, type SecretsManager } from '@aws-sdk/client-secrets-manager'
import type { KMS } from '@aws-sdk/client-kms'
import type { Suite } from '../suite.ts'
import { refusal, secretValue, uniqueName } from '../target.ts'

export function keys({ bench, check }: Suite): void {
  describe('customer keys', () => {
    let sm: SecretsManager
    let kms: KMS
    beforeAll(() => {
      sm = bench.secretsManager()
      kms = bench.kms()
    })
    async function makeKey(): Promise<{ KeyId: string; Arn: string }> {
      const { KeyMetadata } = await kms.createKey({ Description: 'conformance' })
      return { KeyId: KeyMetadata!.KeyId!, Arn: KeyMetadata!.Arn! }
    }
    async function makeSecret(KmsKeyId: string): Promise<{ SecretId: string; SecretString: string }> {
      const [SecretId, SecretString] = [uniqueName('key'), secretValue()]
      await sm.createSecret({ Name: SecretId, SecretString, KmsKeyId })
      return { SecretId, SecretString }
    }
    const valueOf = async (SecretId: string, VersionStage?: string): Promise<string | undefined> =>
      (await sm.getSecretValue({ SecretId, VersionStage })).SecretString
    /** KmsKeyIds of the version with a label. */
    async function keyIdsOf(SecretId: string, stage: string): Promise<string[] | undefined> {
      const { Versions } = await sm.listSecretVersionIds({ SecretId })
      return Versions!.find(({ VersionStages }) => VersionStages!.includes(stage))!.KmsKeyIds
    }

    check('SM-KMS-02 a key is taken by id, by ARN, by alias and by the ARN of its alias', async () => {
      const { KeyId, Arn } = await makeKey()
      const AliasName = `alias/${uniqueName('alias').replaceAll('.', '-')}`
      await kms.createAlias({ AliasName, TargetKeyId: KeyId })
      const aliasArn = Arn.replace(`key/${KeyId}`, AliasName)
      for (const name of [KeyId, Arn, AliasName, aliasArn]) {
        const { SecretId, SecretString } = await makeSecret(name)
        expect(await valueOf(SecretId)).toBe(SecretString)
        expect((await sm.describeSecret({ SecretId })).KmsKeyId).toEqual(expect.any(String))
        expect(await keyIdsOf(SecretId, 'AWSCURRENT')).not.toEqual(['DefaultEncryptionKey'])
      }
    })

    check('SM-KMS-08 SM-ABSENT-05 the alias of the service is the service’s own key', async () => {
      const { SecretId, SecretString } = await makeSecret('alias/aws/secretsmanager')
      expect(await sm.describeSecret({ SecretId })).not.toHaveProperty('KmsKeyId')
      expect(await valueOf(SecretId)).toBe(SecretString)
    })

    check(
      'SM-KMS-03 SM-KMS-04 a disabled key neither reads nor writes, in the observed words, until it is enabled',
      async () => {
        const { KeyId, Arn } = await makeKey()
        const { SecretId, SecretString } = await makeSecret(Arn)
        await kms.disableKey({ KeyId })
        const read: unknown = await sm.getSecretValue({ SecretId }).catch((error: unknown) => error)
        expect(read).toBeInstanceOf(DecryptionFailure)
        const text = `Secrets Manager can't decrypt the secret value: ${Arn} is disabled. (Service: AWSKMS; Status Code: 400; Error Code: DisabledException; Request ID: `
        expect(read).toMatchObject(refusal('DecryptionFailure', expect.stringContaining(text)))
        const write: unknown = await sm
          .putSecretValue({ SecretId, SecretString: secretValue() })
          .catch((error: unknown) => error)
        expect(write).toBeInstanceOf(EncryptionFailure)
        const { Errors } = await sm.batchGetSecretValue({ SecretIdList: [SecretId] })
        expect(Errors).toMatchObject([{ SecretId, ErrorCode: 'DecryptionFailure' }])
        await kms.enableKey({ KeyId })
        expect(await valueOf(SecretId)).toBe(SecretString)
      },
    )

    check('SM-KMS-03 a key that is pending deletion does not read, until that is cancelled', async () => {
      const { KeyId, Arn } = await makeKey()
      const { SecretId, SecretString } = await makeSecret(KeyId)
      await kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 })
      await expect(sm.getSecretValue({ SecretId })).rejects.toMatchObject(
        refusal('DecryptionFailure', expect.stringContaining(`${Arn} is pending deletion.`)),
      )
      await kms.cancelKeyDeletion({ KeyId })
      await kms.enableKey({ KeyId })
      expect(await valueOf(SecretId)).toBe(SecretString)
    })

    check('SM-KMS-04 a key that is not there, or not usable, makes no secret', async () => {
      const { KeyId, Arn } = await makeKey()
      await kms.disableKey({ KeyId })
      for (const KmsKeyId of [Arn, 'alias/nobody-made-this', '01234567-89ab-4cde-8f01-23456789abcd']) {
        const Name = uniqueName('key')
        await expect(sm.createSecret({ Name, SecretString: secretValue(), KmsKeyId })).rejects.toMatchObject(
          refusal('EncryptionFailure', expect.stringContaining("Secrets Manager can't encrypt the secret value: ")),
        )
        await expect(sm.describeSecret({ SecretId: Name })).rejects.toMatchObject(refusal('ResourceNotFoundException'))
      }
    })

    check(
      'SM-KMS-06 a change of key re-encrypts current and previous: the old key is not needed any more',
      async () => {
        const [old, fresh] = [await makeKey(), await makeKey()]
        const { SecretId, SecretString: first } = await makeSecret(old.Arn)
        const second = secretValue('second')
        await sm.putSecretValue({ SecretId, SecretString: second })
        expect(await sm.updateSecret({ SecretId, KmsKeyId: fresh.Arn })).not.toHaveProperty('VersionId')
        await kms.disableKey({ KeyId: old.KeyId })
        expect([await valueOf(SecretId), await valueOf(SecretId, 'AWSPREVIOUS')]).toEqual([second, first])
        expect((await sm.describeSecret({ SecretId })).KmsKeyId).toBe(fresh.Arn)
        expect(await keyIdsOf(SecretId, 'AWSPREVIOUS')).toContain(fresh.Arn)
        await sm.updateSecret({ SecretId, KmsKeyId: '' })
        await kms.disableKey({ KeyId: fresh.KeyId })
        expect([await valueOf(SecretId), await valueOf(SecretId, 'AWSPREVIOUS')]).toEqual([second, first])
        expect(await sm.describeSecret({ SecretId })).not.toHaveProperty('KmsKeyId')
      },
    )

    check('KMS itself encrypts and decrypts, bound to its context', async () => {
      const { KeyId } = await makeKey()
      const Plaintext = Buffer.from(secretValue('kms'))
      const EncryptionContext = { for: 'conformance' }
      const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext, EncryptionContext })
      const opened = await kms.decrypt({ CiphertextBlob, EncryptionContext })
      expect(Buffer.from(opened.Plaintext!)).toEqual(Plaintext)
      await expect(kms.decrypt({ CiphertextBlob, EncryptionContext: { for: 'other' } })).rejects.toMatchObject({
        name: 'InvalidCiphertextException',
      })
    })
  })
}
