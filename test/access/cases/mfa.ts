/**
 * Multi-factor authentication: with long-term keys there is no word of it, a session says whether there was a code.
 * @module
 */
import {
  allow,
  denied,
  deny,
  done,
  grant,
  notAllowed,
  onAny,
  read,
  remove,
  session,
  user,
  when,
  withMfa,
  type AccessCase,
} from '../access-case.ts'

const present = when('Bool', 'aws:MultiFactorAuthPresent', 'true')
const readsWithMfa = [allow('GetSecretValue', present)]
const removesWithMfa = [
  allow('*'),
  deny('DeleteSecret', { ...onAny, ...when('BoolIfExists', 'aws:MultiFactorAuthPresent', 'false') }),
]
const unseen =
  'a function cannot see MFA: no Allow counts on it, every Deny does; it is for execute-api:Invoke to ask for it'

export const mfa: readonly AccessCase[] = [
  {
    title: 'long-term keys are refused where MFA is asked for',
    caller: user(readsWithMfa),
    secret: {},
    does: read,
    comes: notAllowed('identity'),
  },
  {
    title: 'so is a session without a code',
    caller: session(readsWithMfa),
    secret: {},
    does: read,
    comes: notAllowed('identity'),
  },
  {
    title: 'a session with a code is let in',
    caller: withMfa(readsWithMfa),
    secret: {},
    does: read,
    comes: done,
    onAws: { comes: notAllowed('identity'), because: unseen },
  },
  {
    title: 'a code of this very minute is recent',
    caller: withMfa([allow('GetSecretValue', when('NumericLessThan', 'aws:MultiFactorAuthAge', '300'))]),
    secret: {},
    does: read,
    comes: done,
    onAws: { comes: notAllowed('identity'), because: unseen },
  },
  {
    title: 'deletion without MFA is denied with long-term keys',
    caller: user(removesWithMfa),
    secret: {},
    does: remove,
    comes: denied('identity', { action: 'DeleteSecret' }),
  },
  {
    title: 'deletion without MFA is denied in a session without a code',
    caller: session(removesWithMfa),
    secret: {},
    does: remove,
    comes: denied('identity', { action: 'DeleteSecret' }),
  },
  {
    title: 'deletion with MFA is carried out',
    caller: withMfa(removesWithMfa),
    secret: {},
    does: remove,
    comes: done,
    onAws: { comes: denied('identity', { action: 'DeleteSecret' }), because: unseen },
  },
  {
    title: 'everything else is allowed without it',
    caller: session(removesWithMfa),
    secret: {},
    does: read,
    comes: done,
  },
  {
    title: 'a code is no permission',
    caller: withMfa([]),
    secret: {},
    does: read,
    comes: notAllowed('identity'),
  },
  {
    title: 'the policy of a secret may ask for MFA',
    caller: user([]),
    secret: { policy: [grant('{caller}', 'GetSecretValue', present)] },
    does: read,
    comes: notAllowed('identity'),
  },
  {
    title: 'and a session with a code has it',
    caller: withMfa([]),
    secret: { policy: [grant('{caller}', 'GetSecretValue', present)] },
    does: read,
    comes: done,
    onAws: { comes: notAllowed('identity'), because: unseen },
  },
]
