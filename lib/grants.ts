/**
 * What functions may do, as tables that read like sentences: each need of an operation's row (lambda/core/operation.ts) and the statements that answer it. A function's role
 * gets these and the writing of its own log, nothing else.
 * @module
 */
import { Effect, PolicyStatement, type PolicyStatementProps } from 'aws-cdk-lib/aws-iam'
import { DEPLOYMENT_TAG } from '../lambda/adapters/aws/kms/service-key-tags.ts'
import { deploymentPartition } from '../lambda/adapters/aws/dynamo/item-keys.ts'
import { indexes } from '../lambda/adapters/aws/table-schema.ts'
import { rotationArns, scheduleGroupName } from '../lambda/adapters/aws/rotation/rotation-names.ts'
import type { Need } from '../lambda/core/operation.ts'
import type { KeyMode } from '../lambda/core/ports/key-service.ts'
import { functionName, IDENTITY_ENTRY, MANAGED_ROTATION_ENTRY } from '../lambda/handlers/edge/function-name.ts'

/** A statement with a wildcard among its resources, and why: cdk-nag is told the reason, and stops the synth where there is none. */
export class WideStatement extends PolicyStatement {
  readonly reason: string

  constructor(reason: string, props: PolicyStatementProps) {
    super(props)
    this.reason = reason
  }
}

/** Where ARNs are written for. */
export interface Place {
  readonly partition: string
  readonly region: string
  readonly account: string
  readonly table: string
  readonly prefix: string
  /** All that the deployment is in, this one among them. */
  readonly deployedRegions: readonly string[]
  readonly eventTopic: string
  readonly keyMode: KeyMode
  /** Functions that may rotate secrets: names, with `*` for any part, and ARNs. */
  readonly rotationFunctions: readonly string[]
  /** A customer's key that this Region's replica of the table is encrypted with. */
  readonly tableKeyArn?: string
}

type Grant = (place: Place) => PolicyStatement[]

/** The indexes that listings read; `by-due` is the sweeper's alone. */
const LIST_INDEXES = [indexes.created.name, indexes.changed.name, indexes.name.name, indexes.accessed.name]

const needs: Readonly<Record<Need, Grant>> = {
  'store:read': (place) => [onTable(place, 'Query')],
  'store:touch': (place) => [onTable(place, 'UpdateItem')],
  'store:list': (place) => [onIndexes(place, LIST_INDEXES), onTable(place, 'BatchGetItem')],
  'store:write': (place) => [onTable(place, 'PutItem')],
  'store:create': (place) => [onTable(place, 'PutItem', 'DeleteItem')],
  'values:read': (place) => [onTable(place, 'GetItem')],
  'values:write': (place) => [onTable(place, 'PutItem')],
  'values:drop': (place) => [onTable(place, 'DeleteItem')],
  'keys:open': (place) => [onKeysForSecrets(place, 'kms:Decrypt'), describeKeys(place)],
  'keys:seal': (place) => [onKeysForSecrets(place, 'kms:GenerateDataKey'), describeKeys(place)],
  'keys:rewrap': (place) => [onKeysForSecrets(place, 'kms:Encrypt')],
  'keys:create': (place) => [
    ...createKeys(place),
    retireKeys(place),
    ...(place.keyMode === 'shared' ? [onTable(place, 'GetItem', 'PutItem')] : []),
  ],
  'rotation:read': (place) => [onTable(place, 'GetItem')],
  'functions:check': (place) => [onRotationFunctions(place, 'lambda:GetPolicy')],
  'events:tell': (place) => [
    new PolicyStatement({ actions: ['sns:Publish'], resources: [arn(place, 'sns', place.eventTopic)] }),
  ],
  // What other Regions tell of their copies is in this Region's replica of the table.
  'links:read': (place) => [onTable(place, 'BatchGetItem')],
  'keys:describe': (place) => [describeKeys(place)],
}

/** What the function of an operation with these needs may do: beside them, what it takes to decide on access. */
export const grantsForOperation = (row: readonly Need[], place: Place): PolicyStatement[] =>
  withTableKey([...row.flatMap((need) => needs[need](place)), ...knowIdentities(place)], place)

/** Every operation is authorized: it reads the snapshot of identities, and has it renewed for a principal that is not in it. */
const knowIdentities: Grant = (place) => [
  onIdentities(place, 'BatchGetItem'),
  new PolicyStatement({
    actions: ['lambda:InvokeFunction'],
    resources: [arn(place, 'lambda', `function:${functionName(place.prefix, IDENTITY_ENTRY)}`)],
  }),
]

