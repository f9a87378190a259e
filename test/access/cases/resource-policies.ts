/**
 * What the policy of a secret grants and forbids within its own account.
 * @module
 */
import {
  admin,
  allow,
  denied,
  describeIt,
  done,
  forbid,
  grant,
  notAllowed,
  onAny,
  read,
  role,
  session,
  user,
  when,
  type AccessCase,
} from '../access-case.ts'

export const resourcePolicies: readonly AccessCase[] = [
  {
    title: 'a user whom it names needs no policy of their own',
    caller: user(),
    secret: { policy: [grant('{caller}', 'GetSecretValue')] },
    does: read,
    comes: done,
  },
  {
    title: 'so does a session of theirs',
    caller: session([]),
    secret: { policy: [grant('{caller}', 'GetSecretValue')] },
    does: read,
    comes: done,
  },
  {
    title: 'it grants no other action',
    caller: user(),
    secret: { policy: [grant('{caller}', 'DescribeSecret')] },
    does: read,
    comes: notAllowed('identity'),
  },
  {
    title: 'a statement on another resource is about nothing',
    caller: user(),
    secret: { policy: [grant('{caller}', 'GetSecretValue', { Resource: '{second}' })] },
    does: read,
    comes: notAllowed('identity'),
  },
  {
    title: 'a role that it names is let in',
    caller: role(),
    secret: { policy: [grant('{caller}', 'GetSecretValue')] },
    does: read,
    comes: done,
  },
  {
    title: 'a role with a path is, though the ARN of its session lacks it',
    caller: role([], { path: '/team/' }),
    secret: { policy: [grant('{caller}', 'GetSecretValue')] },
    does: read,
    comes: done,
  },
  {
    title: 'a session that it names is let in',
    caller: role(),
    secret: { policy: [grant('{me}', 'GetSecretValue')] },
    does: read,
    comes: done,
  },
  {
    title: 'another session of the role is not',
    caller: role(),
    secret: { policy: [grant('arn:aws:sts::{account}:assumed-role/{id}/later', 'GetSecretValue')] },
    does: read,
    comes: notAllowed('identity'),
  },
  {
    title: 'the account leaves it to its own policies: without one',
    caller: user(),
    secret: { policy: [grant('arn:aws:iam::{account}:root', 'GetSecretValue')] },
    does: read,
    comes: notAllowed('identity'),
  },
  {
    title: 'the account leaves it to its own policies: with one',
    caller: user([allow('GetSecretValue')]),
    secret: { policy: [grant('{account}', 'GetSecretValue')] },
    does: read,
    comes: done,
  },
  {
    title: 'everybody is let in by *',
    caller: user(),
    secret: { policy: [grant('*', 'GetSecretValue')] },
    does: read,
    comes: done,
  },
  {
    title: 'everybody of one name is let in by a condition',
    caller: role([], { path: '/team/' }),
    secret: {
      policy: [grant('*', 'GetSecretValue', when('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::{account}:role/team/*'))],
    },
    does: read,
    comes: done,
  },
  {
    title: 'and nobody else',
    caller: role([], { path: '/others/' }),
    secret: {
      policy: [grant('*', 'GetSecretValue', when('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::{account}:role/team/*'))],
    },
    does: read,
    comes: notAllowed('identity'),
  },
  {
    title: 'a Deny wins over what the caller may',
    caller: user([allow('*', onAny)]),
    secret: { policy: [forbid('{caller}', 'GetSecretValue')] },
    does: read,
    comes: denied('resource'),
  },
  {
    title: 'a Deny wins over a grant beside it',
    caller: user(),
    secret: { policy: [grant('{caller}', 'GetSecretValue'), forbid('*', 'GetSecretValue')] },
    does: read,
    comes: denied('resource'),
  },
  {
    title: 'a Deny of a role is about its sessions',
    caller: role([allow('*', onAny)]),
    secret: { policy: [forbid('{caller}', 'GetSecretValue')] },
    does: read,
    comes: denied('resource'),
  },
  {
    title: 'a Deny counts for the admin, too',
    caller: admin,
    secret: { policy: [forbid('{admin}', 'GetSecretValue')] },
    does: read,
    comes: denied('resource'),
  },
  {
    title: 'who is denied reading may describe',
    caller: user([allow('*', onAny)]),
    secret: { policy: [forbid('*', 'GetSecretValue')] },
    does: describeIt,
    comes: done,
  },
  {
    title: 'a Deny spares whom NotPrincipal lists, with their account',
    caller: user([allow('GetSecretValue')]),
    secret: {
      policy: [
        forbid({ NotPrincipal: { AWS: ['{caller}', 'arn:aws:iam::{account}:root', '{admin}'] } }, 'GetSecretValue'),
      ],
    },
    does: read,
    comes: done,
  },
  {
    title: 'and nobody else',
    caller: user([allow('GetSecretValue')]),
    secret: {
      policy: [forbid({ NotPrincipal: { AWS: ['arn:aws:iam::{account}:root', '{admin}'] } }, 'GetSecretValue')],
    },
    does: read,
    comes: denied('resource'),
  },
  {
    title: 'a condition on the tag of the secret limits a grant',
    caller: user(),
    secret: {
      tags: { stage: 'prod' },
      policy: [grant('{caller}', 'GetSecretValue', when('StringEquals', 'aws:ResourceTag/stage', 'test'))],
    },
    does: read,
    comes: notAllowed('identity'),
  },
]
