/**
 * Somebody who may call the API and nothing else, and whom no function knows yet.
 * @module
 */
import { IAM } from '@aws-sdk/client-iam'
import { ADMIN, type ChildSandbox } from './child-sandbox.ts'

const MINUTE = 60_000

/** Is there while `work` goes on. */
export async function withStranger(
  sandbox: ChildSandbox,
  work: (credentials: typeof ADMIN) => Promise<unknown>,
): Promise<void> {
  const { kmsUrl } = sandbox.welcome
  const iam = new IAM({ endpoint: kmsUrl, region: 'us-east-1', credentials: ADMIN, maxAttempts: 1 })
  const [UserName, PolicyName] = ['stranger', 'api']
  const Statement = [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: '*' }]
  // An earlier one of the name is forgotten.
  await sandbox.advanceClock(MINUTE)
  await iam.createUser({ UserName })
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement })
  await iam.putUserPolicy({ UserName, PolicyName, PolicyDocument })
  const { AccessKeyId, SecretAccessKey } = (await iam.createAccessKey({ UserName })).AccessKey!
  await work({ accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey! })
  await iam.deleteAccessKey({ UserName, AccessKeyId: AccessKeyId! })
  await iam.deleteUserPolicy({ UserName, PolicyName })
  await iam.deleteUser({ UserName })
  iam.destroy()
}