/** Reads secrets' heads, identities and key policies, and nothing that is secret. */
export const grantsForExplain: Grant = (place) => [...grantsForOperation(['store:read'], place), describeKeys(place)]

/** Reads IAM and keeps the snapshot. */
export const grantsForIdentity: Grant = (place) =>
  withTableKey(
    [
      new WideStatement(
        'iam:GetAccountAuthorizationDetails has no resource-level permissions; it tells, and changes nothing.',
        {
          actions: ['iam:GetAccountAuthorizationDetails'],
          resources: ['*'],
        },
      ),
      onIdentities(place, 'Query', 'GetItem', 'PutItem', 'DeleteItem'),
    ],
    place,
  )

/** The tasks of rotations: begins and ends them, copies a value for a test, and invokes the functions that rotate. */
export const grantsForWorker = (place: Place, ownEntries: readonly string[]): PolicyStatement[] =>
  withTableKey(
    [
      ...WORKER_NEEDS.flatMap((need) => needs[need](place)),
      onRotationFunctions(place, 'lambda:InvokeFunction'),
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: [arn(place, 'lambda', `function:${functionName(place.prefix, MANAGED_ROTATION_ENTRY)}`)],
      }),
      denyOwnFunctions(place, ownEntries),
    ],
    place,
  )

const WORKER_NEEDS: readonly Need[] = [
  'store:read',
  'store:write',
  'values:read',
  'values:write',
  'values:drop',
  'keys:open',
  'keys:seal',
  'rotation:read',
  'events:tell',
]

/**
 * The deployment's own functions trust their event, so that invoking one is as good as full access; whatever a secret's owner names as its rotation function, it is none of them. Every version and alias.
 */
const denyOwnFunctions = (place: Place, ownEntries: readonly string[]): PolicyStatement =>
  new WideStatement('It is a Deny: of the functions of this deployment, under every version and alias.', {
    effect: Effect.DENY,
    actions: ['lambda:InvokeFunction'],
    resources: ownEntries
      .filter((entry) => entry !== MANAGED_ROTATION_ENTRY)
      .map((entry) => arn(place, 'lambda', `function:${functionName(place.prefix, entry)}`))
      .flatMap((own) => [own, `${own}:*`]),
  })

/**
 * This Region's part in replication, for every secret of every Region that asks for a copy here. Of all roles this one alone reaches keys of other Regions: it opens what is copied, and never seals there.
 * @param ownStream the stream of this Region's replica of the table
 */
export const grantsForReplicator = (place: Place, ownStream: string): PolicyStatement[] =>
  withTableKey(
    [
      onTable(place, 'Query', 'GetItem', 'BatchGetItem', 'PutItem', 'DeleteItem', 'BatchWriteItem'),
      onIndexes(place, [indexes.due.name]),
      openElsewhere(place),
      onKeysForSecrets(place, 'kms:GenerateDataKey'),
      describeKeys(place),
      ...createKeys(place, 'StringEqualsIfExists'),
      ...replicateKeys(place),
      retireKeys(place),
      reviveKeys(place),
      ...needs['events:tell'](place),
      ...readStream(ownStream),
    ],
    place,
  )

/** Shows replication, says beforehand whether it will work, for which it tries the key, and has a Region step down; the rest is the replicator's. */
export const grantsForReplicationAdmin: Grant = (place) =>
  grantsForOperation(['store:read', 'store:write', 'links:read', 'keys:open', 'keys:seal'], place)

/**
 * What managed rotation reads and writes it does through the operations' own code, as the account's root: what those operations need, and nothing to know callers by. They tell of a rotation that a value by hand
 * has ended; the values that it stores are the rotation's own.
 * @param rows the needs of the operations that it uses
 */
export const grantsForManagedRotation = (rows: readonly (readonly Need[])[], place: Place): PolicyStatement[] =>
  withTableKey(
    [...new Set(rows.flat())].filter((need) => need !== 'events:tell').flatMap((need) => needs[need](place)),
    place,
  )

/** A function in a VPC has network interfaces there, which Lambda makes in the name of its role (Lambda developer guide, "Giving Lambda functions access to resources in an Amazon VPC"). */
export const grantsForVpc = (place: Place, entry: string): PolicyStatement[] => {
  const actions = [
    'ec2:CreateNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:DeleteNetworkInterface',
    'ec2:AssignPrivateIpAddresses',
    'ec2:UnassignPrivateIpAddresses',
  ]
  const why =
    'Network interfaces are made by Lambda at run time, and some of these actions have no resource-level permissions.'
  return [
    new WideStatement(why, { actions, resources: ['*'] }),
    // For Lambda itself, then, and not for the code that runs in the function.
    new WideStatement('It is a Deny.', {
      effect: Effect.DENY,
      actions,
      resources: ['*'],
      conditions: {
        ArnEquals: {
          'lambda:SourceFunctionArn': arn(place, 'lambda', `function:${functionName(place.prefix, entry)}`),
        },
      },
    }),
  ]
}

