/**
 * Situations of the user guides of IAM, Secrets Manager and KMS, in policies of our own.
 * @module
 */
import { UNKNOWN, type KeyValue } from '../../lambda/auth/condition-context.ts'
import { decide, type AccessQuestion } from '../../lambda/auth/decide.ts'
import {
  ABROAD,
  HOME,
  SECRET,
  allow,
  contextWith,
  deny,
  knownAs,
  question,
  resourcePolicy,
  roleSessionOf,
  userOf,
  type Json,
} from './support/questions.ts'

const alice = userOf(HOME)
const app = roleSessionOf(HOME)
const SECRETS = `arn:aws:secretsmanager:*:${HOME}:secret:`

interface Asked {
  readonly action?: string
  readonly resource?: string
  readonly keys?: Readonly<Record<string, KeyValue>>
}

type Case = readonly [title: string, asked: Asked, verdict: 'allow' | 'explicit-deny' | 'implicit-deny']

function example(title: string, given: Partial<AccessQuestion>, cases: readonly Case[]): void {
  describe(title, () => {
    it.each(cases)('%s', (_, { keys, ...asked }, verdict) => {
      expect(decide(question({ ...given, ...asked, context: contextWith(keys) })).verdict).toBe(verdict)
    })
  })
}

const ofAlice = (identity: Json | readonly Json[]) => ({ found: knownAs(alice, { identity }) })

example(
  'read one secret by its name, whatever the six characters',
  ofAlice(allow({ Resource: `${SECRETS}TestEnv-??????` })),
  [
    ['the secret', { resource: `${SECRETS}TestEnv-AbCdEf`.replace('*', 'eu-west-1') }, 'allow'],
    [
      'one whose name begins the same',
      { resource: `${SECRETS}TestEnv-2-AbCdEf`.replace('*', 'eu-west-1') },
      'implicit-deny',
    ],
    [
      'another action',
      { action: 'secretsmanager:DescribeSecret', resource: `${SECRETS}TestEnv-AbCdEf` },
      'implicit-deny',
    ],
  ],
)

const sameTag = { StringEquals: { 'aws:ResourceTag/Project': '${aws:PrincipalTag/Project}' } }
example(
  'access by equal tags of principal and secret',
  ofAlice(allow({ Action: 'secretsmanager:*', Condition: sameTag })),
  [
    ['equal', { keys: { 'aws:ResourceTag/Project': 'x', 'aws:PrincipalTag/Project': 'x' } }, 'allow'],
    ['different', { keys: { 'aws:ResourceTag/Project': 'x', 'aws:PrincipalTag/Project': 'y' } }, 'implicit-deny'],
    ['the secret has none', { keys: { 'aws:PrincipalTag/Project': 'x' } }, 'implicit-deny'],
    ['the principal has none', { keys: { 'aws:ResourceTag/Project': 'x' } }, 'implicit-deny'],
    ['neither has one', {}, 'implicit-deny'],
    [
      'the tag of the principal is not seen',
      { keys: { 'aws:ResourceTag/Project': 'x', 'aws:PrincipalTag/Project': UNKNOWN } },
      'implicit-deny',
    ],
    [
      'the tag of the principal is an asterisk',
      { keys: { 'aws:ResourceTag/Project': 'x', 'aws:PrincipalTag/Project': '*' } },
      'implicit-deny',
    ],
  ],
)

const tagged = allow({
  Action: ['secretsmanager:CreateSecret', 'secretsmanager:TagResource'],
  Condition: {
    StringEquals: { 'aws:RequestTag/environment': ['preprod', 'production'] },
    'ForAllValues:StringEquals': { 'aws:TagKeys': ['environment', 'owner'] },
  },
})
const create = (keys: Asked['keys']): Asked => ({ action: 'secretsmanager:CreateSecret', ...(keys && { keys }) })
example('tags that new secrets must have, and no others', ofAlice(tagged), [
  ['the tag', create({ 'aws:RequestTag/environment': 'preprod', 'aws:TagKeys': ['environment'] }), 'allow'],
  [
    'another allowed beside it',
    create({ 'aws:RequestTag/environment': 'production', 'aws:TagKeys': ['owner', 'environment'] }),
    'allow',
  ],
  [
    'another that is not',
    create({ 'aws:RequestTag/environment': 'preprod', 'aws:TagKeys': ['environment', 'x'] }),
    'implicit-deny',
  ],
  ['another value', create({ 'aws:RequestTag/environment': 'dev', 'aws:TagKeys': ['environment'] }), 'implicit-deny'],
  [
    'the key in another case',
    create({ 'aws:requesttag/environment': 'preprod', 'aws:TagKeys': ['Environment'] }),
    'implicit-deny',
  ],
  ['no tags', create({ 'aws:TagKeys': [] }), 'implicit-deny'],
])

