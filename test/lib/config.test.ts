/** The config of a deployment: what is taken, and what is said about the rest. */
import { parseConfig } from '../../lib/config.ts'

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
    tags: {},
  })
})

test.each<[string, object, string]>([
  [
    'an unknown member',
    { region: 'eu-west-1' },
    'region: there is no such option; known are prefix, account, regions,',
  ],
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
      privateApi: { vpcEndpointIds: { 'eu-west-1': ['vpce-0123456789abcdef0'] } },
    },
    'customDomain: given {',
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
  ['a tag that AWS keeps for itself', { tags: { 'aws:x': 'y' } }, 'tags.aws:x: given "aws:x"; expected: a tag key'],
])('%s is refused by name, with what was given and what is expected', (_title, given, expected) => {
  const [headline, ...lines] = linesFor({ regions, ...given })
  expect(headline).toBe('a.config.ts cannot be used:')
  expect(lines.filter((line) => line.startsWith(`  ${expected}`))).toHaveLength(1)
})

test('every problem is told at once', () => {
  expect(linesFor({ prefix: 'X', keyMode: 'x', regions: 'x' })).toHaveLength(4)
})

test('something that is no object is refused', () => {
  expect(linesFor(5)).toEqual(['a.config.ts cannot be used:', '  the config: given 5; expected: an object of options'])
})
