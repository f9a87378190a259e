/**
 * What functions may do, as tables that read like sentences: each need of an operation's row (lambda/core/operation.ts) and the statements that answer it. A function's role
 * gets these and the writing of its own log, nothing else.
 * @module
 */
import { PolicyStatement, type PolicyStatementProps } from 'aws-cdk-lib/aws-iam'
import { DEPLOYMENT_TAG } from '../lambda/adapters/aws/kms/service-key-tags.ts'
import { deploymentPartition } from '../lambda/adapters/aws/dynamo/item-keys.ts'
import { indexes } from '../lambda/adapters/aws/table-schema.ts'
import type { Need } from '../lambda/core/operation.ts'
import type { KeyMode } from '../lambda/core/ports/key-service.ts'
import { functionName, IDENTITY_ENTRY } from '../lambda/handlers/edge/function-name.ts'

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
  readonly keyMode: KeyMode
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

/** Purges, clean-up of values and keys, and where it stopped. */
export const grantsForSweeper: Grant = (place) =>
  withTableKey(
    [
      // The only Scan there is: the daily search for value items that no head names. Never in a request.
      onTable(place, 'Query', 'GetItem', 'BatchGetItem', 'Scan', 'PutItem', 'DeleteItem', 'BatchWriteItem'),
      onIndexes(place, [indexes.due.name]),
      readKeyTags(place),
      retireKeys(place),
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

/** Purges what a forced deletion has condemned. */
export const grantsForChangeFeed = (place: Place, streamArn: string): PolicyStatement[] =>
  withTableKey(
    [
      // No PutItem: the heads that it is told of are condemned already.
      onTable(place, 'Query', 'DeleteItem', 'BatchWriteItem'),
      readKeyTags(place),
      retireKeys(place),
      new PolicyStatement({
        actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
        resources: [streamArn],
      }),
      new WideStatement("dynamodb:ListStreams has no resource-level permissions; Lambda's poller asks for it.", {
        actions: ['dynamodb:ListStreams'],
        resources: ['*'],
      }),
    ],
    place,
  )

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

/** Keys are made at run time, one per secret, or are the customer's: no template can name them. */
const anyKey = (place: Place): string => arn(place, 'kms', 'key/*')

/** A key may be used for secrets of this account and Region and for nothing else: the encryption context says which (lambda/core/sealing.ts). */
const onKeysForSecrets = (place: Place, action: string): PolicyStatement =>
  new WideStatement(
    "Keys are made at run time or are the customer's; the encryption context binds their use to secrets of this account and Region.",
    {
      actions: [action],
      resources: [anyKey(place)],
      conditions: {
        StringLike: { 'kms:EncryptionContext:SecretARN': arn(place, 'secretsmanager', 'secret:*') },
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

function createKeys(place: Place): PolicyStatement[] {
  const tagged = { StringEquals: { [`aws:RequestTag/${DEPLOYMENT_TAG}`]: place.prefix } }
  return [
    new WideStatement(
      'kms:CreateKey has no resource-level permissions; a key without the tag of this deployment cannot be made.',
      {
        actions: ['kms:CreateKey'],
        resources: ['*'],
        conditions: tagged,
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
