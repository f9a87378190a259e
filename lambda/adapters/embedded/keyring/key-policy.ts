/**
 * Key policies: the default documents, and what KMS refuses to store. Who may do what by them, and who would be locked out, is decided elsewhere.
 * @module
 */
import { compilePolicy } from '../../../auth/policy/compile-policy.ts'
import { PolicyProblem, type Policy } from '../../../auth/policy/policy.ts'
import { partitionOf } from '../../../core/domain/names.ts'
import type { KeyPlace } from './key-names.ts'
import type { KeyRecord } from './key-record.ts'
import { KmsFailure } from './kms-failure.ts'

/** A policy that a key was given. */
export interface KeyPolicy {
  readonly text: string
  /** Unique ids of whom it names, as they were then: see ResourcePolicy. */
  readonly principals: readonly (readonly [arn: string, uniqueId: string])[]
}

/** KMS developer guide, "Quotas": a key policy document has at most 32 KB. */
const POLICY_LIMIT = 32 * 1024

/** The policy of a key that was given none. */
export function defaultPolicy(key: KeyRecord): string {
  return JSON.stringify(key.owner === 'customer' ? customerPolicy(key) : servicePolicy(key), undefined, 2)
}

/** @throws {KmsFailure} MalformedPolicyDocumentException, LimitExceededException */
export function readPolicy(text: string): Policy {
  if (Buffer.byteLength(text) > POLICY_LIMIT)
    throw new KmsFailure('LimitExceededException', `The policy has more than ${POLICY_LIMIT} bytes.`)
  try {
    return compilePolicy(text, 'key')
  } catch (error) {
    if (!(error instanceof PolicyProblem)) throw error
    throw new KmsFailure('MalformedPolicyDocumentException', error.message)
  }
}

function customerPolicy(place: KeyPlace): object {
  return {
    Version: '2012-10-17',
    Id: 'key-default-1',
    Statement: [
      {
        Sid: 'Enable IAM User Permissions',
        Effect: 'Allow',
        Principal: { AWS: rootOf(place) },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  }
}

/** As on AWS: used through the service, seen by the account. */
function servicePolicy({ account, region }: KeyPlace): object {
  return {
    Version: '2012-10-17',
    Id: 'auto-secretsmanager-1',
    Statement: [
      {
        Sid: 'Allow access through Secrets Manager for all principals in the account that are authorized to use Secrets Manager',
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
        Resource: '*',
        Condition: {
          StringEquals: {
            'kms:ViaService': `secretsmanager.${region}.amazonaws.com`,
            'kms:CallerAccount': account,
          },
        },
      },
      {
        Sid: 'Allow direct access to key metadata to the account',
        Effect: 'Allow',
        Principal: { AWS: rootOf({ account, region }) },
        Action: ['kms:Describe*', 'kms:Get*', 'kms:List*'],
        Resource: '*',
      },
    ],
  }
}

const rootOf = ({ account, region }: KeyPlace): string => `arn:${partitionOf(region)}:iam::${account}:root`
