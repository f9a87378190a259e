import type { SecretsManager } from '@aws-sdk/client-secrets-manager'
import type { Suite } from '../suite.ts'
import { refusal, secretValue, uniqueName } from '../target.ts'

export function policies({ bench, check }: Suite): void {
  describe('resource policies', () => {
    let sm: SecretsManager
    beforeAll(() => {
      sm = bench.secretsManager()
    })
    const secret = async (): Promise<string> => {
      const SecretId = uniqueName('policy')
      await sm.createSecret({ Name: SecretId, SecretString: secretValue() })
      return SecretId
    }
    const policy = (statement: object): string =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*', ...statement }],
      })
    const forEverybody = policy({ Principal: '*' })
    const malformed = (message: string): object => refusal('MalformedPolicyDocumentException', message)

    check('SM-POLICY-02 SM-POLICY-03 SM-POLICY-04 a policy is put, read, replaced and deleted', async () => {
      const SecretId = await secret()
      const { ARN } = await sm.describeSecret({ SecretId })
      const names = { ARN, Name: SecretId }
      const first = policy({ Principal: { AWS: `arn:aws:iam::${bench.target.account}:root` } })
      const { $metadata: _, ...none } = await sm.getResourcePolicy({ SecretId })
      expect(none).toEqual(names)
      expect(await sm.putResourcePolicy({ SecretId, ResourcePolicy: first })).toMatchObject(names)
      expect(await sm.getResourcePolicy({ SecretId })).toMatchObject({ ...names, ResourcePolicy: first })
      await sm.putResourcePolicy({ SecretId: ARN, ResourcePolicy: forEverybody })
      expect((await sm.getResourcePolicy({ SecretId: ARN })).ResourcePolicy).toBe(forEverybody)
      for (let time = 0; time < 2; time++) expect(await sm.deleteResourcePolicy({ SecretId })).toMatchObject(names)
      expect(await sm.getResourcePolicy({ SecretId })).not.toHaveProperty('ResourcePolicy')
    })

    check('SM-POLICY-06 a public policy is refused by BlockPublicPolicy alone', async () => {
      const SecretId = await secret()
      await expect(
        sm.putResourcePolicy({ SecretId, ResourcePolicy: forEverybody, BlockPublicPolicy: true }),
      ).rejects.toMatchObject(
        refusal(
          'PublicPolicyException',
          "You can't attach a resource-based policy that allows broad access to the secret.",
        ),
      )
      expect(await sm.getResourcePolicy({ SecretId })).not.toHaveProperty('ResourcePolicy')
      await sm.putResourcePolicy({ SecretId, ResourcePolicy: forEverybody })
    })

    check('SM-POLICY-01 SM-POLICY-07 what is no policy, and principals that are not there, are refused', async () => {
      const SecretId = await secret()
      const { account } = bench.target
      const unsupported = malformed('This resource policy contains an unsupported principal.')
      const refused: readonly (readonly [string, object])[] = [
        ['{"Version":', malformed('This resource policy contains a syntax error.')],
        [policy({ Principal: '*', Effect: 'Perhaps' }), malformed('This resource policy contains a syntax error.')],
        ['{"Version":"2020-01-01","Statement":[]}', malformed('This policy has invalid syntax.')],
        [policy({ Principal: { AWS: `arn:aws:iam::${account}:role/nobody-has-this-role` } }), unsupported],
        [policy({ Principal: { AWS: `arn:aws:iam::${account}:user/nobody-has-this-name` } }), unsupported],
        [
          policy({ Principal: { Service: 'nothing.example.com' } }),
          malformed('This resource policy contains an unsupported service principal.'),
        ],
      ]
      for (const [ResourcePolicy, error] of refused)
        await expect(sm.putResourcePolicy({ SecretId, ResourcePolicy })).rejects.toMatchObject(error)
      expect(await sm.getResourcePolicy({ SecretId })).not.toHaveProperty('ResourcePolicy')
    })

    check('SM-POLICY-08 a policy that would lock its author out is refused', async () => {
      const SecretId = await secret()
      await expect(
        sm.putResourcePolicy({
          SecretId,
          ResourcePolicy: policy({ Effect: 'Deny', Principal: '*', Action: 'secretsmanager:*' }),
        }),
      ).rejects.toMatchObject(
        refusal(
          'InvalidParameterException',
          'Your requested changes will not allow you to manage this secret in the future.',
        ),
      )
      await sm.getSecretValue({ SecretId })
    })

    check('SM-POLICY-05 validation reports everything at once and stores nothing', async () => {
      const SecretId = await secret()
      const narrow = policy({ Principal: { AWS: '222222222222' } })
      expect(await sm.validateResourcePolicy({ SecretId, ResourcePolicy: narrow })).toMatchObject({
        PolicyValidationPassed: true,
        ValidationErrors: [],
      })
      const wide = JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' },
          { Effect: 'Deny', Principal: '*', Action: 'secretsmanager:PutResourcePolicy', Resource: '*' },
        ],
      })
      const answer = await sm.validateResourcePolicy({ SecretId, ResourcePolicy: wide })
      expect(answer.PolicyValidationPassed).toBe(false)
      expect(answer.ValidationErrors?.map(({ CheckName }) => CheckName)).toEqual([
        'BROAD_ACCESS_CHECK',
        'REFLEXIVE_PRINCIPAL_CHECK',
      ])
      expect((await sm.validateResourcePolicy({ ResourcePolicy: narrow })).PolicyValidationPassed).toBe(true)
      await expect(sm.validateResourcePolicy({ SecretId, ResourcePolicy: '{' })).rejects.toMatchObject(
        malformed('This resource policy contains a syntax error.'),
      )
      expect(await sm.getResourcePolicy({ SecretId })).not.toHaveProperty('ResourcePolicy')
    })

    check('a Deny in the policy holds for the owner too, and says so', async () => {
      const SecretId = await secret()
      const ResourcePolicy = policy({ Effect: 'Deny', Principal: '*' })
      await sm.putResourcePolicy({ SecretId, ResourcePolicy })
      await expect(sm.getSecretValue({ SecretId })).rejects.toMatchObject(
        refusal('AccessDeniedException', expect.stringMatching(/ with an explicit deny in a resource-based policy$/)),
      )
      const { Errors } = await sm.batchGetSecretValue({ SecretIdList: [SecretId] })
      expect(Errors).toMatchObject([{ SecretId, ErrorCode: 'AccessDeniedException' }])
      await sm.deleteResourcePolicy({ SecretId })
      await sm.getSecretValue({ SecretId })
    })

    check('a secret that is scheduled for deletion has no policy to read or change', async () => {
      const SecretId = await secret()
      await sm.deleteSecret({ SecretId })
      const marked = refusal('InvalidRequestException')
      await expect(sm.getResourcePolicy({ SecretId })).rejects.toMatchObject(marked)
      await expect(sm.deleteResourcePolicy({ SecretId })).rejects.toMatchObject(marked)
      await expect(sm.putResourcePolicy({ SecretId, ResourcePolicy: forEverybody })).rejects.toMatchObject(marked)
    })
  })
}
