/**
 * A value under a customer's key needs the caller's permission for the key as well (behaviour section 10, design section 5: no confused deputy).
 * @module
 */
import {
  allow,
  describeIt,
  done,
  forbid,
  grant,
  noKms,
  onAny,
  read,
  role,
  user,
  when,
  write,
  type AccessCase,
} from '../access-case.ts'

/** Leaves it to the policies of the account. */
const toAccount = grant('arn:aws:iam::{account}:root', 'kms:*')
const reads = allow('GetSecretValue')
const decrypts = allow('kms:Decrypt', onAny)

export const keys: readonly AccessCase[] = [
  {
    title: 'with kms:Decrypt of their own a user reads',
    caller: user([reads, decrypts]),
    secret: { key: [toAccount] },
    does: read,
    comes: done,
  },
  {
    title: 'without it they do not',
    caller: user([reads]),
    secret: { key: [toAccount] },
    does: read,
    comes: noKms,
  },
  {
    title: 'metadata needs no key',
    caller: user([allow('DescribeSecret')]),
    secret: { key: [toAccount] },
    does: describeIt,
    comes: done,
  },
  {
    title: 'the policy of the key may let them in by name',
    caller: user([reads]),
    secret: { key: [grant('{caller}', 'kms:Decrypt')] },
    does: read,
    comes: done,
  },
  {
    title: 'or their role',
    caller: role([reads], { path: '/team/' }),
    secret: { key: [grant('{caller}', 'kms:Decrypt')] },
    does: read,
    comes: done,
  },
  {
    title: 'a key that leaves nothing to the account ignores policies of users',
    caller: user([reads, decrypts]),
    secret: { key: [] },
    does: read,
    comes: noKms,
  },
  {
    title: 'a Deny of the key wins',
    caller: user([allow('*', onAny), decrypts]),
    secret: { key: [toAccount, forbid('{caller}', 'kms:Decrypt')] },
    does: read,
    comes: noKms,
  },
  {
    title: 'a boundary limits the key, too',
    caller: user([reads, decrypts], { boundary: [reads] }),
    secret: { key: [toAccount] },
    does: read,
    comes: noKms,
  },
  {
    title: 'kms:ViaService is Secrets Manager',
    caller: user([
      reads,
      allow('kms:Decrypt', {
        ...onAny,
        ...when('StringEquals', 'kms:ViaService', 'secretsmanager.{region}.amazonaws.com'),
      }),
    ]),
    secret: { key: [toAccount] },
    does: read,
    comes: done,
  },
  {
    title: 'and no other service',
    caller: user([
      reads,
      allow('kms:Decrypt', { ...onAny, ...when('StringEquals', 'kms:ViaService', 's3.{region}.amazonaws.com') }),
    ]),
    secret: { key: [toAccount] },
    does: read,
    comes: noKms,
  },
  {
    title: 'the encryption context is the secret',
    caller: user([reads]),
    secret: {
      key: [grant('{caller}', 'kms:Decrypt', when('StringLike', 'kms:EncryptionContext:SecretARN', '{secret}'))],
    },
    does: read,
    comes: done,
  },
  {
    title: 'and not another',
    caller: user([reads]),
    secret: {
      key: [grant('{caller}', 'kms:Decrypt', when('StringLike', 'kms:EncryptionContext:SecretARN', '{second}'))],
    },
    does: read,
    comes: noKms,
  },
  {
    title: 'writing needs kms:GenerateDataKey and kms:Decrypt',
    caller: user([allow('PutSecretValue'), allow('kms:GenerateDataKey kms:Decrypt', onAny)]),
    secret: { key: [toAccount] },
    does: write,
    comes: done,
  },
  {
    title: 'and not one of them alone',
    caller: user([allow('PutSecretValue'), decrypts]),
    secret: { key: [toAccount] },
    does: write,
    comes: noKms,
  },
  {
    title: 'the right to the key is no right to the secret',
    caller: user([allow('kms:*', onAny), allow('DescribeSecret')]),
    secret: { key: [toAccount] },
    does: read,
    comes: {
      kind: 'refused',
      code: 'AccessDeniedException',
      message: 'User: {me} is not authorized to perform: secretsmanager:GetSecretValue on resource: {arn}',
      isPrefix: true,
    },
  },
]
