import { DeploymentValues } from '../../../sandbox/template/resolver.ts'
import { resolverOf } from '../support/fixture-stack.ts'

const Resources = {
  Table: { Type: 'AWS::DynamoDB::GlobalTable', Properties: { TableName: 'secrets' } },
  Role: { Type: 'AWS::IAM::Role', Properties: { RoleName: 'reader', Path: '/coffer/one/' } },
  Function: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: { 'Fn::Join': ['-', ['coffer', 'read']] } } },
  Alias: { Type: 'AWS::Lambda::Alias', Properties: { FunctionName: { Ref: 'Function' }, Name: 'live' } },
  Queue: { Type: 'AWS::SQS::Queue', Properties: {} },
  Stream: { Type: 'Custom::StreamArn', Properties: {} },
  Strange: { Type: 'AWS::Strange::Thing', Properties: {} },
}
const resolver = resolverOf({
  Resources,
  Parameters: {
    Size: { Type: 'Number', Default: 7 },
    Secret: { Type: 'String' },
    Ssm: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/x' },
  },
  Conditions: {
    Yes: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-central-1'] },
    No: { 'Fn::Not': [{ Condition: 'Yes' }] },
  },
  Mappings: { Map: { a: { b: 'c' } } },
})
const resolve = (value: unknown): unknown => resolver.resolve(value, 'here')

describe('intrinsic functions', () => {
  it.each<[string, unknown, unknown]>([
    ['a plain value is itself', { a: [1, 'x', true, null] }, { a: [1, 'x', true, null] }],
    ['Ref of a named resource', { Ref: 'Table' }, 'secrets'],
    ['Ref of a parameter', { Ref: 'Size' }, 7],
    [
      'Ref of pseudo parameters',
      [{ Ref: 'AWS::AccountId' }, { Ref: 'AWS::Partition' }, { Ref: 'AWS::URLSuffix' }],
      ['111122223333', 'aws', 'amazonaws.com'],
    ],
    [
      'GetAtt of a table',
      { 'Fn::GetAtt': ['Table', 'Arn'] },
      'arn:aws:dynamodb:eu-central-1:111122223333:table/secrets',
    ],
    [
      'GetAtt of a role with its path',
      { 'Fn::GetAtt': 'Role.Arn' },
      'arn:aws:iam::111122223333:role/coffer/one/reader',
    ],
    [
      'a name that is itself a function',
      { 'Fn::GetAtt': ['Function', 'Arn'] },
      'arn:aws:lambda:eu-central-1:111122223333:function:coffer-read',
    ],
    [
      'Ref of an alias of a function that is named',
      { Ref: 'Alias' },
      'arn:aws:lambda:eu-central-1:111122223333:function:coffer-read:live',
    ],
    ['Join with what it joins resolved', { 'Fn::Join': ['/', ['x', { Ref: 'Table' }]] }, 'x/secrets'],
    [
      'Sub with resources, attributes and own variables',
      { 'Fn::Sub': ['${Table}-${Role.Arn}-${mine}-${!kept}', { mine: { Ref: 'Size' } }] },
      'secrets-arn:aws:iam::111122223333:role/coffer/one/reader-7-${kept}',
    ],
    ['Select of Split', { 'Fn::Select': [1, { 'Fn::Split': ['-', 'a-b-c'] }] }, 'b'],
    ['If', { 'Fn::If': ['Yes', { Ref: 'Table' }, 'no'] }, 'secrets'],
    ['If that leaves a member out', { a: { 'Fn::If': ['No', 1, { Ref: 'AWS::NoValue' }] }, b: 2 }, { b: 2 }],
    ['If that leaves an entry out', ['x', { 'Fn::If': ['No', 1, { Ref: 'AWS::NoValue' }] }], ['x']],
    ['FindInMap', { 'Fn::FindInMap': ['Map', 'a', 'b'] }, 'c'],
    [
      'an element of a policy that is called Condition',
      { Condition: { Bool: { a: 'b' } } },
      { Condition: { Bool: { a: 'b' } } },
    ],
  ])('%s', (_, value, expected) => {
    expect(resolve(value)).toEqual(expected)
  })

  it.each<[string, unknown, string]>([
    ['a function', { 'Fn::Base64': 'x' }, 'does not know the function Fn::Base64'],
    ['a resource', { Ref: 'Nobody' }, 'no resource or parameter Nobody'],
    ['what Ref gives for a type', { Ref: 'Strange' }, 'AWS::Strange::Thing'],
    ['an attribute', { 'Fn::GetAtt': ['Table', 'Colour'] }, 'Table.Colour'],
    ['a parameter without a value', { Ref: 'Secret' }, 'no value'],
    ['a parameter that is read from an account', { Ref: 'Ssm' }, 'no value'],
    ['an export', { 'Fn::ImportValue': 'nobodys' }, 'exports nobodys'],
    ['a condition', { 'Fn::If': ['Maybe', 1, 2] }, 'no condition Maybe'],
    ['a place in a list', { 'Fn::Select': [3, ['a']] }, 'finds nothing'],
    [
      'the answer of a custom resource that has not been made',
      { 'Fn::GetAtt': ['Stream', 'StreamArn'] },
      'before its custom resource has answered',
    ],
    ['a text that is none', { 'Fn::Join': ['', [{ a: 'b' }]] }, 'expected a text'],
  ])('says loudly that it does not know %s', (_, value, message) => {
    expect(() => resolve(value)).toThrow(message)
  })

  it('names that nobody gave are the same at every start, and differ by stack and resource', () => {
    const [one, other] = [
      resolverOf({ Resources }),
      resolverOf({ Resources }, new DeploymentValues(), { name: 'Other' }),
    ]
    expect(one.ref('Queue')).toBe(resolver.ref('Queue'))
    expect(one.ref('Queue')).not.toBe(other.ref('Queue'))
  })

  it('a custom resource gives its data, and members that it did not answer are missed loudly', () => {
    const values = new DeploymentValues()
    const mine = resolverOf({ Resources }, values)
    values.answered(mine.stack, 'Stream', { physicalId: 'id', data: { StreamArn: 'arn' } })
    expect([mine.ref('Stream'), mine.attribute('Stream', 'StreamArn')]).toEqual(['id', 'arn'])
    expect(() => mine.attribute('Stream', 'Other')).toThrow('did not answer with this member')
  })

  it('exports are seen by the stacks of their Region alone', () => {
    const values = new DeploymentValues()
    resolverOf(
      { Resources, Outputs: { Out: { Value: { Ref: 'Table' }, Export: { Name: 'the-table' } } } },
      values,
    ).publishExports()
    const importing = { 'Fn::ImportValue': 'the-table' }
    expect(resolverOf({}, values).resolve(importing, 'here')).toBe('secrets')
    expect(() => resolverOf({}, values, { region: 'us-west-2' }).resolve(importing, 'here')).toThrow('the-table')
  })

  it('a resource whose condition does not hold is not there', () => {
    const Type = 'AWS::SQS::Queue'
    const conditional = resolverOf({
      Resources: { A: { Type, Condition: 'Off' }, B: { Type } },
      Conditions: { Off: { 'Fn::Equals': ['a', 'b'] } },
    })
    expect(conditional.resources(Type).map(({ logicalId }) => logicalId)).toEqual(['B'])
  })
})
