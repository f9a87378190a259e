/** What each function may do, written out by hand: whoever widens a need or a grant must widen this table too. */
/* eslint-disable @typescript-eslint/no-unsafe-member-access -- a template's properties are any: what is not there fails the assertion */
import { RegionInfo } from 'aws-cdk-lib/region-info'
import { allEntries, operationEntries } from '../../lib/names.ts'
import type { CofferConfigInput } from '../../lib/config.ts'
import { operations } from '../../lambda/core/operations/index.ts'
import { entryOf } from '../../lambda/handlers/edge/function-name.ts'
import {
  ACCOUNT,
  baseConfig,
  fullConfig,
  resourcesOf,
  roleOf,
  serviceTemplate,
  statementsOf,
  type Statement,
} from './support/synthesised.ts'

const table = `arn:aws:dynamodb:eu-west-1:${ACCOUNT}:table/coffer`
const index = (name: string): string => `${table}/index/${name}`
const keys = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/*`
const lists = ['by-created', 'by-changed', 'by-name', 'by-accessed'].map(index)

const serviceLinkedRole = `arn:aws:iam::${ACCOUNT}:role/aws-service-role/mrk.kms.amazonaws.com/AWSServiceRoleForKeyManagementServiceMultiRegionKeys`

/** What each function needs that answers callers: to know them. */
const knowing = {
  'dynamodb:BatchGetItem': table,
  'lambda:InvokeFunction': `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:coffer-identity`,
}
/** To find out whether a caller may use a customer's key. */
const aboutKeys = { 'kms:DescribeKey': keys, 'kms:GetKeyPolicy': keys, 'kms:ListResourceTags': keys }

const eventTopic = `arn:aws:sns:eu-west-1:${ACCOUNT}:coffer-events`
const functions = `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:*`
const managed = `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:coffer-managed-rotation`
const stateMachine = `arn:aws:states:eu-west-1:${ACCOUNT}:stateMachine:coffer-rotation`
const writing = {
  'dynamodb:Query': table,
  'dynamodb:PutItem': table,
  'dynamodb:GetItem': table,
  'dynamodb:DeleteItem': table,
}

