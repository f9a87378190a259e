/**
 * What a KmsKeyId in a request means.
 * @module
 */
import { partitionOf } from './names.ts'

const SERVICE_ALIAS = 'alias/aws/secretsmanager'

/**
 * SM-KMS-08: `""` and the alias of the service's own key, by name or ARN, mean the service's key.
 * @returns the customer's key as they named it; undefined for the service's own
 */
export function customerKeyId(
  given: string | undefined,
  { account, region }: { account: string; region: string },
): string | undefined {
  const aliasArn = `arn:${partitionOf(region)}:kms:${region}:${account}:${SERVICE_ALIAS}`
  return given === '' || given === SERVICE_ALIAS || given === aliasArn ? undefined : given
}
