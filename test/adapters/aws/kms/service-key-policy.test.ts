import {
  checkDeployment,
  serviceKeyPolicy,
  type PolicyStatement,
} from '../../../../lambda/adapters/aws/kms/service-key-policy.ts'
import { place } from '../../../support/keyring-fixture.ts'
import { secretArn } from './kms-fixture.ts'

const dedicated = serviceKeyPolicy({ home: place, deployment: 'coffer', secretArn })
const shared = serviceKeyPolicy({ home: place, deployment: 'coffer' })
const uses = (action: string): boolean =>
  /^kms:(?:Decrypt|Encrypt|GenerateDataKey|ReEncrypt|Sign|Verify|GenerateMac|DeriveSharedSecret|CreateGrant|\*)/.test(
    action,
  )
const useOf = ({ Statement }: { readonly Statement: readonly PolicyStatement[] }): PolicyStatement => {
  const using = Statement.filter(({ Action }) => Action.some(uses))
  expect(using).toHaveLength(1)
  return using[0]!
}

describe.each([
  ['a dedicated key', dedicated],
  ['a shared key', shared],
])('the policy of %s', (_title, policy) => {
  it('names no principal but the account, so that no replaced role locks it out', () => {
    const principals = policy.Statement.map(({ Principal }) => Principal)
    expect(principals).toEqual(principals.map(() => ({ AWS: `arn:aws:iam::${place.account}:root` })))
  })

  it('lets the account look after the key, the policy included, whatever becomes of the deployment', () => {
    const free = policy.Statement.filter(({ Condition }) => Condition === undefined).flatMap(({ Action }) => Action)
    for (const action of ['PutKeyPolicy', 'ScheduleKeyDeletion', 'CancelKeyDeletion', 'EnableKey', 'ReplicateKey'])
      expect(free).toContain(`kms:${action}`)
    expect(free.filter(uses)).toEqual([])
  })

  it('has no wildcard action', () => {
    expect(policy.Statement.flatMap(({ Action }) => Action).filter((action) => action.includes('*'))).toEqual([])
  })

  it('lets the roles of the deployment read its tags and describe it: that tells it from a customer key', () => {
    const free = policy.Statement.filter(({ Condition }) => Condition === undefined).flatMap(({ Action }) => Action)
    expect(free).toEqual(expect.arrayContaining(['kms:ListResourceTags', 'kms:DescribeKey']))
  })

  it('is used by the roles of its deployment only, not by those of one whose name starts alike', () => {
    const { Action, Condition } = useOf(policy)
    expect([...Action].sort()).toEqual(['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey'])
    const pattern = Condition!.ArnLike!['aws:PrincipalArn']!
    expect(pattern).toBe(`arn:aws:iam::${place.account}:role/coffer/coffer/*`)
    expect(`arn:aws:iam::${place.account}:role/coffer/coffer-prod/coffer-prod-get-secret-value`).not.toMatch(
      new RegExp(`^${pattern.replaceAll('*', '.*')}$`),
    )
  })

  it('fits into what KMS takes', () => {
    expect(JSON.stringify(policy).length).toBeLessThan(32_768)
  })
})

it('binds a dedicated key to its secret, word for word', () => {
  expect(useOf(dedicated).Condition).toMatchObject({ StringEquals: { 'kms:EncryptionContext:SecretARN': secretArn } })
  expect(useOf(dedicated).Condition).not.toHaveProperty('StringLike')
})

it('binds a shared key to the secrets of the account, in any Region', () => {
  expect(useOf(shared).Condition).toMatchObject({
    StringLike: { 'kms:EncryptionContext:SecretARN': `arn:aws:secretsmanager:*:${place.account}:secret:*` },
  })
})

it('speaks of the partition that the Region is in', () => {
  const home = { ...place, region: 'cn-north-1' }
  const text = JSON.stringify(serviceKeyPolicy({ home, deployment: 'coffer' }))
  expect(text).toContain('arn:aws-cn:iam')
  expect(text).toContain('arn:aws-cn:secretsmanager')
  expect(text).not.toContain('arn:aws:')
})

it.each(['*', '', 'coffer/*', 'a*', 'a/b', '${aws:userid}'])('refuses %j as the name of a deployment', (name) => {
  expect(() => checkDeployment(name)).toThrow(TypeError)
})
