import { randomBytes } from 'node:crypto'
import type { SecretsManager } from '@aws-sdk/client-secrets-manager'
import type { Suite } from '../suite.ts'
import { refusal, secretValue, uniqueName, versionId } from '../target.ts'

const DAY = 86_400_000
const MARKED = "You can't perform this operation on the secret because it was marked for deletion."

export function values({ bench, check }: Suite): void {
  let sm: SecretsManager
  beforeAll(() => {
    sm = bench.secretsManager()
  })

  describe('CreateSecret and GetSecretValue', () => {
    check('SM-GET-01 SM-TOKEN-02 SM-NAME-07 what was created is read back whole', async () => {
      const [Name, token, SecretString] = [uniqueName(), versionId('first'), secretValue()]
      const made = await sm.createSecret({ Name, SecretString, ClientRequestToken: token })
      expect(made).toMatchObject({ Name, VersionId: token })
      expect(made.ARN).toMatch(
        new RegExp(`^arn:aws:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:${Name}-[A-Za-z0-9]{6}$`),
      )
      expect(made).not.toHaveProperty('ReplicationStatus')
      const { $metadata: _, ...read } = await sm.getSecretValue({ SecretId: Name })
      expect(read).toEqual({
        ARN: made.ARN,
        Name,
        VersionId: token,
        SecretString,
        VersionStages: ['AWSCURRENT'],
        CreatedDate: expect.any(Date),
      })
    })

    check('the SDK fills in a token by itself', async () => {
      const made = await sm.createSecret({ Name: uniqueName(), SecretString: secretValue() })
      expect(made.VersionId).toMatch(/^[0-9a-f-]{36}$/)
    })

    check('bytes of every value survive', async () => {
      const SecretId = uniqueName()
      const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
      await sm.createSecret({ Name: SecretId, SecretBinary: bytes })
      const read = await sm.getSecretValue({ SecretId })
      expect(read.SecretBinary).toEqual(bytes)
      expect(read).not.toHaveProperty('SecretString')
    })

    check('text of every script survives, escapes and line ends too', async () => {
      const SecretId = uniqueName()
      const SecretString = `${secretValue()} \u0000\u0001\t\r\n"\\/ \u2028\u2029 äöüß 日本語 עברית 👩‍👩‍👧‍👦 \u{10FFFF} \ufeff {"a":"b"}`
      await sm.createSecret({ Name: SecretId, SecretString })
      expect((await sm.getSecretValue({ SecretId })).SecretString).toBe(SecretString)
    })

    check('SM-LIMIT-01 65,536 bytes fit, of text and of binary, and one more does not', async () => {
      const full = secretValue().padEnd(65_536, 'x')
      const wide = secretValue().padEnd(64, '.') + 'é'.repeat((65_536 - 64) / 2)
      for (const SecretString of [full, wide]) {
        const SecretId = uniqueName()
        await sm.createSecret({ Name: SecretId, SecretString })
        expect((await sm.getSecretValue({ SecretId })).SecretString).toBe(SecretString)
      }
      const SecretId = uniqueName()
      const SecretBinary = new Uint8Array(randomBytes(65_536))
      await sm.createSecret({ Name: SecretId, SecretBinary })
      expect((await sm.getSecretValue({ SecretId })).SecretBinary).toEqual(SecretBinary)
      const refused = refusal('ValidationException', expect.stringContaining('less than or equal to 65536'))
      const tooLong = [
        { SecretString: `${full}x` },
        { SecretString: `${wide}é` },
        { SecretBinary: new Uint8Array(65_537) },
      ]
      for (const value of tooLong) {
        const Name = uniqueName()
        await expect(sm.createSecret({ Name, ...value })).rejects.toMatchObject(refused)
        await expect(sm.describeSecret({ SecretId: Name })).rejects.toMatchObject(refusal('ResourceNotFoundException'))
      }
    })

    check('SM-CREATE-01 SM-GET-02 SM-ABSENT-02 SM-ABSENT-03 a secret may have no value', async () => {
      const Name = uniqueName()
      const made = await sm.createSecret({ Name, Description: '' })
      expect(made).not.toHaveProperty('VersionId')
      const described = await sm.describeSecret({ SecretId: Name })
      for (const absent of ['VersionIdsToStages', 'Description', 'Tags', 'KmsKeyId', 'LastAccessedDate', 'DeletedDate'])
        expect(described).not.toHaveProperty(absent)
      await expect(sm.getSecretValue({ SecretId: Name })).rejects.toMatchObject(
        refusal(
          'ResourceNotFoundException',
          "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
        ),
      )
    })

    check('SM-ABSENT-04 SM-ABSENT-05 DescribeSecret leaves out what is not there', async () => {
      const Name = uniqueName()
      const { ARN, VersionId } = await sm.createSecret({ Name, SecretString: secretValue(), Description: 'what it is' })
      const { $metadata: _, ...described } = await sm.describeSecret({ SecretId: Name })
      expect(described).toEqual({
        ARN,
        Name,
        Description: 'what it is',
        CreatedDate: expect.any(Date),
        LastChangedDate: expect.any(Date),
        VersionIdsToStages: { [VersionId!]: ['AWSCURRENT'] },
      })
    })

    check('SM-CREATE-03 both kinds of value are one too many', async () => {
      const both = { SecretString: secretValue(), SecretBinary: Uint8Array.of(1) }
      await expect(sm.createSecret({ Name: uniqueName(), ...both })).rejects.toMatchObject(
        refusal(
          'InvalidParameterException',
          "You can't specify both a binary secret value and a string secret value in the same secret.",
        ),
      )
    })

    check('SM-TOKEN-03 SM-TOKEN-05 SM-TOKEN-08 the same token replays, another value or token is refused', async () => {
      const Name = uniqueName()
      const input = { Name, ClientRequestToken: versionId('once'), SecretString: secretValue() }
      const first = await sm.createSecret(input)
      const { ARN, VersionId } = await sm.createSecret(input)
      expect({ ARN, VersionId }).toEqual({ ARN: first.ARN, VersionId: first.VersionId })
      await expect(sm.createSecret({ ...input, SecretString: secretValue('other') })).rejects.toMatchObject(
        refusal(
          'ResourceExistsException',
          `You can't use ClientRequestToken ${input.ClientRequestToken} because that value is already in use for a version of secret ${first.ARN}.`,
        ),
      )
      await expect(sm.createSecret({ ...input, ClientRequestToken: versionId('twice') })).rejects.toMatchObject(
        refusal('ResourceExistsException', `The operation failed because the secret ${Name} already exists.`),
      )
    })

    check('SM-NAME-01 a name of other characters is refused by every operation that takes one', async () => {
      const expected = refusal(
        'ValidationException',
        'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
      )
      for (const name of ['has space', 'star*', 'what?', 'back\\slash', ' edge', 'ünicode', 'nul\u0000']) {
        await expect(sm.createSecret({ Name: name, SecretString: secretValue() })).rejects.toMatchObject(expected)
        await expect(sm.getSecretValue({ SecretId: name })).rejects.toMatchObject(expected)
        await expect(sm.deleteSecret({ SecretId: name })).rejects.toMatchObject(expected)
        await expect(sm.tagResource({ SecretId: name, Tags: [] })).rejects.toMatchObject(expected)
      }
    })

    check(
      'SM-NAME-04 SM-NAME-06 an ARN finds its secret with and without suffix, a name with a suffix does not',
      async () => {
        const Name = `${uniqueName()}/_+=.@-!`
        const { ARN } = await sm.createSecret({ Name, SecretString: secretValue() })
        const partial = ARN!.slice(0, -7)
        for (const SecretId of [Name, ARN, partial]) expect((await sm.describeSecret({ SecretId })).ARN).toBe(ARN)
        const notFound = refusal('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")
        const nameAndSuffix = `${Name}${ARN!.slice(-7)}`
        await expect(sm.describeSecret({ SecretId: nameAndSuffix })).rejects.toMatchObject(notFound)
        await expect(sm.describeSecret({ SecretId: `${partial}-AbCdEf` })).rejects.toMatchObject(notFound)
      },
    )

    check('SM-NAME-05 SM-CREATE-04 a name may end like a suffix, and is then not found by a partial ARN', async () => {
      const Name = `${uniqueName()}-a1b2c3`
      const { ARN } = await sm.createSecret({ Name, SecretString: secretValue() })
      expect((await sm.describeSecret({ SecretId: Name })).ARN).toBe(ARN)
      await expect(sm.describeSecret({ SecretId: ARN!.slice(0, -7) })).rejects.toMatchObject(
        refusal('ResourceNotFoundException'),
      )
    })

    check('SM-GET-03 SM-GET-04 a selector that finds nothing says so', async () => {
      const SecretId = uniqueName()
      const { VersionId } = await sm.createSecret({ Name: SecretId, SecretString: secretValue() })
      const unknown = versionId('unknown')
      await expect(sm.getSecretValue({ SecretId, VersionId: unknown })).rejects.toMatchObject(
        refusal(
          'ResourceNotFoundException',
          `Secrets Manager can't find the specified secret value for VersionId: ${unknown}`,
        ),
      )
      await expect(sm.getSecretValue({ SecretId, VersionId, VersionStage: 'AWSPREVIOUS' })).rejects.toMatchObject(
        refusal(
          'InvalidRequestException',
          'You provided a VersionStage that is not associated to the provided VersionId.',
        ),
      )
    })

    check('SM-DATE-02 a read leaves its day, on the secret and on the version; describing leaves nothing', async () => {
      const SecretId = uniqueName()
      await sm.createSecret({ Name: SecretId, SecretString: secretValue() })
      expect(await sm.describeSecret({ SecretId })).not.toHaveProperty('LastAccessedDate')
      await sm.getSecretValue({ SecretId })
      const { LastAccessedDate } = await sm.describeSecret({ SecretId })
      expect(LastAccessedDate!.getTime() % DAY).toBe(0)
      const { Versions } = await sm.listSecretVersionIds({ SecretId })
      expect(Versions![0]!.LastAccessedDate).toEqual(LastAccessedDate)
    })
  })

  describe('PutSecretValue and UpdateSecret', () => {
    check('SM-PUT-01 SM-LABEL-02 a new value becomes current, the former one previous', async () => {
      const SecretId = uniqueName()
      const [old, fresh] = [secretValue('old'), secretValue('new')]
      const first = await sm.createSecret({ Name: SecretId, SecretString: old })
      const put = await sm.putSecretValue({ SecretId, SecretString: fresh })
      expect(put.VersionStages).toEqual(['AWSCURRENT'])
      expect(await sm.getSecretValue({ SecretId })).toMatchObject({ SecretString: fresh, VersionId: put.VersionId })
      const previous = await sm.getSecretValue({ SecretId, VersionStage: 'AWSPREVIOUS' })
      expect(previous).toMatchObject({ SecretString: old, VersionId: first.VersionId })
    })

    check('SM-TOKEN-04 SM-TOKEN-05 SM-TOKEN-07 a replay changes nothing, another value is refused', async () => {
      const SecretId = uniqueName()
      const SecretString = secretValue()
      const { ARN } = await sm.createSecret({ Name: SecretId, SecretString })
      const ClientRequestToken = versionId('put')
      await sm.putSecretValue({ SecretId, SecretString, ClientRequestToken })
      const before = await sm.describeSecret({ SecretId })
      const replay = await sm.putSecretValue({ SecretId, SecretString, ClientRequestToken })
      expect(replay).toMatchObject({ VersionId: ClientRequestToken, VersionStages: ['AWSCURRENT'] })
      expect(await sm.updateSecret({ SecretId, SecretString, ClientRequestToken })).toMatchObject({
        VersionId: ClientRequestToken,
      })
      expect((await sm.describeSecret({ SecretId })).VersionIdsToStages).toEqual(before.VersionIdsToStages)
      const inUse = refusal(
        'ResourceExistsException',
        `You can't use ClientRequestToken ${ClientRequestToken} because that value is already in use for a version of secret ${ARN}.`,
      )
      const other = { SecretId, SecretString: secretValue('other'), ClientRequestToken }
      await expect(sm.putSecretValue(other)).rejects.toMatchObject(inUse)
      await expect(sm.updateSecret(other)).rejects.toMatchObject(inUse)
      const again = await sm.putSecretValue({ SecretId, SecretString })
      expect(again.VersionId).not.toBe(ClientRequestToken)
    })

    check('SM-PUT-02 SM-CREATE-03 a put has exactly one kind of value', async () => {
      const SecretId = uniqueName()
      await sm.createSecret({ Name: SecretId })
      await expect(sm.putSecretValue({ SecretId })).rejects.toMatchObject(
        refusal('InvalidRequestException', 'You must provide either SecretString or SecretBinary.'),
      )
      const both = { SecretId, SecretString: secretValue(), SecretBinary: Uint8Array.of(1) }
      await expect(sm.putSecretValue(both)).rejects.toMatchObject(refusal('InvalidParameterException'))
    })

    check('SM-UPDATE-01 SM-UPDATE-02 SM-UPDATE-03 UpdateSecret changes what it is given and nothing else', async () => {
      const SecretId = uniqueName()
      const made = await sm.createSecret({ Name: SecretId, SecretString: secretValue(), Description: 'one' })
      expect(await sm.updateSecret({ SecretId })).not.toHaveProperty('VersionId')
      expect(await sm.updateSecret({ SecretId, Description: 'two' })).toMatchObject({ ARN: made.ARN, Name: SecretId })
      expect(await sm.describeSecret({ SecretId })).toMatchObject({
        Description: 'two',
        VersionIdsToStages: { [made.VersionId!]: ['AWSCURRENT'] },
      })
      const fresh = secretValue('updated')
      const { VersionId } = await sm.updateSecret({ SecretId, SecretString: fresh, Description: '' })
      expect(VersionId).toMatch(/^[0-9a-f-]{36}$/)
      const described = await sm.describeSecret({ SecretId })
      expect(described).not.toHaveProperty('Description')
      expect(described.VersionIdsToStages).toEqual({ [VersionId!]: ['AWSCURRENT'], [made.VersionId!]: ['AWSPREVIOUS'] })
      expect((await sm.getSecretValue({ SecretId })).SecretString).toBe(fresh)
    })

    check('SM-DATE-01 LastChangedDate moves with a write and stays with a read', async () => {
      const SecretId = uniqueName()
      await sm.createSecret({ Name: SecretId, SecretString: secretValue() })
      const changed = async (): Promise<number> => (await sm.describeSecret({ SecretId })).LastChangedDate!.getTime()
      const writes = [
        () => sm.putSecretValue({ SecretId, SecretString: secretValue() }),
        () => sm.updateSecret({ SecretId, Description: 'x' }),
        () => sm.tagResource({ SecretId, Tags: [{ Key: 'k', Value: 'v' }] }),
        () => sm.untagResource({ SecretId, TagKeys: ['k'] }),
      ]
      let last = await changed()
      for (const write of writes) {
        await sm.getSecretValue({ SecretId })
        expect(await changed()).toBe(last)
        // Milliseconds may be the same; going back or standing still over several writes may not.
        await write()
        expect(await changed()).toBeGreaterThanOrEqual(last)
        last = await changed()
      }
      expect(last).toBeGreaterThan((await sm.describeSecret({ SecretId })).CreatedDate!.getTime())
    })

    check('SM-GET-05 SM-DELETE-06 neither works on a secret that is scheduled for deletion', async () => {
      const SecretId = uniqueName()
      await sm.createSecret({ Name: SecretId, SecretString: secretValue() })
      await sm.deleteSecret({ SecretId })
      const marked = refusal('InvalidRequestException', MARKED)
      await expect(sm.getSecretValue({ SecretId })).rejects.toMatchObject(marked)
      await expect(sm.putSecretValue({ SecretId, SecretString: secretValue() })).rejects.toMatchObject(marked)
      await expect(sm.updateSecret({ SecretId, Description: 'x' })).rejects.toMatchObject(marked)
    })

    check('SM-LABEL-01 of sixteen writers at once each gets its version, and one is current', async () => {
      const SecretId = uniqueName()
      await sm.createSecret({ Name: SecretId })
      const written = await Promise.all(
        Array.from({ length: 16 }, async (_, index) => {
          const SecretString = secretValue(`writer-${index}`)
          const { VersionId } = await sm.putSecretValue({ SecretId, SecretString })
          return { VersionId, SecretString }
        }),
      )
      for (const { VersionId, SecretString } of written)
        expect((await sm.getSecretValue({ SecretId, VersionId })).SecretString).toBe(SecretString)
      const stages = Object.values((await sm.describeSecret({ SecretId })).VersionIdsToStages!)
      expect(stages.flat().sort()).toEqual(['AWSCURRENT', 'AWSPREVIOUS'])
    })
  })
}
