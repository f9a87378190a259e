import { EnvironmentProblem, readAccessSettings } from '../../../lambda/handlers/edge/environment.ts'

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
