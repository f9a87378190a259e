/** The data stack: what must not be lost is not lost, and what the store adapter reads is there. */
import { App } from 'aws-cdk-lib'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { indexes, PARTITION_KEY, SORT_KEY, type IndexSchema } from '../../../lambda/adapters/aws/table-schema.ts'
import { parseConfig } from '../../../lib/config.ts'
import { namesOf } from '../../../lib/names.ts'
import { DataStack } from '../../../lib/stacks/data-stack.ts'
import { baseConfig, synthesised, threeRegions } from '../support/synthesised.ts'

const TABLE = 'AWS::DynamoDB::GlobalTable'

const template = (given = baseConfig): Template => {
  const config = parseConfig(given)
  const deployment = { config, names: namesOf(config.prefix), bundles: { functions: {}, layer: '' } }
  // CDK's own rules are for test/lib/app.test.ts.
  const app = new App({ builtinCloudFormationValidation: false })
  return Template.fromStack(new DataStack(app, 'Data', { deployment, env: { region: config.regions[0]! } }))
}

test('the table is retained, protected from deletion and recoverable to a point in time', () => {
  template().hasResource(TABLE, {
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
    Properties: {
      TableName: 'coffer',
      Replicas: [
        {
          Region: 'eu-west-1',
          DeletionProtectionEnabled: true,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        },
      ],
    },
  })
  expect(synthesised().assembly.getStackByName('Coffer-Data').terminationProtection).toBe(true)
})

test('it is paid by request, streams both images, and has the key of DynamoDB', () => {
  template().hasResourceProperties(TABLE, {
    BillingMode: 'PAY_PER_REQUEST',
    StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
    SSESpecification: { SSEEnabled: false },
  })
})

test('its keys and all its indexes are those of the table schema', () => {
  const [{ Properties: table }] = Object.values(template().findResources(TABLE)) as [{ Properties: TableProperties }]
  expect(table.KeySchema).toEqual(keys(PARTITION_KEY, SORT_KEY))
  expect(table.GlobalSecondaryIndexes).toEqual(
    Object.values<IndexSchema>(indexes).map(({ name, partitionKey, sortKey, include }) => ({
      IndexName: name,
      KeySchema: keys(partitionKey, sortKey),
      Projection:
        include.length === 0
          ? { ProjectionType: 'KEYS_ONLY' }
          : { ProjectionType: 'INCLUDE', NonKeyAttributes: include },
    })),
  )
  expect(new Set(table.AttributeDefinitions.map(({ AttributeType }) => AttributeType))).toEqual(new Set(['S']))
})

test('other Regions have a replica each, recoverable, with the key that the config names', () => {
  const [{ Properties: table }] = Object.values(template(threeRegions).findResources(TABLE)) as [
    { Properties: { Replicas: { Region: string }[]; SSESpecification: unknown } },
  ]
  expect(table.SSESpecification).toEqual({ SSEEnabled: true, SSEType: 'KMS' })
  expect(table.Replicas.map(({ Region }) => Region).toSorted()).toEqual(threeRegions.regions.toSorted())
  for (const replica of table.Replicas)
    expect(replica).toMatchObject({
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { KMSMasterKeyId: threeRegions.tableKeys?.[replica.Region] },
    })
})

test('replicas are protected from deletion as the primary is', () => {
  template({ regions: ['eu-west-1', 'us-east-1'] }).hasResourceProperties(TABLE, {
    Replicas: [
      Match.objectLike({ Region: 'us-east-1', DeletionProtectionEnabled: true }),
      Match.objectLike({ Region: 'eu-west-1', DeletionProtectionEnabled: true }),
    ],
  })
})

test('a deployment for trying out can be removed with its table', () => {
  const made = template(threeRegions)
  made.hasResource(TABLE, { DeletionPolicy: 'Delete' })
  expect(JSON.stringify(made.toJSON())).not.toContain('"DeletionProtectionEnabled":true')
})

test('nothing else is in the stack', () => {
  expect(Object.keys(template().toJSON().Resources as object)).toHaveLength(1)
})

interface TableProperties {
  readonly KeySchema: unknown
  readonly GlobalSecondaryIndexes: unknown
  readonly AttributeDefinitions: { readonly AttributeType: string }[]
}

const keys = (partition: string, sort: string) => [
  { AttributeName: partition, KeyType: 'HASH' },
  { AttributeName: sort, KeyType: 'RANGE' },
]
