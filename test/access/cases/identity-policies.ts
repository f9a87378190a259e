/**
 * What the policies of users and their groups allow and deny.
 * @module
 */
import {
  admin,
  allow,
  atGateway,
  denied,
  deny,
  describeIt,
  done,
  notAllowed,
  onAny,
  read,
  readByName,
  remove,
  user,
  when,
  write,
  type AccessCase,
} from '../access-case.ts'

const secret = {}
/** A secret that is yet to be made has no suffix. */
const byName = { Resource: 'arn:aws:secretsmanager:{region}:{account}:secret:{name}' }
const createWith =
  (more: object): AccessCase['does'] =>
  (client, { name, value }) =>
    client.createSecret({ Name: name, SecretString: value, ...more })

export const identityPolicies: readonly AccessCase[] = [
  { title: 'the admin reads', caller: admin, secret, does: read, comes: done },
  {
    title: 'a user without policies is refused',
    caller: user(),
    secret,
    does: read,
    comes: notAllowed('identity'),
  },
  {
    title: 'a user who may do everything but call the API is another matter on AWS',
    caller: user([allow('*')], { mayCallApi: false }),
    secret,
    does: read,
    comes: done,
    onAws: { comes: atGateway, because: 'API Gateway asks for execute-api:Invoke' },
  },
  {
    title: 'a user reads what a policy of theirs names',
    caller: user([allow('GetSecretValue')]),
    secret,
    does: read,
    comes: done,
  },
  {
    title: 'a user reads by the bare name',
    caller: user([allow('GetSecretValue')]),
    secret,
    does: readByName,
    comes: done,
  },
  {
    title: 'a refusal by the bare name shows the full ARN to the account of the secret',
    caller: user([allow('DescribeSecret')]),
    secret,
    does: readByName,
    comes: notAllowed('identity'),
  },
  {
    title: 'an allow of another secret is none',
    caller: user([allow('GetSecretValue', { Resource: '{second}' })]),
    secret,
    does: read,
    comes: notAllowed('identity'),
  },
  {
    title: 'names of secrets are told apart by case',
    caller: user([
      allow('GetSecretValue', { Resource: 'arn:aws:secretsmanager:{region}:{account}:secret:ACCESS/{id}-??????' }),
    ]),
    secret,
    does: read,
    comes: notAllowed('identity'),
  },
  {
    title: 'names of actions are not',
    caller: user([allow('SECRETSMANAGER:getsecretvalue')]),
    secret,
    does: read,
    comes: done,
  },
  {
    title: 'a wildcard covers the actions that it matches',
    caller: user([allow('Get*')]),
    secret,
    does: read,
    comes: done,
  },
  {
    title: 'and no others',
    caller: user([allow('Get*')]),
    secret,
    does: describeIt,
    comes: notAllowed('identity', { action: 'DescribeSecret' }),
  },
  {
    title: 'a member of a group reads by its policy',
    caller: user([], { group: [allow('GetSecretValue')] }),
    secret,
    does: read,
    comes: done,
  },
  {
    title: 'a managed policy allows',
    caller: user([], { managed: [allow('GetSecretValue')] }),
    secret,
    does: read,
    comes: done,
  },
  {
    title: 'a Deny of the group wins over an Allow of the user',
    caller: user([allow('*', onAny)], { group: [deny('GetSecretValue')] }),
    secret,
    does: read,
    comes: denied('identity'),
  },
  {
    title: 'a Deny of a managed policy wins as well',
    caller: user([allow('*', onAny)], { managed: [deny('GetSecretValue')] }),
    secret,
    does: read,
    comes: denied('identity'),
  },
  {
    title: 'a Deny of another action does not matter',
    caller: user([allow('*', onAny), deny('DeleteSecret', onAny)]),
    secret,
    does: read,
    comes: done,
  },
  {
    title: 'NotAction allows everything else',
    caller: user([allow('', { NotAction: 'secretsmanager:DeleteSecret' })]),
    secret,
    does: read,
    comes: done,
  },
  {
    title: 'and not what it names',
    caller: user([allow('', { NotAction: 'secretsmanager:DeleteSecret' })]),
    secret,
    does: remove,
    comes: notAllowed('identity', { action: 'DeleteSecret' }),
  },
  {
    title: 'a Deny with NotAction leaves only what it names',
    caller: user([allow('*', onAny), deny('', { NotAction: ['secretsmanager:DescribeSecret', 'execute-api:Invoke'] })]),
    secret,
    does: read,
    comes: denied('identity'),
  },
  {
    title: 'NotResource allows all secrets but the one',
    caller: user([allow('GetSecretValue', { NotResource: '{secret}' })]),
    secret,
    does: read,
    comes: notAllowed('identity'),
  },
  {
    title: 'a Deny with NotResource leaves the one',
    caller: user([allow('GetSecretValue'), deny('GetSecretValue', { NotResource: '{secret}' })]),
    secret,
    does: read,
    comes: done,
  },
  {
    title: 'a policy variable in a resource is the name of the user',
    caller: user([
      allow('GetSecretValue', { Resource: 'arn:aws:secretsmanager:*:*:secret:access/${aws:username}-??????' }),
    ]),
    secret,
    does: read,
    comes: done,
  },
  {
    title: 'a user with a path is known by it',
    caller: user([allow('GetSecretValue', when('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::*:user/team/red/*'))], {
      path: '/team/red/',
    }),
    secret,
    does: read,
    comes: done,
  },
  {
    title: 'a value is written with PutSecretValue',
    caller: user([allow('PutSecretValue')]),
    secret,
    does: write,
    comes: done,
  },
  {
    title: 'and not with the right to read it',
    caller: user([allow('GetSecretValue')]),
    secret,
    does: write,
    comes: notAllowed('identity', { action: 'PutSecretValue' }),
  },
  {
    title: 'a secret is made by the name that a policy names',
    caller: user([allow('CreateSecret', byName)]),
    does: createWith({}),
    comes: done,
  },
  {
    title: 'tags at creation need TagResource',
    caller: user([allow('CreateSecret', byName)]),
    does: createWith({ Tags: [{ Key: 'team', Value: 'red' }] }),
    comes: notAllowed('identity', { action: 'TagResource', on: '{name}' }),
  },
  {
    title: 'tags at creation with it',
    caller: user([allow('CreateSecret TagResource', byName)]),
    does: createWith({ Tags: [{ Key: 'team', Value: 'red' }] }),
    comes: done,
  },
]