const withoutMfa = (operator: string) =>
  ofAlice([
    allow({ Action: '*' }),
    deny({ Action: 'secretsmanager:Delete*', Condition: { [operator]: { 'aws:MultiFactorAuthPresent': 'false' } } }),
  ])
const remove = (mfa: KeyValue): Asked => ({
  action: 'secretsmanager:DeleteSecret',
  keys: { 'aws:MultiFactorAuthPresent': mfa },
})
example('MFA for deletion, by BoolIfExists', withoutMfa('BoolIfExists'), [
  ['with MFA', remove('true'), 'allow'],
  ['a session without', remove('false'), 'explicit-deny'],
  ['long-term keys, which carry no word of it', remove(undefined), 'explicit-deny'],
  ['not seen', remove(UNKNOWN), 'explicit-deny'],
  ['another action', { keys: {} }, 'allow'],
])
example('MFA for deletion, by Bool: the trap that the guide warns of', withoutMfa('Bool'), [
  ['with MFA', remove('true'), 'allow'],
  ['a session without', remove('false'), 'explicit-deny'],
  ['long-term keys slip through', remove(undefined), 'allow'],
  ['not seen', remove(UNKNOWN), 'explicit-deny'],
])

const recentMfa = allow({ Condition: { NumericLessThan: { 'aws:MultiFactorAuthAge': '3600' } } })
example('MFA within the hour', ofAlice(recentMfa), [
  ['a minute ago', { keys: { 'aws:MultiFactorAuthAge': '60' } }, 'allow'],
  ['an hour ago', { keys: { 'aws:MultiFactorAuthAge': '3600' } }, 'implicit-deny'],
  ['never', {}, 'implicit-deny'],
])

const fromOffice = [
  allow({ Action: 'secretsmanager:*' }),
  deny({
    Action: '*',
    Condition: {
      NotIpAddress: { 'aws:SourceIp': ['192.0.2.0/24', '203.0.113.0/24', '2001:db8:1234::/48'] },
      Bool: { 'aws:ViaAWSService': 'false' },
    },
  }),
]
const from = (ip: KeyValue, via = 'false'): Asked => ({ keys: { 'aws:SourceIp': ip, 'aws:ViaAWSService': via } })
example('nothing from outside the office', ofAlice(fromOffice), [
  ['from the office', from('203.0.113.9'), 'allow'],
  ['from the office by IPv6', from('2001:db8:1234:5::1'), 'allow'],
  ['from the office, the address mapped', from('::ffff:192.0.2.1'), 'allow'],
  ['from elsewhere', from('198.51.100.1'), 'explicit-deny'],
  ['by a service from elsewhere', from('198.51.100.1', 'true'), 'allow'],
  ['through a VPC endpoint, where there is no address', from(undefined), 'explicit-deny'],
])

const dates = allow({
  Condition: {
    DateGreaterThan: { 'aws:CurrentTime': '2026-04-01T00:00:00Z' },
    DateLessThan: { 'aws:CurrentTime': '2026-06-30T23:59:59Z' },
  },
})
example('for a quarter of a year', ofAlice(dates), [
  ['within', { keys: { 'aws:CurrentTime': '2026-05-01T12:00:00Z' } }, 'allow'],
  ['before', { keys: { 'aws:CurrentTime': '2026-03-31T23:59:59Z' } }, 'implicit-deny'],
  ['at its very start', { keys: { 'aws:CurrentTime': '2026-04-01T00:00:00Z' } }, 'implicit-deny'],
  ['after', { keys: { 'aws:CurrentTime': '2026-07-01T00:00:00Z' } }, 'implicit-deny'],
])

