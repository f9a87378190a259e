import {
  endpointOf,
  EnvironmentProblem,
  readAccessSettings,
  readDeployment,
  readManagedRotationSettings,
  readRotationSettings,
} from '../../../lambda/handlers/edge/environment.ts'

const deployed = {
  AWS_REGION: 'eu-west-1',
  COFFER_TABLE: 'coffer',
  COFFER_KEY_MODE: 'per-secret',
  COFFER_DEPLOYMENT: 'coffer',
  COFFER_ACCOUNT: '123456789012',
}

test('a deployment is in the Regions that it is told, and without a word in its own', () => {
  expect(readDeployment(deployed)).toMatchObject({ region: 'eu-west-1', regions: ['eu-west-1'] })
  const COFFER_REGIONS = 'us-gov-west-1,eu-west-1'
  expect(readDeployment({ ...deployed, COFFER_REGIONS }).regions).toEqual(['us-gov-west-1', 'eu-west-1'])
})

test.each(['eu-west-1,', 'eu-west-1, us-east-1', '*', 'everywhere'])(
  'Regions that make no sense are named: %s',
  (COFFER_REGIONS) => {
    expect(() => readDeployment({ ...deployed, COFFER_REGIONS })).toThrow(EnvironmentProblem)
    expect(() => readDeployment({ ...deployed, COFFER_REGIONS })).toThrow('COFFER_REGIONS')
  },
)

const GRACE = 'COFFER_IDENTITY_GRACE_MINUTES'
const ENFORCED = 'COFFER_ENFORCED_AT_API'

test.each([
  [{}, { graceMinutes: 0, enforcedAtApi: [] }],
  [
    { [GRACE]: '', [ENFORCED]: '' },
    { graceMinutes: 0, enforcedAtApi: [] },
  ],
  [{ [GRACE]: '15' }, { graceMinutes: 15, enforcedAtApi: [] }],
  [
    { [GRACE]: '1440', [ENFORCED]: 'aws:MultiFactorAuthPresent,aws:PrincipalTag/a=b/c' },
    { graceMinutes: 1440, enforcedAtApi: ['aws:MultiFactorAuthPresent', 'aws:PrincipalTag/a=b/c'] },
  ],
])('%j: what is not set lets nobody in', (environment, expected) => {
  expect(readAccessSettings(environment)).toEqual(expected)
})

test.each([
  [{ [GRACE]: '-1' }, GRACE],
  [{ [GRACE]: '99999' }, GRACE],
  [{ [GRACE]: '1e3' }, GRACE],
  [{ [ENFORCED]: '*' }, ENFORCED],
  [{ [ENFORCED]: 'aws:SourceIp,' }, ENFORCED],
])('%j makes no sense, and is named', (environment, name) => {
  expect(() => readAccessSettings(environment)).toThrow(EnvironmentProblem)
  expect(() => readAccessSettings(environment)).toThrow(name)
})

test('without a word about them no function may rotate but managed rotation, and that calls nobody', () => {
  expect(readRotationSettings({})).toEqual({ allowedFunctions: [] })
  expect(readManagedRotationSettings({})).toEqual({ webhookOrigins: [], allowsPlaintext: false })
})

test('functions and origins are lists', () => {
  const arn = 'arn:aws:lambda:eu-west-1:210987654321:function:rotate:live'
  expect(
    readRotationSettings({ COFFER_ROTATION_FUNCTIONS: `rotate-*,${arn}`, AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }),
  ).toEqual({ allowedFunctions: ['rotate-*', arn], lambdaEndpoint: 'http://127.0.0.1:1' })
  const settings = {
    COFFER_WEBHOOK_ORIGINS: 'https://a.example.com,https://b.example.com:8443',
    COFFER_ALLOW_PLAINTEXT: 'true',
  }
  expect(readManagedRotationSettings(settings)).toEqual({
    webhookOrigins: ['https://a.example.com', 'https://b.example.com:8443'],
    allowsPlaintext: true,
  })
})

test.each([
  ['COFFER_ROTATION_FUNCTIONS', 'a, b', readRotationSettings],
  ['COFFER_WEBHOOK_ORIGINS', 'http://a.example.com', readManagedRotationSettings],
  ['COFFER_WEBHOOK_ORIGINS', 'https://a.example.com/path, https://b.example.com', readManagedRotationSettings],
  ['COFFER_ALLOW_PLAINTEXT', 'yes', readManagedRotationSettings],
])('%s that makes no sense is named: %s', (name, value, read) => {
  expect(() => read({ [name]: value })).toThrow(EnvironmentProblem)
  expect(() => read({ [name]: value })).toThrow(name)
})

test('a webhook may be allowed by the beginning of its path', () => {
  const COFFER_WEBHOOK_ORIGINS = 'https://a.example.com/path/,https://b.example.com'
  expect(readManagedRotationSettings({ COFFER_WEBHOOK_ORIGINS }).webhookOrigins).toEqual([
    'https://a.example.com/path/',
    'https://b.example.com',
  ])
})

test('an endpoint of one service goes before that of all', () => {
  const all = { AWS_ENDPOINT_URL: 'http://all' }
  expect(endpointOf({ ...all, AWS_ENDPOINT_URL_SNS: 'http://sns' }, 'SNS')).toBe('http://sns')
  expect(endpointOf(all, 'SNS')).toBe('http://all')
  expect(endpointOf({}, 'LAMBDA')).toBeUndefined()
})
