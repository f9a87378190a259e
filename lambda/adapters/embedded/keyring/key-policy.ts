/**
 * Key policies: the default documents, and what KMS refuses to store. Policies are kept and shown; who may do what is decided elsewhere.
 * @module
 */
import type { KeyPlace } from './key-names.ts'
import type { KeyRecord } from './key-record.ts'
import { KmsFailure } from './kms-failure.ts'

/** KMS developer guide, "Quotas": a key policy document has at most 32 KB. */
const POLICY_LIMIT = 32 * 1024

/** The policy of a key that was given none. */
export function defaultPolicy(key: KeyRecord): string {
  return JSON.stringify(key.owner === 'customer' ? customerPolicy(key) : servicePolicy(key), undefined, 2)
}

/**
 * @param mayLockOut whether a policy that lets nobody change it again is accepted
 * @throws {KmsFailure} MalformedPolicyDocumentException, LimitExceededException
 */
export function checkPolicy(text: string, mayLockOut: boolean): void {
  if (Buffer.byteLength(text) > POLICY_LIMIT)
    throw new KmsFailure('LimitExceededException', `The policy has more than ${POLICY_LIMIT} bytes.`)
  const statements = statementsOf(text)
  if (!mayLockOut && !statements.some(letsChangePolicy))
    throw malformed('The new key policy will not allow you to update the key policy in the future.')
}

function customerPolicy({ account }: KeyPlace): object {
  return {
    Version: '2012-10-17',
    Id: 'key-default-1',
    Statement: [
      {
        Sid: 'Enable IAM User Permissions',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${account}:root` },
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
        Principal: { AWS: `arn:aws:iam::${account}:root` },
        Action: ['kms:Describe*', 'kms:Get*', 'kms:List*'],
        Resource: '*',
      },
    ],
  }
}

type Statement = Readonly<Record<string, unknown>>

/** Checks the form only: elements that must be there, and their types. */
function statementsOf(text: string): Statement[] {
  const { Statement: statements } = parse(text)
  const list: unknown[] = Array.isArray(statements) ? statements : [statements]
  if (list.length === 0) throw malformed('The policy has no statement.')
  return list.map((statement) => {
    if (!isObject(statement)) throw malformed('Each statement of the policy must be an object.')
    if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny')
      throw malformed('Each statement of the policy must have an Effect of Allow or Deny.')
    for (const element of ['Principal', 'Action', 'Resource'])
      if (!isPresent(statement[element]) && !isPresent(statement[`Not${element}`]))
        throw malformed(`Each statement of the policy must have the element ${element} or Not${element}.`)
    return statement
  })
}

function parse(text: string): Record<string, unknown> {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    throw malformed('The policy is not valid JSON.')
  }
  if (!isObject(document)) throw malformed('The policy must be a JSON object.')
  return document
}

function letsChangePolicy(statement: Statement): boolean {
  const { Effect: effect, Action: action } = statement
  if (effect !== 'Allow') return false
  const actions: unknown[] = Array.isArray(action) ? action : [action]
  return actions.some((entry) => typeof entry === 'string' && covers(entry, 'kms:putkeypolicy'))
}

/** Whether an action pattern with a trailing `*` or none covers an action. */
function covers(pattern: string, action: string): boolean {
  const lower = pattern.toLowerCase()
  return lower.endsWith('*') ? action.startsWith(lower.slice(0, -1)) : lower === action
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isPresent = (value: unknown): boolean =>
  typeof value === 'string' ? value !== '' : isObject(value) || (Array.isArray(value) && value.length > 0)

const malformed = (message: string): KmsFailure => new KmsFailure('MalformedPolicyDocumentException', message)
