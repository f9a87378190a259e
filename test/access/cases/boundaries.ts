/**
 * Permissions boundaries limit what policies of identities allow, and what a secret's policy grants to a role or to everybody.
 * @module
 */
import {
  allow,
  denied,
  deny,
  done,
  forbid,
  grant,
  notAllowed,
  onAny,
  read,
  role,
  user,
  type AccessCase,
} from '../access-case.ts'

const everything = [allow('*', onAny)]

export const boundaries: readonly AccessCase[] = [
  {
    title: 'a boundary that allows it changes nothing',
    caller: user(everything, { boundary: [allow('GetSecretValue')] }),
    secret: {},
    does: read,
    comes: done,
  },
  {
    title: 'a boundary by itself allows nothing',
    caller: user([], { boundary: everything }),
    secret: {},
    does: read,
    comes: notAllowed('identity'),
  },
  {
    title: 'what no boundary allows is refused',
    caller: user(everything, { boundary: [allow('DescribeSecret')] }),
    secret: {},
    does: read,
    comes: notAllowed('boundary'),
  },
  {
    title: 'a Deny of the boundary wins',
    caller: user(everything, { boundary: [...everything, deny('GetSecretValue')] }),
    secret: {},
    does: read,
    comes: denied('boundary'),
  },
  {
    title: 'a boundary limits a role as well',
    caller: role(everything, { boundary: [allow('DescribeSecret')] }),
    secret: {},
    does: read,
    comes: notAllowed('boundary'),
  },
  {
    title: 'what the secret grants to a user is not limited',
    caller: user([], { boundary: [allow('DescribeSecret')] }),
    secret: { policy: [grant('{caller}', 'GetSecretValue')] },
    does: read,
    comes: done,
  },
  {
    title: 'unless the boundary denies it',
    caller: user([], { boundary: [deny('GetSecretValue')] }),
    secret: { policy: [grant('{caller}', 'GetSecretValue')] },
    does: read,
    comes: denied('boundary'),
  },
  {
    title: 'what the secret grants to a role is limited',
    caller: role([], { boundary: [allow('DescribeSecret')] }),
    secret: { policy: [grant('{caller}', 'GetSecretValue')] },
    does: read,
    comes: notAllowed('boundary'),
  },
  {
    title: 'what the secret grants to a session of a role is not',
    caller: role([], { boundary: [allow('DescribeSecret')] }),
    secret: { policy: [grant('{me}', 'GetSecretValue')] },
    does: read,
    comes: done,
  },
  {
    title: 'what the secret grants to everybody is limited',
    caller: user([], { boundary: [allow('DescribeSecret')] }),
    secret: { policy: [grant('*', 'GetSecretValue')] },
    does: read,
    comes: notAllowed('boundary'),
  },
  {
    title: 'a Deny with NotPrincipal spares nobody who has a boundary',
    caller: user(everything, { boundary: everything }),
    secret: {
      policy: [
        forbid({ NotPrincipal: { AWS: ['{caller}', 'arn:aws:iam::{account}:root', '{admin}'] } }, 'GetSecretValue'),
      ],
    },
    does: read,
    comes: denied('resource'),
  },
]