const inRegion = [
  allow({ Action: '*' }),
  {
    Effect: 'Deny',
    NotAction: ['iam:*', 'sts:*'],
    Resource: '*',
    Condition: { StringNotEquals: { 'aws:RequestedRegion': ['eu-central-1', 'eu-west-1'] } },
  },
]
example('nothing outside two Regions, but for global services', ofAlice(inRegion), [
  ['in one', { keys: { 'aws:RequestedRegion': 'eu-west-1' } }, 'allow'],
  ['elsewhere', { keys: { 'aws:RequestedRegion': 'us-east-1' } }, 'explicit-deny'],
  ['a global service', { action: 'iam:ListUsers', keys: { 'aws:RequestedRegion': 'us-east-1' } }, 'allow'],
])

const ownHome = allow({ Resource: `${SECRETS}home/\${aws:username}/*` })
example('secrets under the own name', ofAlice(ownHome), [
  [
    'the own',
    { resource: `${SECRETS}home/alice/x`.replace('*', 'eu-west-1'), keys: { 'aws:username': 'alice' } },
    'allow',
  ],
  [
    "another's",
    { resource: `${SECRETS}home/bob/x`.replace('*', 'eu-west-1'), keys: { 'aws:username': 'alice' } },
    'implicit-deny',
  ],
  ['a role has no user name', { resource: `${SECRETS}home/bob/x`.replace('*', 'eu-west-1') }, 'implicit-deny'],
])

const stage = allow({ Condition: { 'ForAnyValue:StringEquals': { 'secretsmanager:VersionStage': 'AWSCURRENT' } } })
example('the current version alone', ofAlice(stage), [
  ['asked for by name', { keys: { 'secretsmanager:VersionStage': 'AWSCURRENT' } }, 'allow'],
  ['another', { keys: { 'secretsmanager:VersionStage': 'AWSPREVIOUS' } }, 'implicit-deny'],
  ['not asked for by name', {}, 'implicit-deny'],
])

const noForce = [
  allow({ Action: 'secretsmanager:*' }),
  deny({
    Action: 'secretsmanager:DeleteSecret',
    Condition: { NumericLessThan: { 'secretsmanager:RecoveryWindowInDays': '14' } },
  }),
  deny({
    Action: 'secretsmanager:DeleteSecret',
    Condition: { Bool: { 'secretsmanager:ForceDeleteWithoutRecovery': 'true' } },
  }),
]
const removal = (keys: Asked['keys']): Asked => ({ action: 'secretsmanager:DeleteSecret', ...(keys && { keys }) })
example('no deletion without a recovery window of two weeks', ofAlice(noForce), [
  ['two weeks', removal({ 'secretsmanager:RecoveryWindowInDays': '14' }), 'allow'],
  ['one week', removal({ 'secretsmanager:RecoveryWindowInDays': '7' }), 'explicit-deny'],
  ['by force', removal({ 'secretsmanager:ForceDeleteWithoutRecovery': 'true' }), 'explicit-deny'],
  ['not told', removal({}), 'allow'],
])

const lambdas = allow({
  Action: 'secretsmanager:RotateSecret',
  Condition: { ArnLike: { 'secretsmanager:RotationLambdaARN': `arn:aws:lambda:*:${HOME}:function:SecretsManager*` } },
})
const rotate = (arn: KeyValue): Asked => ({
  action: 'secretsmanager:RotateSecret',
  keys: { 'secretsmanager:RotationLambdaARN': arn },
})
example('rotation by certain functions', ofAlice(lambdas), [
  ['one of them', rotate(`arn:aws:lambda:eu-west-1:${HOME}:function:SecretsManagerMySQL`), 'allow'],
  ['one of them, a version', rotate(`arn:aws:lambda:eu-west-1:${HOME}:function:SecretsManagerMySQL:7`), 'allow'],
  ['another', rotate(`arn:aws:lambda:eu-west-1:${HOME}:function:Evil`), 'implicit-deny'],
  [
    'one of another account',
    rotate(`arn:aws:lambda:eu-west-1:${ABROAD}:function:SecretsManagerMySQL`),
    'implicit-deny',
  ],
])

