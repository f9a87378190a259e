import {
  checkDeployment,
  serviceKeyPolicy,
  type PolicyStatement,
} from '../../../../lambda/adapters/aws/kms/service-key-policy.ts'
import { checkName } from '../../../../lambda/core/domain/names.ts'
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

describe('a dedicated key', () => {
  const pattern = useOf(dedicated).Condition!.StringLike!['kms:EncryptionContext:SecretARN']!
  const literally = (text: string): string => text.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
  const takes = (arn: string): boolean => new RegExp(`^${literally(pattern).replaceAll('*', '.*')}$`).test(arn)

  it('is bound to its secret and the copies of it: account, name and suffix word for word, in any Region', () => {
    expect(pattern).toBe(`arn:aws:secretsmanager:*:${place.account}:secret:app/db-AbCdEf`)
    for (const arn of [secretArn, secretArn.replace(place.region, 'eu-west-1')]) expect(takes(arn)).toBe(true)
    for (const arn of [
      secretArn.replace(place.account, '999988887777'),
      secretArn.replace('AbCdEf', 'AbCdEg'),
      secretArn.replace('app/db', 'app/dc'),
      `${secretArn}x`,
      secretArn.replace(':secret:', ':secret:x'),
    ])
      expect(takes(arn)).toBe(false)
  })

  it('is bound by nothing else that would let a Region in', () => {
    expect(useOf(dedicated).Condition).not.toHaveProperty('StringEquals')
  })

  it.each(['*', '?', '${aws:userid}', 'a:b'])('serves no secret whose name would widen the pattern: %s', (piece) => {
    expect(() => checkName(`app${piece}`)).toThrow()
  })
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