/** Invokes the worker; and the log of executions, whose delivery has no resources to name. */
export const grantsForStateMachine = (workerArn: string): PolicyStatement[] => [
  new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [workerArn] }),
  new WideStatement(
    'The delivery of logs has no resource-level permissions (Step Functions developer guide, CloudWatch Logs).',
    {
      actions: [
        'logs:CreateLogDelivery',
        'logs:GetLogDelivery',
        'logs:UpdateLogDelivery',
        'logs:DeleteLogDelivery',
        'logs:ListLogDeliveries',
        'logs:PutResourcePolicy',
        'logs:DescribeResourcePolicies',
        'logs:DescribeLogGroups',
      ],
      resources: ['*'],
    },
  ),
]

/** What a schedule does when it fires. */
export const grantsForSchedules = (place: Place): PolicyStatement[] => [
  startExecutions(place),
  new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [arnsOf(place).deadLetters] }),
]

const startExecutions = (place: Place): PolicyStatement =>
  new PolicyStatement({ actions: ['states:StartExecution'], resources: [arnsOf(place).stateMachine] })

/** Schedules of this deployment's group alone, which may take on one role alone. */
const keepSchedules = (place: Place): PolicyStatement[] => [
  new WideStatement("Schedules are named at run time, one for each secret; the group is this deployment's own.", {
    actions: ['scheduler:CreateSchedule', 'scheduler:UpdateSchedule', 'scheduler:DeleteSchedule'],
    resources: [arn(place, 'scheduler', `schedule/${scheduleGroupName(place.prefix)}/*`)],
  }),
  new PolicyStatement({
    actions: ['iam:PassRole'],
    resources: [arnsOf(place).scheduleRole],
    conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
  }),
]

const arnsOf = ({ prefix, account, region }: Place) => rotationArns({ deployment: prefix, account, region })

/** Purges, clean-up of values and keys, and where it stopped; and rotations whose start was lost. */
export const grantsForSweeper: Grant = (place) =>
  withTableKey(
    [
      startExecutions(place),
      // The only Scan there is: the daily search for value items that no head names. Never in a request.
      onTable(place, 'Query', 'GetItem', 'BatchGetItem', 'Scan', 'PutItem', 'DeleteItem', 'BatchWriteItem'),
      onIndexes(place, [indexes.due.name]),
      readKeyTags(place),
      retireKeys(place),
      // A copy may have come back while its former key was retired.
      reviveKeys(place),
      new WideStatement(
        'The keys that the tags name; some are gone meanwhile, and then have no tags for a condition.',
        {
          actions: ['kms:DescribeKey'],
          resources: [anyKey(place)],
        },
      ),
      new WideStatement('tag:GetResources has no resource-level permissions; it tells ARNs and tags only.', {
        actions: ['tag:GetResources'],
        resources: ['*'],
      }),
    ],
    place,
  )

/** Purges what a forced deletion has condemned, and schedules and starts rotations. */
export const grantsForChangeFeed = (place: Place, streamArn: string): PolicyStatement[] =>
  withTableKey(
    [
      // PutItem and GetItem: of the link of a secret that had to do with other Regions. The heads that it is told of are condemned already.
      onTable(place, 'Query', 'GetItem', 'PutItem', 'DeleteItem', 'BatchWriteItem'),
      readKeyTags(place),
      retireKeys(place),
      // A copy may have come back while its former key was retired.
      reviveKeys(place),
      new WideStatement('The key of a secret that is purged was made at run time, and may be gone already.', {
        actions: ['kms:DescribeKey'],
        resources: [anyKey(place)],
      }),
      ...keepSchedules(place),
      startExecutions(place),
      ...readStream(streamArn),
    ],
    place,
  )

/** What Lambda's poller does under the role of a function that reads a stream. */
const readStream = (streamArn: string): PolicyStatement[] => [
  new PolicyStatement({
    actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
    resources: [streamArn],
  }),
  new WideStatement("dynamodb:ListStreams has no resource-level permissions; Lambda's poller asks for it.", {
    actions: ['dynamodb:ListStreams'],
    resources: ['*'],
  }),
]

export const grantsForStreamArn: Grant = (place) => [onTable(place, 'DescribeTable')]

/** @param functionArns of exactly the operation functions, with the alias where one is called by it */
export const grantsForRouter = (functionArns: readonly string[]): PolicyStatement[] => [
  new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [...functionArns] }),
]

