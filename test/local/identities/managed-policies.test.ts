import { compiledPolicy } from '../../../lambda/auth/policy/compiled-policy.ts'
import { awsManagedPolicies, awsManagedPolicy, isAwsManaged } from '../../../local/identities/managed-policies.ts'

describe('a managed policy of AWS', () => {
  it.each([...awsManagedPolicies()].map((policy) => [policy.arn, policy] as const))('%s can be read', (arn, policy) => {
    expect(arn).toBe(`arn:aws:iam::aws:policy${policy.path}${policy.name}`)
    expect(compiledPolicy(policy.document, 'identity').unknowns).toEqual([])
    expect(awsManagedPolicy(arn)).toBe(policy)
    expect(isAwsManaged(arn)).toBe(true)
  })

  it('that is not known here is none', () => {
    for (const arn of [
      'arn:aws:iam::aws:policy/Unknown',
      'arn:aws:iam::123456789012:policy/AdministratorAccess',
      '__proto__',
      '',
    ])
      expect(awsManagedPolicy(arn)).toBeUndefined()
    expect(isAwsManaged('arn:aws:iam::123456789012:policy/AdministratorAccess')).toBe(false)
  })
})
