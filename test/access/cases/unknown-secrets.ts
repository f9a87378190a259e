/**
 * Whether a secret is there shows only to whom it may (behaviour section 5, SM-ACCESS-03).
 * @module
 */
import {
  allow,
  denied,
  deny,
  notAllowed,
  notFound,
  onAny,
  read,
  readByName,
  user,
  type AccessCase,
} from '../access-case.ts'

export const unknownSecrets: readonly AccessCase[] = [
  {
    title: 'an unknown ARN is refused like a known one',
    caller: user(),
    does: read,
    comes: notAllowed('identity'),
  },
  {
    title: 'an unknown name is refused by the name',
    caller: user(),
    does: readByName,
    comes: notAllowed('identity', { on: '{name}' }),
  },
  {
    title: 'an unknown ARN is not found by whom it may',
    caller: user([allow('GetSecretValue')]),
    does: read,
    comes: notFound,
  },
  {
    title: 'an unknown name is not found by whom it may',
    caller: user([allow('GetSecretValue', onAny)]),
    does: readByName,
    comes: notFound,
  },
  {
    title: 'a Deny counts for what is not there',
    caller: user([allow('*', onAny), deny('GetSecretValue')]),
    does: read,
    comes: denied('identity'),
  },
  {
    title: 'another suffix is another secret, and its policy does not let anybody in',
    caller: user(),
    secret: { policy: [{ Effect: 'Allow', Principal: '*', Action: 'secretsmanager:GetSecretValue', Resource: '*' }] },
    does: (client, { arn }) => client.getSecretValue({ SecretId: `${arn.slice(0, -6)}AbCdEf` }),
    comes: {
      ...notAllowed('identity', { on: 'arn:aws:secretsmanager:{region}:{account}:secret:{name}-AbCdEf' }),
    },
  },
]