/** `action` on `resource`, or on several. Those of operations stand beside {@link knowing}. */
const may: Record<string, Record<string, string | string[]>> = {
  'get-secret-value': {
    'dynamodb:Query': table,
    'dynamodb:UpdateItem': table,
    'dynamodb:GetItem': table,
    'kms:Decrypt': keys,
    ...aboutKeys,
  },
  'batch-get-secret-value': {
    'dynamodb:Query': [table, ...lists],
    'dynamodb:BatchGetItem': table,
    'dynamodb:UpdateItem': table,
    'dynamodb:GetItem': table,
    'kms:Decrypt': keys,
    ...aboutKeys,
  },
  // Batches: what other Regions tell of their copies.
  'describe-secret': { 'dynamodb:Query': table, 'dynamodb:BatchGetItem': table },
  'replicate-secret-to-regions': {
    'dynamodb:Query': table,
    'dynamodb:PutItem': table,
    'dynamodb:BatchGetItem': table,
    ...aboutKeys,
  },
  'remove-regions-from-replication': {
    'dynamodb:Query': table,
    'dynamodb:PutItem': table,
    'dynamodb:BatchGetItem': table,
  },
  'stop-replication-to-replica': { 'dynamodb:Query': table, 'dynamodb:PutItem': table },
  'list-secrets': { 'dynamodb:Query': lists, 'dynamodb:BatchGetItem': table },
  'get-random-password': {},
  'get-resource-policy': { 'dynamodb:Query': table },
  'put-resource-policy': { 'dynamodb:Query': table, 'dynamodb:PutItem': table },
  'delete-resource-policy': { 'dynamodb:Query': table, 'dynamodb:PutItem': table },
  'validate-resource-policy': { 'dynamodb:Query': table },
  // What a rotation that it stops leaves: an empty version, and the record.
  'delete-secret': writing,
  'cancel-rotate-secret': writing,
  'rotate-secret': { ...writing, 'lambda:GetPolicy': functions },
  'restore-secret': { 'dynamodb:Query': table, 'dynamodb:PutItem': table },
  'tag-resource': { 'dynamodb:Query': table, 'dynamodb:PutItem': table },
  'untag-resource': { 'dynamodb:Query': table, 'dynamodb:PutItem': table },
  'list-secret-version-ids': { 'dynamodb:Query': table },
  'update-secret-version-stage': {
    'dynamodb:Query': table,
    'dynamodb:PutItem': table,
    'dynamodb:GetItem': table,
    'dynamodb:DeleteItem': table,
  },
  'update-secret': {
    'dynamodb:Query': table,
    'dynamodb:PutItem': table,
    'dynamodb:GetItem': table,
    'dynamodb:DeleteItem': table,
    'kms:Decrypt': keys,
    'kms:Encrypt': keys,
    'kms:GenerateDataKey': keys,
    ...aboutKeys,
    'kms:CreateKey': '*',
    'kms:TagResource': keys,
    'kms:ScheduleKeyDeletion': keys,
    'iam:CreateServiceLinkedRole': serviceLinkedRole,
    'sns:Publish': eventTopic,
  },
  'put-secret-value': {
    'dynamodb:Query': table,
    'dynamodb:PutItem': table,
    'dynamodb:GetItem': table,
    'dynamodb:DeleteItem': table,
    'kms:Decrypt': keys,
    'kms:GenerateDataKey': keys,
    ...aboutKeys,
    'sns:Publish': eventTopic,
  },
  'create-secret': {
    'dynamodb:Query': table,
    'dynamodb:PutItem': table,
    'dynamodb:GetItem': table,
    'dynamodb:DeleteItem': table,
    'kms:Decrypt': keys,
    'kms:GenerateDataKey': keys,
    ...aboutKeys,
    'kms:CreateKey': '*',
    'kms:TagResource': keys,
    'kms:ScheduleKeyDeletion': keys,
    'iam:CreateServiceLinkedRole': serviceLinkedRole,
  },
  sweeper: {
    'dynamodb:Query': [table, index('by-due')],
    'dynamodb:GetItem': table,
    'dynamodb:BatchGetItem': table,
    'dynamodb:Scan': table,
    'dynamodb:PutItem': table,
    'dynamodb:DeleteItem': table,
    'dynamodb:BatchWriteItem': table,
    'kms:ListResourceTags': keys,
    'kms:DescribeKey': keys,
    'kms:CancelKeyDeletion': keys,
    'kms:EnableKey': keys,
    'kms:ScheduleKeyDeletion': keys,
    'tag:GetResources': '*',
    'states:StartExecution': stateMachine,
    // The dead-letter queue, by reference.
    'sqs:SendMessage': expect.objectContaining({ 'Fn::GetAtt': expect.anything() }) as string,
  },
  identity: {
    'iam:GetAccountAuthorizationDetails': '*',
    'dynamodb:Query': table,
    'dynamodb:GetItem': table,
    'dynamodb:PutItem': table,
    'dynamodb:DeleteItem': table,
  },
  // Reads identities besides, to list them; the items are in the same table.
  explain: { 'dynamodb:Query': table, ...aboutKeys, ...knowing },
  'rotation-admin': { ...writing, 'sns:Publish': eventTopic, ...knowing },
  'replication-admin': {
    'dynamodb:Query': table,
    'dynamodb:PutItem': table,
    // It tries a customer's key beforehand.
    'kms:Decrypt': keys,
    'kms:GenerateDataKey': keys,
    ...aboutKeys,
    ...knowing,
  },
  'rotation-worker': {
    ...writing,
    'kms:Decrypt': keys,
    'kms:GenerateDataKey': keys,
    ...aboutKeys,
    'sns:Publish': eventTopic,
    'lambda:InvokeFunction': [functions, managed],
  },
  // The operations that it calls, as the account's root: it knows no callers.
  'managed-rotation': {
    ...writing,
    // It describes secrets, and so their replicas.
    'dynamodb:BatchGetItem': table,
    'dynamodb:UpdateItem': table,
    'kms:Decrypt': keys,
    'kms:GenerateDataKey': keys,
    ...aboutKeys,
  },
  'stream-arn': { 'dynamodb:DescribeTable': table },
  router: {
    'lambda:InvokeFunction': Object.keys(operations)
      .map(entryOf)
      .map((entry) => `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:coffer-${entry}`),
  },
}

