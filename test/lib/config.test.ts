/** The config of a deployment: what is taken, and what is said about the rest. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseConfig } from '../../lib/config.ts'
import { suiteDirectories } from '../support/suite-directories.ts'

const makeDirectory = suiteDirectories()

const regions = ['eu-west-1']
const key = 'arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555'
const certificate = 'arn:aws:acm:eu-west-1:123456789012:certificate/0a1b'

const linesFor = (given: unknown): string[] => {
  try {
    parseConfig(given, 'a.config.ts')
  } catch (error) {
    return (error as Error).message.split('\n')
  }
  return []
}

test('a list of Regions is all that must be given', () => {
  expect(parseConfig({ regions })).toEqual({
    prefix: 'coffer',
    regions,
    keyMode: 'per-secret',
    logRetentionDays: 365,
    throttle: { rate: 2000, burst: 1000 },
    removalPolicy: 'retain',
    allowedAccounts: [],
    apiGatewayLogRole: false,
    getSecretValueConcurrency: {},
    identitySnapshot: { graceMinutes: 15 },
    rotationFunctions: ['*'],
    managedRotation: { webhookOrigins: [], allowPlaintext: false },
    enforcedAtApi: [],
    tags: {},
  })
})

test('functions that may rotate are names and ARNs of the Regions that secrets are in', () => {
  const rotationFunctions = ['rotate-*', 'one', 'arn:aws:lambda:eu-west-1:210987654321:function:rotate:live']
  expect(parseConfig({ regions, rotationFunctions }).rotationFunctions).toEqual(rotationFunctions)
})

test('managed rotation is in a VPC by its subnets and security groups, and calls origins over TLS', () => {
  const managedRotation = {
    vpc: { 'eu-west-1': { subnetIds: ['subnet-0123456789abcdef0'], securityGroupIds: ['sg-01234567'] } },
    webhookOrigins: ['https://hooks.example.com', 'https://hooks.example.com:8443', 'https://a.example.com/coffer/x/'],
    allowPlaintext: true,
  }
  expect(parseConfig({ regions, managedRotation }).managedRotation).toEqual(managedRotation)
})

test.each<[string, object, string]>([
  [
    'an unknown member',
    { region: 'eu-west-1' },
    'region: there is no such option; known are prefix, account, regions,',
  ],
  [
    'something else than a function',
    { rotationFunctions: ['a function'] },
    'rotationFunctions[0]: given "a function"; expected: the name of a Lambda function, with * for any part of it',
  ],
  [
    'a function of a Region without secrets',
    { rotationFunctions: ['arn:aws:lambda:us-east-1:210987654321:function:rotate'] },
    'rotationFunctions[0]: given "arn:aws:lambda:us-east-1:210987654321:function:rotate"; expected: an ARN in eu-west-1: a secret',
  ],
  [
    'more functions than a role can list',
    { rotationFunctions: Array.from({ length: 11 }, (_, index) => `f${index}`) },
    'rotationFunctions: given ["f0","f1","f2","f3","f4","f5","f6","f7","f8","f9","f10"]; expected: at most 10 names and ARNs: use * in names',
  ],
  [
    'a VPC for some of the Regions',
    { managedRotation: { vpc: {} } },
    'managedRotation.vpc: given {}; expected: a member for each of eu-west-1',
  ],
  [
    'a network without subnets',
    { managedRotation: { vpc: { 'eu-west-1': { subnetIds: [], securityGroupIds: ['sg-01234567'] } } } },
    'managedRotation.vpc.eu-west-1.subnetIds: given []; expected: at least one subnet id',
  ],
  [
    'a webhook without TLS',
    { managedRotation: { webhookOrigins: ['http://hooks.example.com'] } },
    'managedRotation.webhookOrigins[0]: given "http://hooks.example.com"; expected: an origin such as https://',
  ],
  [
    'a webhook with a path',
    { managedRotation: { webhookOrigins: ['https://hooks.example.com/a/../b'] } },
    'managedRotation.webhookOrigins[0]: given "https://hooks.example.com/a/../b"; expected: an origin such as https://hooks.example.com',
  ],
  ['an address for events that is none', { eventEmail: 'me' }, 'eventEmail: given "me"; expected: an e-mail address'],
  [
    'an unknown member of an option',
    { throttle: { rate: 1, burst: 1, bursts: 2 } },
    'throttle.bursts: there is no such option',
  ],
  ['no Region', { regions: [] }, 'regions: given []; expected: at least one AWS Region'],
  [
    'something else than a Region',
    { regions: ['Ireland'] },
    'regions[0]: given "Ireland"; expected: an AWS Region such as eu-west-1',
  ],
  [
    'a Region that there is not',
    { regions: ['us-esat-1'] },
    'regions[0]: given "us-esat-1"; expected: an AWS Region such as eu-west-1',
  ],
  [
    'a Region that there is not, in an option',
    { tableKeys: { 'eu-wets-1': key } },
    'tableKeys.eu-wets-1: given "eu-wets-1"; expected: an AWS Region such as eu-west-1',
  ],
  [
    'a Region twice',
    { regions: ['eu-west-1', 'eu-west-1'] },
    'regions: given ["eu-west-1","eu-west-1"]; expected: each Region once',
  ],
  [
    'Regions that no account has together',
    { regions: ['eu-west-1', 'cn-north-1'] },
    'regions: given ["eu-west-1","cn-north-1"]; expected: Regions of one partition',
  ],
  [
    'a prefix that would make names too long',
    { prefix: 'a-very-long-prefix' },
    'prefix: given "a-very-long-prefix"; expected: lower-case letters',
  ],
  ['a prefix with capitals', { prefix: 'Coffer' }, 'prefix: given "Coffer"; expected: lower-case letters'],
  [
    "a prefix that makes another deployment's names",
    { prefix: 'coffer-cancel' },
    'prefix: given "coffer-cancel"; expected: a prefix that does not end in -batch or -cancel',
  ],
  [
    'a prefix that would collide',
    { prefix: 'coffer-batch' },
    'prefix: given "coffer-batch"; expected: a prefix that does not end in -batch or -cancel',
  ],
  [
    'an account that is a number',
    { account: 123456789012 },
    'account: given 123456789012; expected: an AWS account number of twelve digits, as text',
  ],
  ['another key mode', { keyMode: 'none' }, `keyMode: given "none"; expected: 'per-secret' or 'shared'`],
  [
    'a retention that CloudWatch does not have',
    { logRetentionDays: 10 },
    'logRetentionDays: given 10; expected: one of 1, 3, 5, 7,',
  ],
  [
    'a throttle of nothing',
    { throttle: { rate: 0, burst: 5 } },
    'throttle.rate: given 0; expected: requests per second, 1 to 100000',
  ],
  ['half a throttle', { throttle: { rate: 5 } }, 'throttle.burst: missing; expected: requests at once, 1 to 100000'],
  ['no e-mail address', { alarmEmail: 'ops' }, 'alarmEmail: given "ops"; expected: an e-mail address'],
  [
    'a removal policy of CDK',
    { removalPolicy: 'DESTROY' },
    `removalPolicy: given "DESTROY"; expected: 'retain' or 'destroy'`,
  ],
  [
    'the own account among the others',
    { account: '123456789012', allowedAccounts: ['123456789012'] },
    'allowedAccounts: given ["123456789012"]; expected: other accounts than the own one',
  ],
  [
    'a table key for half of the Regions',
    { regions: ['eu-west-1', 'us-east-1'], tableKeys: { 'eu-west-1': key } },
    'tableKeys: given {',
  ],
  [
    'a table key that KMS would not make',
    { tableKeys: { 'eu-west-1': 'arn:aws:kms:eu-west-1:123456789012:key/abc' } },
    'tableKeys.eu-west-1: given "arn:aws:kms:eu-west-1:123456789012:key/abc"; expected: the ARN of a KMS key, which ends in key/<UUID> or key/mrk-',
  ],
  [
    'a table key of another Region',
    { regions: ['us-east-1'], tableKeys: { 'us-east-1': key } },
    `tableKeys.us-east-1: given "${key}"; expected: an ARN in us-east-1`,
  ],
  [
    'one domain name for several Regions',
    {
      regions: ['eu-west-1', 'us-east-1'],
      customDomain: {
        domainName: 'secrets.example.com',
        certificateArns: { 'eu-west-1': certificate, 'us-east-1': certificate.replace('eu-west-1', 'us-east-1') },
      },
    },
    'customDomain.domainName: given "secrets.example.com"; expected: a name beginning with {region}.',
  ],
  [
    'a zone that the domain is not in',
    {
      customDomain: {
        domainName: 'secrets.example.com',
        certificateArns: { 'eu-west-1': certificate },
        hostedZone: { id: 'Z1', name: 'example.org' },
      },
    },
    'customDomain.hostedZone.name: given "example.org"; expected: the zone that the domain name is in',
  ],
  [
    'a custom domain before a private API',
    {
      customDomain: { domainName: 'secrets.example.com', certificateArns: { 'eu-west-1': certificate } },
      privateApi: {
        vpcEndpointIds: { 'eu-west-1': ['vpce-0123456789abcdef0'] },
        callers: ['arn:aws:iam::123456789012:role/app'],
      },
    },
    'customDomain: given {',
  ],
  [
    'a private API for nobody in particular',
    { privateApi: { vpcEndpointIds: { 'eu-west-1': ['vpce-0123456789abcdef0'] }, callers: ['*'] } },
    'privateApi.callers[0]: given "*"; expected: the ARN of a user or role of this account',
  ],
  [
    'a web ACL by nothing',
    { waf: { managedRules: false } },
    'waf: given {"managedRules":false}; expected: { managedRules: true } or',
  ],
  [
    'more provisioned than reserved',
    { getSecretValueConcurrency: { reserved: 1, provisioned: 2 } },
    'getSecretValueConcurrency: given {"reserved":1,"provisioned":2}; expected: no more provisioned than reserved executions',
  ],
  [
    'a grace of more than a day',
    { identitySnapshot: { graceMinutes: 1441 } },
    'identitySnapshot.graceMinutes: given 1441; expected: minutes, 0 to 1440',
  ],
  [
    'a grace that is no number',
    { identitySnapshot: { graceMinutes: '15' } },
    'identitySnapshot.graceMinutes: given "15"; expected: minutes, 0 to 1440',
  ],
  [
    'a key of the service as enforced at the API',
    { enforcedAtApi: ['secretsmanager:ResourceTag/team'] },
    'enforcedAtApi[0]: given "secretsmanager:ResourceTag/team"; expected: one of aws:MultiFactorAuthPresent, ',
  ],
  [
    'a key that functions see as enforced at the API',
    { enforcedAtApi: ['aws:PrincipalArn'] },
    'enforcedAtApi[0]: given "aws:PrincipalArn"; expected: one of aws:MultiFactorAuthPresent, ',
  ],
  [
    'a tag key that would be two in a list',
    { enforcedAtApi: ['aws:PrincipalTag/a,aws:PrincipalArn'] },
    'enforcedAtApi[0]: given "aws:PrincipalTag/a,aws:PrincipalArn"; expected: one of',
  ],
  [
    'an enforced key twice',
    { enforcedAtApi: ['aws:MultiFactorAuthPresent', 'aws:multifactorauthpresent'] },
    'enforcedAtApi: given [',
  ],
  [
    'a tag that AWS keeps for itself',
    { tags: { 'AWS:x': 'y' } },
    'tags.AWS:x: given "AWS:x"; expected: a tag key of 1 to 128 characters, not beginning with aws: or coffer:',
  ],
  [
    'a tag of the service itself',
    { tags: { 'coffer:deployment': 'other' } },
    'tags.coffer:deployment: given "coffer:deployment"; expected: a tag key of 1 to 128 characters, not beginning with aws: or coffer:',
  ],
])('%s is refused by name, with what was given and what is expected', (_title, given, expected) => {
  const [headline, ...lines] = linesFor({ regions, ...given })
  expect(headline).toBe('a.config.ts cannot be used:')
  expect(lines.filter((line) => line.startsWith(`  ${expected}`))).toHaveLength(1)
})

test('keys that functions cannot see may be declared as enforced at the API, in any case', () => {
  const enforcedAtApi = ['aws:MultiFactorAuthPresent', 'aws:sourceidentity', 'aws:PrincipalTag/cost-center']
  expect(parseConfig({ regions, enforcedAtApi }).enforcedAtApi).toEqual(enforcedAtApi)
})

test('every problem is told at once', () => {
  expect(linesFor({ prefix: 'X', keyMode: 'x', regions: 'x' })).toHaveLength(4)
})

test('something that is no object is refused', () => {
  expect(linesFor(5)).toEqual(['a.config.ts cannot be used:', '  the config: given 5; expected: an object of options'])
})

test('an empty list of Regions is one problem', () => {
  expect(linesFor({ regions: [] })).toEqual([
    'a.config.ts cannot be used:',
    '  regions: given []; expected: at least one AWS Region',
  ])
})

test.each([
  ['us-gov-west-1', 'us-gov-east-1'],
  ['cn-north-1', 'cn-northwest-1'],
])('%s and %s go together', (...together) => {
  expect(parseConfig({ regions: together }).regions).toEqual(together)
})

test('a multi-Region key for the table is taken', () => {
  const tableKeys = { 'eu-west-1': `arn:aws:kms:eu-west-1:123456789012:key/mrk-${'0a'.repeat(16)}` }
  expect(parseConfig({ regions, tableKeys }).tableKeys).toEqual(tableKeys)
})

describe('a file that Node cannot take', () => {
  // Node's own words, so a Node of its own: here modules are compiled by something else.
  const SCRIPT =
    "import('./lib/config.ts').then(({ loadConfig }) => loadConfig(process.argv[1])).catch((error) => console.log(error.message))"
  const saidOf = (content: string): string => {
    const file = join(makeDirectory(), 'a.config.ts')
    writeFileSync(file, content)
    return execFileSync(process.execPath, ['-e', SCRIPT, file]).toString().replace(file, 'FILE').trim()
  }

  test.each([
    ['a comma too many', 'export default {\n  regions: [],,\n}\n', 'line 2, column 15: Unexpected token `,`'],
    [
      'an enum',
      'const a: number = 1\nenum A {\n  B,\n}\n',
      'line 2: TypeScript enum is not supported in strip-only mode',
    ],
    [
      'a name that there is not',
      'const a: number = 1\nexport default { regions: b }\n',
      'line 2, column 27: b is not defined',
    ],
    [
      'a name twice',
      'const a = 1\nconst a = 2\nexport default {}',
      "line 2, column 7: Identifier 'a' has already been declared",
    ],
    [
      'an import that there is not',
      "import { nothing } from 'node:path'\nexport default {}",
      "line 1, column 10: The requested module 'node:path' does not provide an export named 'nothing'",
    ],
    ['an error of its own', "throw 'no'", 'no'],
  ])('%s: where, and why', (_, content, said) => {
    expect(saidOf(content)).toContain(`FILE cannot be read: ${said}`)
  })
})