example(
  'a resource policy for one role, and a Deny of everybody else by condition',
  {
    principal: app.principal,
    found: knownAs(app),
    ...resourcePolicy([
      allow({ Principal: { AWS: app.identity.arn } }),
      deny({ Principal: '*', Condition: { ArnNotEquals: { 'aws:PrincipalArn': [app.identity.arn] } } }),
    ]),
  },
  [
    ['the role', { keys: { 'aws:PrincipalArn': app.identity.arn } }, 'allow'],
    ['a principal that is not seen', { keys: { 'aws:PrincipalArn': UNKNOWN } }, 'explicit-deny'],
  ],
)

example(
  'everybody of an organisation, through one VPC endpoint',
  {
    found: knownAs(alice),
    ...resourcePolicy([
      allow({ Principal: '*', Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-example' } } }),
      deny({ Principal: '*', Condition: { StringNotEquals: { 'aws:SourceVpce': 'vpce-1' } } }),
    ]),
  },
  [
    ['inside', { keys: { 'aws:PrincipalOrgID': 'o-example', 'aws:SourceVpce': 'vpce-1' } }, 'allow'],
    [
      'by another endpoint',
      { keys: { 'aws:PrincipalOrgID': 'o-example', 'aws:SourceVpce': 'vpce-2' } },
      'explicit-deny',
    ],
    ['by none', { keys: { 'aws:PrincipalOrgID': 'o-example' } }, 'explicit-deny'],
    [
      'of another organisation',
      { keys: { 'aws:PrincipalOrgID': 'o-other', 'aws:SourceVpce': 'vpce-1' } },
      'implicit-deny',
    ],
    ['of none', { keys: { 'aws:SourceVpce': 'vpce-1' } }, 'implicit-deny'],
  ],
)

const viaSecrets = {
  StringEquals: { 'kms:ViaService': 'secretsmanager.eu-west-1.amazonaws.com', 'kms:CallerAccount': HOME },
}
example(
  'a key for use through Secrets Manager alone',
  {
    rule: 'resource',
    resource: `arn:aws:kms:eu-west-1:${HOME}:key/1`,
    ...resourcePolicy(
      allow({ Action: ['kms:Decrypt', 'kms:GenerateDataKey*'], Principal: { AWS: '*' }, Condition: viaSecrets }),
      'key',
    ),
  },
  [
    [
      'through it',
      {
        action: 'kms:Decrypt',
        keys: { 'kms:ViaService': 'secretsmanager.eu-west-1.amazonaws.com', 'kms:CallerAccount': HOME },
      },
      'allow',
    ],
    [
      'an action by a pattern',
      {
        action: 'kms:GenerateDataKeyWithoutPlaintext',
        keys: { 'kms:ViaService': 'secretsmanager.eu-west-1.amazonaws.com', 'kms:CallerAccount': HOME },
      },
      'allow',
    ],
    [
      'in another Region',
      {
        action: 'kms:Decrypt',
        keys: { 'kms:ViaService': 'secretsmanager.us-east-1.amazonaws.com', 'kms:CallerAccount': HOME },
      },
      'implicit-deny',
    ],
    [
      'for another account',
      {
        action: 'kms:Decrypt',
        keys: { 'kms:ViaService': 'secretsmanager.eu-west-1.amazonaws.com', 'kms:CallerAccount': ABROAD },
      },
      'implicit-deny',
    ],
    ['directly', { action: 'kms:Decrypt', keys: { 'kms:CallerAccount': HOME } }, 'implicit-deny'],
    [
      'another action',
      {
        action: 'kms:ScheduleKeyDeletion',
        keys: { 'kms:ViaService': 'secretsmanager.eu-west-1.amazonaws.com', 'kms:CallerAccount': HOME },
      },
      'implicit-deny',
    ],
  ],
)

const reader = userOf(ABROAD)
example(
  'a secret shared with a user of another account',
  {
    principal: reader.principal,
    found: knownAs(reader, { identity: allow({ Resource: SECRET }) }),
    ...resourcePolicy(allow({ Principal: { AWS: reader.principal.arn } })),
  },
  [
    ['the secret', {}, 'allow'],
    ['another action', { action: 'secretsmanager:PutSecretValue' }, 'implicit-deny'],
    ['another secret, of the same policy', { resource: SECRET.replace('db', 'x') }, 'implicit-deny'],
  ],
)