const isOwnLog = ({ Action }: Statement): boolean => Action.every((action) => action.startsWith('logs:'))

/** action -> resources, sorted, without the function's own log. */
function granted(entry: string, config = baseConfig, region?: string): Record<string, unknown[]> {
  const found: Record<string, Set<unknown>> = {}
  for (const statement of statementsOf(serviceTemplate(config, region), entry, config.prefix))
    if (!isOwnLog(statement) && statement.Effect === 'Allow')
      for (const action of statement.Action)
        for (const resource of statement.Resource) (found[action] ??= new Set()).add(resource)
  return Object.fromEntries(Object.entries(found).map(([action, resources]) => [action, [...resources].toSorted()]))
}

const expected = (entry: string): Record<string, unknown[]> =>
  Object.fromEntries(
    Object.entries({ ...may[entry]!, ...(operationEntries.some((each) => each.entry === entry) && knowing) }).map(
      ([action, on]) => [action, (Array.isArray(on) ? [...on] : [on]).toSorted()],
    ),
  )

test.each(Object.keys(may))('%s may do what its row needs and nothing else', (entry) => {
  expect(granted(entry)).toEqual(expected(entry))
})

test('the table above has every function', () => {
  expect([...Object.keys(may), 'change-feed', 'replicator'].toSorted()).toEqual(allEntries.toSorted())
})

test('the change feed reads the one stream, may purge, and schedules and starts rotations', () => {
  const actions = Object.keys(granted('change-feed')).toSorted()
  expect(actions).toEqual([
    'dynamodb:BatchWriteItem',
    'dynamodb:DeleteItem',
    'dynamodb:DescribeStream',
    'dynamodb:GetItem',
    'dynamodb:GetRecords',
    'dynamodb:GetShardIterator',
    'dynamodb:ListStreams',
    'dynamodb:PutItem',
    'dynamodb:Query',
    'iam:PassRole',
    'kms:CancelKeyDeletion',
    'kms:DescribeKey',
    'kms:EnableKey',
    'kms:ListResourceTags',
    'kms:ScheduleKeyDeletion',
    'scheduler:CreateSchedule',
    'scheduler:DeleteSchedule',
    'scheduler:UpdateSchedule',
    'sqs:SendMessage',
    'states:StartExecution',
  ])
  expect(granted('change-feed')['scheduler:CreateSchedule']).toEqual([
    `arn:aws:scheduler:eu-west-1:${ACCOUNT}:schedule/coffer/*`,
  ])
  expect(granted('change-feed')['states:StartExecution']).toEqual([stateMachine])
  expect(granted('change-feed')['dynamodb:GetRecords']).toEqual([{ 'Fn::GetAtt': [expect.any(String), 'StreamArn'] }])
})

test.each(allEntries)('%s has one inline policy, no managed one, and writes to its own log only', (entry) => {
  const { Properties } = roleOf(serviceTemplate(), entry)
  expect(Properties.ManagedPolicyArns).toBeUndefined()
  expect(Properties.Policies).toHaveLength(1)
  expect(Properties.AssumeRolePolicyDocument.Statement).toEqual([
    { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } },
  ])
  expect(statementsOf(serviceTemplate(), entry).filter(isOwnLog)).toEqual([
    {
      Effect: 'Allow',
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: [`arn:aws:logs:eu-west-1:${ACCOUNT}:log-group:/aws/lambda/coffer-${entry}:*`],
    },
  ])
})

