import type { FunctionUse } from '../../../lambda/core/ports/functions.ts'
import { RotationError } from '../../../lambda/managed-rotation/rotation-error.ts'
import { withManagedFunction } from '../../../local/rotation/managed-function.ts'

const useOf = (name: string, account = '123456789012'): FunctionUse => ({
  functionArn: `arn:aws:lambda:us-east-1:${account}:function:${name}`,
  secretArn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf',
  secret: { account: '123456789012', region: 'us-east-1', name: 'db' },
})
const MANAGED = useOf('coffer-managed-rotation')
const event = {
  Step: 'createSecret',
  SecretId: MANAGED.secretArn,
  ClientRequestToken: 'c',
  RotationToken: 't',
} as const

let trouble: Error | undefined
const service = withManagedFunction({
  others: { check: async () => 'missing', invoke: async () => ({ kind: 'not-invoked', reason: 'missing' }) },
  managed: () => async () => {
    if (trouble !== undefined) throw trouble
  },
  newRequestId: () => 'id',
})
beforeEach(() => (trouble = undefined))

describe('the function of managed rotation, embedded', () => {
  it('is there beside the others, for the secrets of its own account', async () => {
    expect(await service.check(MANAGED)).toBe('allowed')
    for (const use of [useOf('own'), useOf('coffer-managed-rotation', '210987654321')]) {
      expect(await service.check(use)).toBe('missing')
      expect(await service.invoke(use, event)).toEqual({ kind: 'not-invoked', reason: 'missing' })
    }
  })

  it('returns, or tells by name and message what it threw', async () => {
    expect(await service.invoke(MANAGED, event)).toEqual({ kind: 'returned', requestId: 'id' })
    trouble = new RotationError('BadSecretValue', 'why')
    const failed = { kind: 'failed', requestId: 'id', errorType: 'BadSecretValue', message: 'why' }
    expect(await service.invoke(MANAGED, event)).toEqual(failed)
  })

  it('knows its own settings, and those of no other', () => {
    const bad = [{ key: 'stratgy', value: 'generic' }]
    expect(service.settingsProblem?.(MANAGED, bad)).toContain(
      '"stratgy" is not known; the settings are strategy, field',
    )
    expect(service.settingsProblem?.(MANAGED, [{ key: 'strategy', value: 'generic' }])).toBeUndefined()
    expect(service.settingsProblem?.(MANAGED, [])).toBeUndefined()
    expect(service.settingsProblem?.(useOf('own'), bad)).toBeUndefined()
  })
})