export const grantsForLog = (place: Place, logGroup: string): PolicyStatement =>
  new WideStatement("It is one log group, this function's; the names of its streams are Lambda's.", {
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [arn(place, 'logs', `log-group:${logGroup}:*`)],
  })

const arn = ({ partition, region, account }: Place, service: string, resource: string): string =>
  `arn:${partition}:${service}:${region}:${account}:${resource}`

const tableArn = (place: Place): string => arn(place, 'dynamodb', `table/${place.table}`)

const onTable = (place: Place, ...actions: readonly string[]): PolicyStatement =>
  new PolicyStatement({ actions: actions.map((action) => `dynamodb:${action}`), resources: [tableArn(place)] })

/** What belongs to no secret, in a partition of its own (and to a secret of that name: its items are of other kinds). */
const onIdentities = (place: Place, ...actions: readonly string[]): PolicyStatement =>
  new PolicyStatement({
    actions: actions.map((action) => `dynamodb:${action}`),
    resources: [tableArn(place)],
    conditions: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [deploymentPartition(place.account)] } },
  })

const onIndexes = (place: Place, names: readonly string[]): PolicyStatement =>
  new PolicyStatement({
    actions: ['dynamodb:Query'],
    resources: names.map((name) => `${tableArn(place)}/index/${name}`),
  })

/** The functions that the config lets rotate, under every version and alias; those of the deployment itself are refused by the code and, to the worker, by a Deny. */
function onRotationFunctions(place: Place, action: string): PolicyStatement {
  const named = place.rotationFunctions.map((each) =>
    each.startsWith('arn:') ? each : arn(place, 'lambda', `function:${each}`),
  )
  const isQualified = (each: string): boolean => each.split(':').length > 7
  return new WideStatement(
    "Functions that rotate secrets are the users' own; the option rotationFunctions limits them.",
    {
      actions: [action],
      resources: named.flatMap((each) => (each.endsWith('*') || isQualified(each) ? [each] : [each, `${each}:*`])),
    },
  )
}

/** Keys are made at run time, one per secret, or are the customer's: no template can name them. */
const anyKey = (place: Place): string => arn(place, 'kms', 'key/*')

const others = ({ deployedRegions, region }: Place): readonly string[] =>
  deployedRegions.filter((each) => each !== region)

const SECRET_CONTEXT = 'kms:EncryptionContext:SecretARN'

/** A copy is opened with this Region's related key, under the context of the secret that it is a copy of, or with the key of that secret in its own Region. */
const openElsewhere = (place: Place): PolicyStatement =>
  new WideStatement(
    "Keys are made at run time or are the customer's; the encryption context binds their use to secrets of this account, in the Regions that it is deployed in.",
    {
      actions: ['kms:Decrypt'],
      resources: place.deployedRegions.map((region) => anyKey({ ...place, region })),
      conditions: {
        StringLike: {
          [SECRET_CONTEXT]: place.deployedRegions.map((region) =>
            arn({ ...place, region }, 'secretsmanager', 'secret:*'),
          ),
        },
      },
    },
  )

/**
 * ReplicateKey is called where the primary key is, and there makes a key in this Region alone; kms:CreateKey and kms:TagResource are asked for in this one (KMS developer guide, "Controlling access to multi-Region
 * keys"). The deployment's own keys only.
 */
const replicateKeys = (place: Place): PolicyStatement[] =>
  others(place).length === 0
    ? []
    : [
        new WideStatement(
          'Keys are made at run time; the conditions leave those that carry the tag of this deployment, and this Region for the replica.',
          {
            actions: ['kms:ReplicateKey'],
            resources: others(place).map((region) => anyKey({ ...place, region })),
            conditions: {
              StringEquals: {
                [`aws:ResourceTag/${DEPLOYMENT_TAG}`]: place.prefix,
                'kms:ReplicaRegion': place.region,
              },
            },
          },
        ),
        new WideStatement(
          'Whether a key is one of ours must be found out before it is replicated; tags are no secret.',
          {
            actions: ['kms:ListResourceTags'],
            resources: others(place).map((region) => anyKey({ ...place, region })),
          },
        ),
      ]

/** A Region that was removed and is added again gets its key back. */
const reviveKeys = (place: Place): PolicyStatement =>
  new WideStatement('Keys are made at run time; the condition leaves those that carry the tag of this deployment.', {
    actions: ['kms:CancelKeyDeletion', 'kms:EnableKey'],
    resources: [anyKey(place)],
    conditions: { StringEquals: { [`aws:ResourceTag/${DEPLOYMENT_TAG}`]: place.prefix } },
  })

