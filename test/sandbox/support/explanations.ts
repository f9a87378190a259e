/**
 * What the command line tells of access to a deployment's secrets, and that it is not told to everybody.
 * @module
 */
import { IAM } from '@aws-sdk/client-iam'
import { KMS } from '@aws-sdk/client-kms'
import { createSecretsManager } from '../../../client/create-client.ts'
import { explain, whoCan } from '../../../local/cli/explain.ts'
import { secretValue, uniqueName } from '../../conformance/target.ts'
import { ADMIN } from './child-sandbox.ts'
import type { Place } from './stories.ts'

const asEnvironment = ({ accessKeyId, secretAccessKey }: typeof ADMIN): Record<string, string> => ({
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
})

export async function explanations({ url, kmsUrl, region, advanceClock }: Place): Promise<void> {
  const client = createSecretsManager({ endpoint: url, region, credentials: ADMIN, maxAttempts: 1 })
  const kms = new KMS({ endpoint: kmsUrl, region, credentials: ADMIN, maxAttempts: 1 })
  const iam = new IAM({ endpoint: kmsUrl, region: 'us-east-1', credentials: ADMIN, maxAttempts: 1 })
  try {
    const { KeyMetadata } = await kms.createKey({})
    const Name = uniqueName('explained')
    await client.createSecret({ Name, SecretString: secretValue(), KmsKeyId: KeyMetadata?.Arn })
    const flags = { action: 'secretsmanager:GetSecretValue', secret: Name, url, region }
    const who = await whoCan(flags, asEnvironment(ADMIN))
    const admin = /arn:aws:iam::\d+:user\/\S+/.exec(who)![0]
    const explained = await explain({ ...flags, principal: admin }, asEnvironment(ADMIN))
    expect(explained.isAllowed).toBe(true)
    expect(explained.text).toContain(`kms:Decrypt on ${KeyMetadata?.Arn}`)

    const UserName = 'curious'
    const PolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: ['execute-api:Invoke', 'secretsmanager:*'], Resource: '*' }],
    })
    await iam.createUser({ UserName })
    await iam.putUserPolicy({ UserName, PolicyName: 'api', PolicyDocument })
    const { AccessKeyId, SecretAccessKey } = (await iam.createAccessKey({ UserName })).AccessKey!
    const curious = asEnvironment({ accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey! })
    await expect(whoCan(flags, curious)).rejects.toThrow(/not authorized to perform: coffer:ExplainAccess/)
    // A minute later it is known, with its rights to secrets and without any to the key.
    await advanceClock(60_000)
    const { Arn } = (await iam.getUser({ UserName })).User!
    const denied = await explain({ ...flags, principal: Arn! }, asEnvironment(ADMIN))
    expect(denied).toMatchObject({ isAllowed: false, text: expect.stringContaining('not allowed:') as string })
    await iam.deleteAccessKey({ UserName, AccessKeyId: AccessKeyId! })
    await iam.deleteUserPolicy({ UserName, PolicyName: 'api' })
    await iam.deleteUser({ UserName })
  } finally {
    for (const each of [client, kms, iam]) each.destroy()
  }
}