test('no role has a policy beside its own inline one', () => {
  for (const type of ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy', 'AWS::IAM::RolePolicy'])
    expect(resourcesOf(serviceTemplate(), type)).toEqual([])
})

const all = allEntries.flatMap((entry) =>
  statementsOf(serviceTemplate(), entry).map((statement) => [entry, statement] as const),
)

test('no action is a wildcard', () => {
  expect(all.flatMap(([, { Action }]) => Action).filter((action) => action.includes('*'))).toEqual([])
})

test('only four actions, which know no resources, are granted on everything', () => {
  const onAll = all.filter(([, { Resource }]) => Resource.includes('*')).flatMap(([, { Action }]) => Action)
  expect([...new Set(onAll)].toSorted()).toEqual([
    'dynamodb:ListStreams',
    'iam:GetAccountAuthorizationDetails',
    'kms:CreateKey',
    'tag:GetResources',
  ])
})

test('the identity function alone may read IAM, and nobody may change it', () => {
  const ofIam = all.filter(([, { Action }]) => Action.some((action) => action.startsWith('iam:')))
  expect(ofIam.filter(([, { Action }]) => !Action.includes('iam:CreateServiceLinkedRole'))).toEqual([
    // The role that schedules take on, and to Scheduler alone.
    [
      'change-feed',
      expect.objectContaining({
        Action: ['iam:PassRole'],
        Resource: [`arn:aws:iam::${ACCOUNT}:role/coffer/coffer/coffer-rotation-schedule-eu-west-1`],
        Condition: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
      }),
    ],
    ['identity', expect.objectContaining({ Action: ['iam:GetAccountAuthorizationDetails'] })],
  ])
})

describe('functions that rotate', () => {
  const denied = (config = baseConfig): unknown[] =>
    statementsOf(serviceTemplate(config), 'rotation-worker', config.prefix)
      .filter(({ Effect, Action }) => Effect === 'Deny' && Action.includes('lambda:InvokeFunction'))
      .flatMap(({ Resource }) => Resource)

  test('the worker may invoke none of the deployment, under no version or alias, but that of managed rotation', () => {
    const own = allEntries
      .filter((entry) => entry !== 'managed-rotation')
      .map((entry) => `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:coffer-${entry}`)
    expect(denied().toSorted()).toEqual([...own, ...own.map((arn) => `${arn}:*`)].toSorted())
    expect(denied(fullConfig)).toContain(`arn:aws:lambda:eu-west-1:${ACCOUNT}:function:coffer-prod-get-secret-value:*`)
  })

  test('the config limits them, for whoever looks at one and for whoever invokes it', () => {
    const here = `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:`
    const other = 'arn:aws:lambda:eu-west-1:210987654321:function:rotate'
    const named = [`${here}rotate-*`, other, `${other}:*`]
    expect(granted('rotate-secret', fullConfig)['lambda:GetPolicy']).toEqual(named.toSorted())
    expect(granted('rotation-worker', fullConfig)['lambda:InvokeFunction']).toEqual(
      [...named, `${here}coffer-prod-managed-rotation`].toSorted(),
    )
  })

  test("a role's policy has room for the longest prefix and list", () => {
    const config: CofferConfigInput = {
      ...baseConfig,
      prefix: 'abcdefghijklmnop',
      regions: ['us-gov-west-1'],
      rotationFunctions: Array.from(
        { length: 10 },
        (_, index) => `arn:aws-us-gov:lambda:us-gov-west-1:210987654321:function:${'f'.repeat(63)}${index}`,
      ),
    }
    const text = JSON.stringify(
      roleOf(serviceTemplate(config, 'us-gov-west-1'), 'rotation-worker', config.prefix).Properties.Policies,
    )
    // IAM quotas: of all inline policies of a role, without white space.
    expect(text.length).toBeLessThan(10_240)
  })
})

describe('the roles of services', () => {
  const roleNamed = (name: string) =>
    resourcesOf(serviceTemplate(), 'AWS::IAM::Role').find(([, { Properties }]) => Properties.RoleName === name)![1]
      .Properties
  const statements = (name: string): Statement[] =>
    (roleNamed(name).Policies as { PolicyDocument: { Statement: Statement[] } }[]).flatMap(
      ({ PolicyDocument }) => PolicyDocument.Statement,
    )

  test('the state machine invokes the worker, and delivers its log', () => {
    const [invoke, log, ...more] = statements('coffer-rotation-machine-eu-west-1')
    expect(invoke).toEqual({
      Effect: 'Allow',
      Action: 'lambda:InvokeFunction',
      Resource: `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:coffer-rotation-worker`,
    })
    expect(log).toMatchObject({ Effect: 'Allow', Resource: '*' })
    expect(log!.Action.every((action) => action.startsWith('logs:'))).toBe(true)
    expect(more).toEqual([])
  })

  test('a schedule starts executions of the state machine, and tells the dead letters', () => {
    expect(statements('coffer-rotation-schedule-eu-west-1')).toEqual([
      { Effect: 'Allow', Action: 'states:StartExecution', Resource: stateMachine },
      {
        Effect: 'Allow',
        Action: 'sqs:SendMessage',
        Resource: `arn:aws:sqs:eu-west-1:${ACCOUNT}:coffer-dead-letters`,
      },
    ])
  })

  test.each([
    ['coffer-rotation-machine-eu-west-1', 'states.amazonaws.com', stateMachine],
    ['coffer-rotation-schedule-eu-west-1', 'scheduler.amazonaws.com', { 'Fn::GetAtt': [expect.any(String), 'Arn'] }],
  ])('%s is taken on by %s, for this account and this one thing', (name, service, source) => {
    expect(roleNamed(name)).toMatchObject({ Path: '/coffer/coffer/' })
    expect(roleNamed(name).AssumeRolePolicyDocument.Statement).toEqual([
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: service },
        Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT }, ArnLike: { 'aws:SourceArn': source } },
      },
    ])
  })

  test('a function in a VPC may have network interfaces made, and its own code may not', () => {
    const ofNetwork = statementsOf(serviceTemplate(fullConfig), 'managed-rotation', 'coffer-prod').filter(
      ({ Action }) => Action.some((action) => action.startsWith('ec2:')),
    )
    expect(ofNetwork.map(({ Effect }) => Effect)).toEqual(['Allow', 'Deny'])
    expect(ofNetwork[1]!.Action).toEqual(ofNetwork[0]!.Action)
    expect(ofNetwork[1]!.Condition).toEqual({
      ArnEquals: {
        'lambda:SourceFunctionArn': `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:coffer-prod-managed-rotation`,
      },
    })
    expect(Object.keys(granted('managed-rotation')).filter((action) => action.startsWith('ec2:'))).toEqual([])
  })
})