/** A key may be used for secrets of this account and Region and for nothing else: the encryption context says which (lambda/core/sealing.ts). */
const onKeysForSecrets = (place: Place, action: string): PolicyStatement =>
  new WideStatement(
    "Keys are made at run time or are the customer's; the encryption context binds their use to secrets of this account and Region.",
    {
      actions: [action],
      resources: [anyKey(place)],
      conditions: {
        StringLike: { [SECRET_CONTEXT]: arn(place, 'secretsmanager', 'secret:*') },
      },
    },
  )

const readKeyTags = (place: Place): PolicyStatement =>
  new WideStatement(
    'Whether a key is one of ours must be found out for any key, before it is used for a caller or deleted; tags are no secret.',
    {
      actions: ['kms:ListResourceTags'],
      resources: [anyKey(place)],
    },
  )

/** Whether the caller may use a customer's key is for its policy to say. */
const describeKeys = (place: Place): PolicyStatement =>
  new WideStatement(
    "Keys are the customer's or are made at run time; what is read decides whether the caller may use one: policy, tags and kind.",
    {
      actions: ['kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:ListResourceTags'],
      resources: [anyKey(place)],
    },
  )

const retireKeys = (place: Place): PolicyStatement =>
  new WideStatement('Keys are made at run time; the condition leaves those that carry the tag of this deployment.', {
    actions: ['kms:ScheduleKeyDeletion'],
    resources: [anyKey(place)],
    conditions: { StringEquals: { [`aws:ResourceTag/${DEPLOYMENT_TAG}`]: place.prefix } },
  })

/** @param comparison `StringEqualsIfExists` for who replicates keys: KMS does not say whether the kms:CreateKey that it asks for then knows the tags of the request; kms:TagResource does in any case. */
function createKeys(
  place: Place,
  comparison: 'StringEquals' | 'StringEqualsIfExists' = 'StringEquals',
): PolicyStatement[] {
  const tag = { [`aws:RequestTag/${DEPLOYMENT_TAG}`]: place.prefix }
  const tagged = { StringEquals: tag }
  return [
    new WideStatement(
      `kms:CreateKey has no resource-level permissions; a key ${comparison === 'StringEquals' ? 'without the tag of this' : 'with the tag of another'} deployment cannot be made.`,
      {
        actions: ['kms:CreateKey'],
        resources: ['*'],
        conditions: { [comparison]: tag },
      },
    ),
    new WideStatement(
      'CreateKey with tags asks for kms:TagResource on all keys of the account and Region (KMS developer guide, tags).',
      {
        actions: ['kms:TagResource'],
        resources: [anyKey(place)],
        // A new key has no tags yet; one of another deployment has.
        conditions: { ...tagged, StringEqualsIfExists: { [`aws:ResourceTag/${DEPLOYMENT_TAG}`]: place.prefix } },
      },
    ),
    // The first multi-Region key of an account makes KMS's service-linked role, in the name of whoever makes the key (KMS developer guide, multi-Region keys).
    new PolicyStatement({
      actions: ['iam:CreateServiceLinkedRole'],
      resources: [
        `arn:${place.partition}:iam::${place.account}:role/aws-service-role/${MULTI_REGION_SERVICE}/AWSServiceRoleForKeyManagementServiceMultiRegionKeys`,
      ],
      conditions: { StringEquals: { 'iam:AWSServiceName': MULTI_REGION_SERVICE } },
    }),
  ]
}

const MULTI_REGION_SERVICE = 'mrk.kms.amazonaws.com'

const READING = ['kms:Decrypt', 'kms:DescribeKey']
const WRITING = [...READING, 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo']
const READ_ACTIONS = ['Query', 'GetItem', 'BatchGetItem', 'Scan', 'DescribeStream', 'GetRecords', 'GetShardIterator']

/** Where the table has a customer's key, DynamoDB uses it in the name of whoever reads or writes: through DynamoDB, then, and only so. */
function withTableKey(statements: PolicyStatement[], place: Place): PolicyStatement[] {
  const { tableKeyArn, region } = place
  const touched = statements.flatMap(({ actions }) => actions).filter((action) => action.startsWith('dynamodb:'))
  if (tableKeyArn === undefined || touched.length === 0) return statements
  const isReading = touched.every((action) => READ_ACTIONS.includes(action.slice('dynamodb:'.length)))
  const useKey = new PolicyStatement({
    actions: isReading ? READING : WRITING,
    resources: [tableKeyArn],
    conditions: { StringEquals: { 'kms:ViaService': `dynamodb.${region}.amazonaws.com` } },
  })
  return [...statements, useKey]
}
