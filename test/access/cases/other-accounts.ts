/**
 * Callers of another account: both sides must allow, and values need a customer's key (behaviour section 11).
 * @module
 */
import {
  allow,
  answers,
  atGateway,
  denied,
  describeIt,
  done,
  forbid,
  friend,
  grant,
  noKms,
  notAllowed,
  notFound,
  onAny,
  read,
  readByName,
  refused,
  when,
  type AccessCase,
} from '../access-case.ts'

const root = 'arn:aws:iam::{friends}:root'
const reads = allow('GetSecretValue')
const describes = allow('DescribeSecret')
const represented = 'execute-api:Invoke stands for what the policies of another account say'
const noHome = 'a deployment has no secrets of another account'

export const otherAccounts: readonly AccessCase[] = [
  {
    title: 'a friend describes what both sides allow',
    caller: friend([describes]),
    secret: { policy: [grant('{caller}', 'DescribeSecret')] },
    does: describeIt,
    comes: done,
  },
  {
    title: 'the secret may name the whole account',
    caller: friend([describes]),
    secret: { policy: [grant(root, 'DescribeSecret')] },
    does: describeIt,
    comes: done,
  },
  {
    title: 'a role of the other account, by its name',
    caller: { kind: 'role', account: 'friends', inline: [describes] },
    secret: { policy: [grant('{caller}', 'DescribeSecret')] },
    does: describeIt,
    comes: done,
  },
  {
    title: 'without a policy of the secret they are refused',
    caller: friend([describes]),
    secret: {},
    does: describeIt,
    comes: notAllowed('resource', { action: 'DescribeSecret' }),
  },
  {
    title: 'another friend is not let in',
    caller: friend([describes]),
    secret: { policy: [grant('arn:aws:iam::{friends}:user/assumer', 'DescribeSecret')] },
    does: describeIt,
    comes: notAllowed('resource', { action: 'DescribeSecret' }),
  },
  {
    title: 'without a policy of their own they are refused',
    caller: friend(),
    secret: { policy: [grant('{caller}', 'DescribeSecret')] },
    does: describeIt,
    comes: notAllowed('identity', { action: 'DescribeSecret' }),
    onAws: { comes: done, because: represented },
  },
  {
    title: 'who may not call the API of another account is refused by it',
    caller: friend([], { mayCallApi: false }),
    secret: { policy: [grant('{caller}', 'DescribeSecret')] },
    does: describeIt,
    comes: notAllowed('identity', { action: 'DescribeSecret' }),
    onAws: { comes: atGateway, because: represented },
  },
  {
    title: 'a boundary of their own limits them',
    caller: friend([describes], { boundary: [reads] }),
    secret: { policy: [grant('{caller}', 'DescribeSecret')] },
    does: describeIt,
    comes: notAllowed('boundary', { action: 'DescribeSecret' }),
    onAws: { comes: done, because: represented },
  },
  {
    title: 'a Deny of the secret wins',
    caller: friend([describes]),
    secret: { policy: [grant(root, 'DescribeSecret'), forbid('{caller}', 'DescribeSecret')] },
    does: describeIt,
    comes: denied('resource', { action: 'DescribeSecret' }),
  },
  {
    title: 'everybody of the organization is let in',
    caller: friend([describes]),
    secret: { policy: [grant('*', 'DescribeSecret', when('StringEquals', 'aws:PrincipalOrgID', '{organization}'))] },
    does: describeIt,
    comes: done,
  },
  {
    title: 'and nobody of another',
    caller: friend([describes]),
    secret: { policy: [grant('*', 'DescribeSecret', when('StringEquals', 'aws:PrincipalOrgID', 'o-otherpeople'))] },
    does: describeIt,
    comes: notAllowed('resource', { action: 'DescribeSecret' }),
  },
  {
    title: 'no value under the default key leaves the account',
    caller: friend([reads]),
    secret: { policy: [grant('{caller}', 'GetSecretValue')] },
    does: read,
    comes: refused(
      'InvalidRequestException',
      "You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key.",
    ),
  },
  {
    title: 'a value under a key that lets them is read',
    caller: friend([reads, allow('kms:Decrypt', onAny)]),
    secret: { policy: [grant('{caller}', 'GetSecretValue')], key: [grant('{caller}', 'kms:Decrypt')] },
    does: read,
    comes: answers(({ value }) => ({ SecretString: value })),
  },
  {
    title: 'a key that does not is not used for them',
    caller: friend([reads, allow('kms:Decrypt', onAny)]),
    secret: {
      policy: [grant('{caller}', 'GetSecretValue')],
      key: [grant('arn:aws:iam::{account}:root', 'kms:*')],
    },
    does: read,
    comes: noKms,
  },
  {
    title: 'nor for whom their own account does not let use it',
    caller: friend([reads]),
    secret: { policy: [grant('{caller}', 'GetSecretValue')], key: [grant(root, 'kms:Decrypt')] },
    does: read,
    comes: noKms,
    onAws: { comes: done, because: represented },
  },
  {
    title: 'a bare name means their own account',
    caller: friend([reads, allow('GetSecretValue', onAny)]),
    secret: { policy: [grant(root, 'GetSecretValue')] },
    does: readByName,
    comes: notFound,
    onAws: { comes: notAllowed('identity', { on: '{name}' }), because: noHome },
  },
  {
    title: 'they learn nothing of what is not shared with them',
    caller: friend([allow('DescribeSecret', onAny)]),
    does: describeIt,
    comes: notAllowed('resource', { action: 'DescribeSecret' }),
  },
  {
    title: 'nor the suffix of its ARN, which they did not name',
    caller: friend([allow('DescribeSecret', onAny)]),
    secret: {},
    does: (client, { arn }) => client.describeSecret({ SecretId: arn.slice(0, -'-AbCdEf'.length) }),
    comes: notAllowed('resource', {
      action: 'DescribeSecret',
      on: 'arn:aws:secretsmanager:{region}:{account}:secret:{name}',
    }),
  },
  {
    title: 'they list their own secrets, never those of others',
    caller: friend([allow('ListSecrets', onAny)]),
    secret: { policy: [grant(root, 'DescribeSecret GetSecretValue')] },
    does: (client) => client.listSecrets({}),
    comes: answers(() => ({ SecretList: [] })),
    onAws: { comes: notAllowed('identity', { action: 'ListSecrets', on: undefined }), because: noHome },
  },
]
