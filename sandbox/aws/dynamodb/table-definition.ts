/**
 * A table as its template describes it.
 * @module
 */
import { isObject, objectOf, oneOrMany, optionalObject, textOf, type JsonObject } from '../../json.ts'
import type { Resource } from '../../template/assembly.ts'
import { streamArnOf, tableArn } from '../../template/attributes.ts'
import type { Resolver } from '../../template/resolver.ts'
import { partitionOf } from '../../../lambda/core/domain/names.ts'

export interface TableDefinition {
  readonly name: string
  readonly account: string
  /** Where it has a replica. */
  readonly regions: readonly string[]
  /** Partition key, and sort key if there is one. */
  readonly keyNames: readonly string[]
  /** Undefined without a stream. */
  readonly streamView: string | undefined
  /** Input of CreateTable. */
  readonly create: JsonObject
}

export function readTable(resolver: Resolver, resource: Resource): TableDefinition {
  const { logicalId } = resource
  const properties = resolver.properties(resource)
  const name = resolver.ref(logicalId)
  const keySchema = oneOrMany(properties.KeySchema).map((key) => objectOf(key, `${logicalId}.KeySchema`))
  const indexes = oneOrMany(properties.GlobalSecondaryIndexes).map((given) => {
    const { IndexName, KeySchema, Projection } = objectOf(given, `${logicalId}.GlobalSecondaryIndexes`)
    return { IndexName, KeySchema, Projection }
  })
  const replicas = oneOrMany(properties.Replicas).map((replica) =>
    textOf(objectOf(replica, logicalId).Region, logicalId),
  )
  const { StreamViewType: view } = optionalObject(properties.StreamSpecification, logicalId)
  return {
    name,
    account: resolver.account,
    regions: replicas.length === 0 ? [resolver.stack.region] : replicas,
    keyNames: keySchema.map(({ AttributeName }) => textOf(AttributeName, `${logicalId}.KeySchema`)),
    streamView: typeof view === 'string' ? view : undefined,
    create: {
      TableName: name,
      AttributeDefinitions: properties.AttributeDefinitions,
      KeySchema: properties.KeySchema,
      BillingMode: 'PAY_PER_REQUEST',
      ...(indexes.length > 0 && { GlobalSecondaryIndexes: indexes }),
    },
  }
}

export const arnIn = ({ name, account }: TableDefinition, region: string): string =>
  tableArn({ partition: partitionOf(region), region, account }, name)

export const streamIn = (table: TableDefinition, region: string): string | undefined =>
  table.streamView === undefined ? undefined : streamArnOf(arnIn(table, region))

export type Item = Readonly<Record<string, unknown>>

export const keyOf = ({ keyNames }: TableDefinition, item: Item): Item =>
  Object.fromEntries(keyNames.map((name) => [name, item[name]]))

export const isItem = (value: unknown): value is Item => isObject(value)