test("the identity function touches the deployment's own partition of the table, and no secret's", () => {
  const onTable = statementsOf(serviceTemplate(), 'identity').filter(({ Resource }) => Resource.includes(table))
  expect(onTable.length).toBeGreaterThan(0)
  for (const { Condition } of onTable)
    expect(Condition).toEqual({ 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [`${ACCOUNT}#coffer`] } })
})

test.each(operationEntries.map(({ entry }) => entry))('%s reads the snapshot of identities there', (entry) => {
  expect(statementsOf(serviceTemplate(), entry)).toContainEqual(
    expect.objectContaining({
      Action: ['dynamodb:BatchGetItem'],
      Resource: [table],
      Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [`${ACCOUNT}#coffer`] } },
    }),
  )
})

test('keys are used for secrets of this account and Region only', () => {
  const uses = all.filter(
    ([entry, { Action }]) =>
      Action.some((action) => ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey'].includes(action)) &&
      !(entry === 'replicator' && Action.includes('kms:Decrypt')),
  )
  expect(uses).toHaveLength(9)
  for (const [, { Condition }] of uses)
    expect(Condition).toEqual({
      StringLike: { 'kms:EncryptionContext:SecretARN': `arn:aws:secretsmanager:eu-west-1:${ACCOUNT}:secret:*` },
    })
})

describe('the replicator', () => {
  const inRegions = ['us-east-1', 'eu-west-1', 'ap-northeast-1']
  const config = { ...baseConfig, regions: inRegions }
  const statements = () => statementsOf(serviceTemplate(config, 'eu-west-1'), 'replicator')
  const using = (action: string): Statement[] => statements().filter(({ Action }) => Action.includes(action))
  const keysIn = (...regions: string[]): string[] => regions.map((region) => `arn:aws:kms:${region}:${ACCOUNT}:key/*`)
  const secretsIn = (...regions: string[]): string[] =>
    regions.map((region) => `arn:aws:secretsmanager:${region}:${ACCOUNT}:secret:*`)

  test('reads the one stream, the table and what is due, makes and retires keys, and tells of it', () => {
    expect(Object.keys(granted('replicator', config, 'eu-west-1')).toSorted()).toEqual([
      'dynamodb:BatchGetItem',
      'dynamodb:BatchWriteItem',
      'dynamodb:DeleteItem',
      'dynamodb:DescribeStream',
      'dynamodb:GetItem',
      'dynamodb:GetRecords',
      'dynamodb:GetShardIterator',
      'dynamodb:ListStreams',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'iam:CreateServiceLinkedRole',
      'kms:CancelKeyDeletion',
      'kms:CreateKey',
      'kms:Decrypt',
      'kms:DescribeKey',
      'kms:EnableKey',
      'kms:GenerateDataKey',
      'kms:GetKeyPolicy',
      'kms:ListResourceTags',
      'kms:ReplicateKey',
      'kms:ScheduleKeyDeletion',
      'kms:TagResource',
      'sns:Publish',
      'sqs:SendMessage',
    ])
    expect(granted('replicator', config, 'eu-west-1')['dynamodb:Query']).toEqual([table, index('by-due')].toSorted())
  })

  test('opens secrets of every Region that the deployment is in, and seals for its own alone', () => {
    const regions = inRegions.toSorted()
    expect(using('kms:Decrypt')).toEqual([
      {
        Effect: 'Allow',
        Action: ['kms:Decrypt'],
        Resource: keysIn(...regions),
        Condition: { StringLike: { 'kms:EncryptionContext:SecretARN': secretsIn(...inRegions) } },
      },
    ])
    expect(using('kms:GenerateDataKey')).toEqual([
      {
        Effect: 'Allow',
        Action: ['kms:GenerateDataKey'],
        Resource: keysIn('eu-west-1'),
        Condition: { StringLike: { 'kms:EncryptionContext:SecretARN': secretsIn('eu-west-1')[0] } },
      },
    ])
  })

  test("replicates the deployment's own keys of other Regions, into its own alone", () => {
    expect(using('kms:ReplicateKey')).toEqual([
      {
        Effect: 'Allow',
        Action: ['kms:ReplicateKey'],
        Resource: keysIn('ap-northeast-1', 'us-east-1'),
        Condition: {
          StringEquals: { 'aws:ResourceTag/coffer:deployment': 'coffer', 'kms:ReplicaRegion': 'eu-west-1' },
        },
      },
    ])
    // Nothing to replicate where there is one Region.
    expect(Object.keys(granted('replicator'))).not.toContain('kms:ReplicateKey')
  })

  test('retires and gives back keys of its own Region that carry the tag of the deployment', () => {
    expect(using('kms:EnableKey')).toEqual([
      {
        Effect: 'Allow',
        Action: ['kms:CancelKeyDeletion', 'kms:EnableKey', 'kms:ScheduleKeyDeletion'],
        Resource: keysIn('eu-west-1'),
        Condition: { StringEquals: { 'aws:ResourceTag/coffer:deployment': 'coffer' } },
      },
    ])
  })

  test('alone of all functions reaches another Region', () => {
    const reaching = allEntries.filter((entry) =>
      statementsOf(serviceTemplate(config, 'eu-west-1'), entry).some((statement) =>
        /us-east-1|ap-northeast-1|:secretsmanager:\*|:kms:\*/.test(JSON.stringify(statement)),
      ),
    )
    expect(reaching).toEqual(['replicator'])
  })

  test("its role's policy has room for every Region of a partition", () => {
    const regions = RegionInfo.regions.filter(({ partition }) => partition === 'aws').map(({ name }) => name)
    const wide: CofferConfigInput = { ...baseConfig, prefix: 'abcdefghijklmnop', regions }
    const [first] = regions
    const { Policies } = roleOf(serviceTemplate(wide, first), 'replicator', wide.prefix).Properties
    expect(JSON.stringify(Policies).length).toBeLessThan(10_240)
  })
})

test.each([
  ['kms:ScheduleKeyDeletion', 'aws:ResourceTag/coffer:deployment', 5],
  ['kms:TagResource', 'aws:RequestTag/coffer:deployment', 3],
])('%s is for keys with the tag of this deployment', (action, key, times) => {
  const statements = all.filter(([, { Action }]) => Action.includes(action))
  expect(statements).toHaveLength(times)
  for (const [, { Condition }] of statements) expect(Condition?.StringEquals).toEqual({ [key]: 'coffer' })
})

test('no key can be made with the tag of another deployment', () => {
  const conditions = all.filter(([, { Action }]) => Action.includes('kms:CreateKey'))
  const tag = { 'aws:RequestTag/coffer:deployment': 'coffer' }
  expect(conditions.map(([entry, { Condition }]) => [entry, Condition]).toSorted()).toEqual([
    ['create-secret', { StringEquals: tag }],
    // KMS does not say what it knows of the tags when a key is replicated; kms:TagResource, above, does.
    ['replicator', { StringEqualsIfExists: tag }],
    ['update-secret', { StringEquals: tag }],
  ])
})

test('no key of another deployment can be given the tag of this one', () => {
  for (const [, { Condition }] of all.filter(([, { Action }]) => Action.includes('kms:TagResource')))
    expect(Condition?.StringEqualsIfExists).toEqual({ 'aws:ResourceTag/coffer:deployment': 'coffer' })
})

test('with one shared key, whoever makes it may record it', () => {
  expect(granted('create-secret', fullConfig)['dynamodb:GetItem']).toEqual([
    `arn:aws:dynamodb:eu-west-1:${ACCOUNT}:table/coffer-prod`,
  ])
})

test("a customer's key of the table is used through DynamoDB only, and only by those who touch the table", () => {
  const ofTableKey = (entry: string) =>
    statementsOf(serviceTemplate(fullConfig), entry, 'coffer-prod').filter(({ Resource }) =>
      Resource.includes(fullConfig.tableKeys?.['eu-west-1']),
    )
  const through = { StringEquals: { 'kms:ViaService': 'dynamodb.eu-west-1.amazonaws.com' } }
  expect(ofTableKey('describe-secret')).toEqual([
    expect.objectContaining({ Action: ['kms:Decrypt', 'kms:DescribeKey'], Condition: through }),
  ])
  expect(ofTableKey('put-secret-value')).toEqual([
    expect.objectContaining({ Action: expect.arrayContaining(['kms:Encrypt']), Condition: through }),
  ])
  expect(ofTableKey('router')).toEqual([])
  // It reads the snapshot of identities.
  expect(ofTableKey('get-random-password')).toEqual(ofTableKey('describe-secret'))
})
