/**
 * Conditions on the request: where it comes from, when, and what it asks for. What nobody can tell is neither true nor false.
 * @module
 */
import { allow, denied, deny, done, notAllowed, onAny, read, user, when, type AccessCase } from '../access-case.ts'

const readsIf = (operator: string, key: string, value: unknown) =>
  user([allow('GetSecretValue', when(operator, key, value))])
const notIf = (operator: string, key: string, value: unknown) =>
  user([allow('GetSecretValue'), deny('secretsmanager:*', { ...onAny, ...when(operator, key, value) })])
const secret = {}
const readCurrent: AccessCase['does'] = (client, { arn }) =>
  client.getSecretValue({ SecretId: arn, VersionStage: 'AWSCURRENT' })
const removeIn =
  (days: number): AccessCase['does'] =>
  (client, { arn }) =>
    client.deleteSecret({ SecretId: arn, RecoveryWindowInDays: days })
const slowly = user([
  allow('DeleteSecret', when('NumericGreaterThanEquals', 'secretsmanager:RecoveryWindowInDays', '14')),
])

export const conditions: readonly AccessCase[] = [
  {
    title: 'an address of this machine',
    caller: readsIf('IpAddress', 'aws:SourceIp', '127.0.0.0/8'),
    secret,
    does: read,
    comes: done,
  },
  {
    title: 'an address that it is not',
    caller: readsIf('IpAddress', 'aws:SourceIp', ['10.0.0.0/8', '2001:db8::/32']),
    secret,
    does: read,
    comes: notAllowed('identity'),
  },
  {
    title: 'a Deny of all addresses but some',
    caller: notIf('NotIpAddress', 'aws:SourceIp', '10.0.0.0/8'),
    secret,
    does: read,
    comes: denied('identity'),
  },
  {
    title: 'after a moment',
    caller: readsIf('DateGreaterThan', 'aws:CurrentTime', '2020-01-01T00:00:00Z'),
    secret,
    does: read,
    comes: done,
  },
  {
    title: 'not after another',
    caller: readsIf('DateLessThan', 'aws:CurrentTime', '2020-01-01T00:00:00Z'),
    secret,
    does: read,
    comes: notAllowed('identity'),
  },
  {
    title: 'the Region of the request',
    caller: readsIf('StringEquals', 'aws:RequestedRegion', '{region}'),
    secret,
    does: read,
    comes: done,
  },
  {
    title: 'a Deny of all Regions but one',
    caller: notIf('StringNotEquals', 'aws:RequestedRegion', 'ap-south-1'),
    secret,
    does: read,
    comes: denied('identity'),
  },
  {
    title: 'the secret by its own key',
    caller: readsIf('ArnLike', 'secretsmanager:SecretId', '{secret}'),
    secret,
    does: read,
    comes: done,
  },
  {
    title: 'a stage that the request names',
    caller: readsIf('StringEquals', 'secretsmanager:VersionStage', 'AWSCURRENT'),
    secret,
    does: readCurrent,
    comes: done,
  },
  {
    title: 'a stage that it does not name is none',
    caller: readsIf('StringEquals', 'secretsmanager:VersionStage', 'AWSCURRENT'),
    secret,
    does: read,
    comes: notAllowed('identity'),
  },
  {
    title: 'unless the policy says IfExists',
    caller: readsIf('StringEqualsIfExists', 'secretsmanager:VersionStage', 'AWSCURRENT'),
    secret,
    does: read,
    comes: done,
  },
  { title: 'a recovery window as long as asked for', caller: slowly, secret, does: removeIn(20), comes: done },
  {
    title: 'a shorter one',
    caller: slowly,
    secret,
    does: removeIn(7),
    comes: notAllowed('identity', { action: 'DeleteSecret' }),
  },
  {
    title: 'an Allow on a key that nobody knows does not count',
    caller: readsIf('StringNotEquals', 'aws:NeverHeardOf', 'x'),
    secret,
    does: read,
    comes: notAllowed('identity'),
  },
  {
    title: 'a Deny on a key that nobody knows does',
    caller: notIf('StringEquals', 'aws:NeverHeardOf', 'x'),
    secret,
    does: read,
    comes: denied('identity'),
  },
  {
    title: 'all conditions must hold',
    caller: user([
      allow('GetSecretValue', {
        Condition: { StringEquals: { 'aws:RequestedRegion': '{region}', 'aws:username': 'somebody' } },
      }),
    ]),
    secret,
    does: read,
    comes: notAllowed('identity'),
  },
]
