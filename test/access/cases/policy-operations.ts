/**
 * Who may change the policy of a secret, and what may be put (behaviour section 7).
 * @module
 */
import {
  allow,
  answers,
  denied,
  deny,
  done,
  forbid,
  grant,
  notAllowed,
  refused,
  user,
  when,
  type AccessCase,
  type Statement,
} from '../access-case.ts'
import { filled } from '../names.ts'

const put =
  (statements: readonly Statement[], more: { readonly BlockPublicPolicy?: boolean } = {}): AccessCase['does'] =>
  (client, names) =>
    client.putResourcePolicy({
      SecretId: names.arn,
      ResourcePolicy: JSON.stringify(filled({ Version: '2012-10-17', Statement: statements }, names)),
      ...more,
    })

const secret = {}
const action = 'PutResourcePolicy'

export const policyOperations: readonly AccessCase[] = [
  {
    title: 'a policy is put with PutResourcePolicy',
    caller: user([allow('PutResourcePolicy')]),
    secret,
    does: put([grant('{caller}', 'GetSecretValue')]),
    comes: done,
  },
  {
    title: 'and not with the right to read it',
    caller: user([allow('GetResourcePolicy GetSecretValue')]),
    secret,
    does: put([grant('{caller}', 'GetSecretValue')]),
    comes: notAllowed('identity', { action }),
  },
  {
    title: 'nobody may lock themselves out',
    caller: user([allow('*')]),
    secret,
    does: put([forbid('{caller}', 'PutResourcePolicy')]),
    comes: refused(
      'InvalidParameterException',
      'Your requested changes will not allow you to manage this secret in the future.',
    ),
  },
  {
    title: 'a public policy is refused where it was asked for',
    caller: user([allow('*')]),
    secret,
    does: put([grant('*', 'GetSecretValue')], { BlockPublicPolicy: true }),
    comes: refused(
      'PublicPolicyException',
      "You can't attach a resource-based policy that allows broad access to the secret.",
    ),
  },
  {
    title: 'who must ask for it cannot leave it out',
    caller: user([
      allow('PutResourcePolicy'),
      deny('PutResourcePolicy', when('BoolIfExists', 'secretsmanager:BlockPublicPolicy', 'false')),
    ]),
    secret,
    does: put([grant('*', 'GetSecretValue')]),
    comes: denied('identity', { action }),
  },
  {
    title: 'a principal that does not exist is refused',
    caller: user([allow('*')]),
    secret,
    does: put([grant('arn:aws:iam::{account}:user/nobody', 'GetSecretValue')]),
    comes: refused('MalformedPolicyDocumentException', 'This resource policy contains an unsupported principal.'),
  },
  {
    title: 'a policy is read with GetResourcePolicy',
    caller: user([allow('GetResourcePolicy')]),
    secret: { policy: [grant('{admin}', 'GetSecretValue')] },
    does: (client, { arn }) => client.getResourcePolicy({ SecretId: arn }),
    comes: answers(({ admin }) => ({ ResourcePolicy: expect.stringContaining(admin) })),
  },
  {
    title: 'a policy is not removed by whom it only lets read',
    caller: user(),
    secret: { policy: [forbid('{caller}', 'PutSecretValue'), grant('{caller}', 'GetSecretValue')] },
    does: (client, { arn }) => client.deleteResourcePolicy({ SecretId: arn }),
    comes: notAllowed('identity', { action: 'DeleteResourcePolicy' }),
  },
  {
    title: 'checking a policy needs the right to put it',
    caller: user([allow('ValidateResourcePolicy')]),
    secret,
    does: (client, { arn }) => client.validateResourcePolicy({ SecretId: arn, ResourcePolicy: '{}' }),
    comes: notAllowed('identity', { action }),
  },
]
