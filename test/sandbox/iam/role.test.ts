import { invokePermissions, rolesOf, trusts } from '../../../sandbox/iam/role.ts'
import { mayAct } from '../../../sandbox/iam/service-access.ts'
import { resolverOf, type FixtureTemplate } from '../support/fixture-stack.ts'

const Version = '2012-10-17'
const trust = {
  Version,
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
}
const allow = (Action: string, Sid?: string) => ({
  Version,
  Statement: [{ ...(Sid !== undefined && { Sid }), Effect: 'Allow', Action, Resource: '*' }],
})
const role = (more: object) => ({
  Type: 'AWS::IAM::Role',
  Properties: { RoleName: 'r', AssumeRolePolicyDocument: trust, ...more },
})
const roleIn = (Resources: NonNullable<FixtureTemplate['Resources']>) =>
  [...rolesOf(resolverOf({ Resources })).values()][0]!

it('a role has its inline policies, those attached to it and no other', () => {
  const { policies, arn, logicalId, stack } = roleIn({
    Role: role({ Policies: [{ PolicyName: 'own', PolicyDocument: allow('a:A') }] }),
    Attached: {
      Type: 'AWS::IAM::Policy',
      Properties: { PolicyName: 'p', Roles: [{ Ref: 'Role' }], PolicyDocument: allow('b:B', 'Named') },
    },
    Others: {
      Type: 'AWS::IAM::Policy',
      Properties: { PolicyName: 'q', Roles: ['other'], PolicyDocument: allow('c:C') },
    },
  })
  expect({ arn, logicalId, stack }).toEqual({
    arn: 'arn:aws:iam::111122223333:role/r',
    logicalId: 'Role',
    stack: 'Stack',
  })
  const grants = policies.flatMap((policy) => policy.grants)
  expect(grants.map(({ statement, action }) => [statement, action])).toEqual([
    ['own, statement 1', 'a:A'],
    ['p, statement 1 (Named)', 'b:B'],
  ])
})

it('a managed policy that is not known and a permissions boundary are refused', () => {
  const managed = roleIn({ Role: role({ ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] }) })
  expect(() => managed.policies).toThrow('AdministratorAccess')
  expect(() => roleIn({ Role: role({ PermissionsBoundary: 'arn:aws:iam::1:policy/b' }) })).toThrow('boundaries')
})

it('says which services may take a role on', () => {
  const { trust: _, ...rest } = roleIn({ Role: role({}) })
  expect(rest.name).toBe('r')
  const lambdas = roleIn({ Role: role({}) })
  expect([trusts(lambdas, 'lambda.amazonaws.com'), trusts(lambdas, 'events.amazonaws.com')]).toEqual([true, false])
})

it('a permission lets one service invoke a function, on behalf of its source alone', () => {
  const permissions = invokePermissions(
    resolverOf({
      Resources: {
        Permission: {
          Type: 'AWS::Lambda::Permission',
          Properties: {
            FunctionName: 'f',
            Action: 'lambda:InvokeFunction',
            Principal: 'events.amazonaws.com',
            SourceArn: 'arn:aws:events:eu-central-1:111122223333:rule/a*',
          },
        },
      },
    }),
  )
  const may = (service: string, source?: string, action = 'lambda:InvokeFunction') =>
    mayAct(permissions.get('f')!, {
      service,
      action,
      resource: 'arn:aws:lambda:eu-central-1:111122223333:function:f',
      account: '111122223333',
      context: source === undefined ? {} : { 'aws:SourceArn': source },
    })
  const [mine, other] = ['ab', 'b'].map((name) => `arn:aws:events:eu-central-1:111122223333:rule/${name}`)
  expect(may('events.amazonaws.com', mine)).toBe(true)
  expect(may('events.amazonaws.com', other)).toBe(false)
  expect(may('events.amazonaws.com')).toBe(false)
  expect(may('sns.amazonaws.com', mine)).toBe(false)
  expect(may('events.amazonaws.com', mine, 'lambda:GetFunction')).toBe(false)
})
