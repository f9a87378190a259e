/**
 * What must not be lost: the table, in the primary Region with a replica in each other one. Nothing else is in this stack, so that nothing else makes it change.
 * @module
 */
import { RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib'
import {
  AttributeType,
  Billing,
  ProjectionType,
  StreamViewType,
  TableEncryptionV2,
  TableV2,
  type GlobalSecondaryIndexPropsV2,
} from 'aws-cdk-lib/aws-dynamodb'
import { Key } from 'aws-cdk-lib/aws-kms'
import type { Construct } from 'constructs'
import { indexes, PARTITION_KEY, SORT_KEY, type IndexSchema } from '../../lambda/adapters/aws/table-schema.ts'
import type { Deployment } from '../deployment.ts'

export interface DataStackProps extends StackProps {
  readonly deployment: Deployment
}

export class DataStack extends Stack {
  constructor(scope: Construct, id: string, { deployment, ...props }: DataStackProps) {
    super(scope, id, props)
    const { config, names } = deployment
    const [primary, ...others] = config.regions
    if (primary === undefined) throw new Error('there is no primary Region')
    const isKept = config.removalPolicy === 'retain'
    new TableV2(this, 'Table', {
      tableName: names.table,
      partitionKey: key(PARTITION_KEY),
      sortKey: key(SORT_KEY),
      globalSecondaryIndexes: Object.values<IndexSchema>(indexes).map(indexOf),
      billing: Billing.onDemand(),
      dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: isKept,
      removalPolicy: isKept ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      encryption: this.#encryption(deployment, primary),
      // Eventually consistent between Regions, on purpose: each item has one writing Region, so there is no conflict for anybody to lose. Strong consistency would
      // make every write wait for another Region, and takes three Regions, no fewer and no more.
      replicas: others.map((region) => ({
        region,
        deletionProtection: isKept,
        pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      })),
    })
  }

  /** Values are sealed before they get here; DynamoDB's own key guards names and tags on the disk, for nothing. */
  #encryption({ config: { tableKeys } }: Deployment, primary: string): TableEncryptionV2 {
    const primaryKey = tableKeys?.[primary]
    if (tableKeys === undefined || primaryKey === undefined) return TableEncryptionV2.dynamoOwnedKey()
    const replicaKeys = Object.fromEntries(Object.entries(tableKeys).filter(([region]) => region !== primary))
    return TableEncryptionV2.customerManagedKey(Key.fromKeyArn(this, 'TableKey', primaryKey), replicaKeys)
  }
}

const key = (name: string) => ({ name, type: AttributeType.STRING })

function indexOf({ name, partitionKey, sortKey, include }: IndexSchema): GlobalSecondaryIndexPropsV2 {
  const keys = { indexName: name, partitionKey: key(partitionKey), sortKey: key(sortKey) }
  return include.length === 0
    ? { ...keys, projectionType: ProjectionType.KEYS_ONLY }
    : { ...keys, projectionType: ProjectionType.INCLUDE, nonKeyAttributes: [...include] }
}
