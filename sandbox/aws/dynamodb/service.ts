/**
 * DynamoDB as the functions call it: which permission each operation takes, and where it goes.
 * @module
 */
import { partitionOf } from '../../../lambda/core/domain/names.ts'
import { isObject, listOf, objectOf, oneOrMany, type JsonObject } from '../../json.ts'
import {
  jsonError,
  readJsonCall,
  type AwsAnswer,
  type AwsOperation,
  type AwsRequest,
  type AwsService,
  type Need,
} from '../service.ts'
import type { DynamoAnswer, DynamoEmulator } from './emulator.ts'
import type { GlobalTables } from './global-table.ts'
import { arnIn, streamIn, type TableDefinition } from './table-definition.ts'

const CONTENT_TYPE = 'application/x-amz-json-1.0'
const NAMESPACE = 'com.amazonaws.dynamodb.v20120810#'
const PREFIX = 'DynamoDB_20120810'

/** Transactions and PartiQL are left out on purpose: a request must not use them. */
const READS = new Set(['GetItem', 'BatchGetItem', 'Query', 'Scan', 'DescribeTable'])
const WRITES = new Set(['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem'])

export interface DynamoDbOptions {
  readonly emulator: DynamoEmulator
  readonly tables: GlobalTables
}

export class DynamoDbService implements AwsService {
  readonly signingName = 'dynamodb'
  readonly actionPrefix = 'dynamodb'
  readonly operations = [...READS, ...WRITES]
  readonly deniedStatus = 400
  readonly #options: DynamoDbOptions

  constructor(options: DynamoDbOptions) {
    this.#options = options
  }

  error(status: number, code: string, message: string): AwsAnswer {
    return jsonError(status, code, message, { contentType: CONTENT_TYPE, namespace: NAMESPACE })
  }

  read(request: AwsRequest): AwsOperation | undefined {
    const call = readJsonCall(request, PREFIX)
    if (call === undefined || !this.operations.includes(call.name)) return undefined
    const { name, input } = call
    const { region, caller } = request
    const targets = targetsOf(name, input)
    const needs = targets.map(({ table, index, items }): Need => {
      const definition = this.#options.tables.table(tableName(table))
      const arn = `arn:${partitionOf(region)}:dynamodb:${region}:${caller.account}:table/${tableName(table)}`
      const resource = definition === undefined ? arn : arnIn(definition, region)
      const leading = definition === undefined ? [] : leadingKeys(definition, items)
      return {
        action: `dynamodb:${name}`,
        resource: index === undefined ? resource : `${resource}/index/${index}`,
        context: { 'dynamodb:LeadingKeys': leading.length === 0 ? undefined : leading },
      }
    })
    return { name, needs, perform: () => this.#perform(name, input, region) }
  }

  async #perform(name: string, input: JsonObject, region: string): Promise<AwsAnswer> {
    const { emulator, tables } = this.#options
    if (name === 'DescribeTable') return this.#describe(input, region)
    const wantsCapacity = input.ReturnConsumedCapacity !== undefined && input.ReturnConsumedCapacity !== 'NONE'
    const asked = wantsCapacity ? input : { ...input, ReturnConsumedCapacity: 'TOTAL' }
    const isWrite = WRITES.has(name)
    const answer = isWrite ? await tables.write(region, name, asked) : await emulator.call(region, name, asked)
    const { ConsumedCapacity: capacity, ...body } = answer.body
    const units = oneOrMany(capacity).reduce<number>((sum, each) => sum + unitsIn(each), 0)
    return {
      ...rendered({ ...answer, body: wantsCapacity ? answer.body : body }),
      ...(isWrite ? { writeUnits: units } : { readUnits: units }),
    }
  }

  async #describe(input: JsonObject, region: string): Promise<AwsAnswer> {
    const { emulator, tables } = this.#options
    const table = tables.table(tableName(String(input.TableName)))
    const answer = await emulator.call(region, 'DescribeTable', input)
    if (table === undefined || answer.status !== 200) return rendered(answer)
    const stream = streamIn(table, region)
    const Table = {
      ...objectOf(answer.body.Table, 'DescribeTable'),
      TableArn: arnIn(table, region),
      ...(stream !== undefined && {
        LatestStreamArn: stream,
        LatestStreamLabel: stream.split('/stream/')[1],
        StreamSpecification: { StreamEnabled: true, StreamViewType: table.streamView },
      }),
    }
    return rendered({ ...answer, body: { Table } })
  }
}

interface Target {
  readonly table: string
  readonly index: string | undefined
  /** Items or keys whose partition keys the call names. */
  readonly items: readonly JsonObject[]
}

function targetsOf(operation: string, input: JsonObject): readonly Target[] {
  if (operation === 'BatchGetItem' || operation === 'BatchWriteItem')
    return Object.entries(objectOf(input.RequestItems, operation)).map(([table, given]) => {
      const items =
        operation === 'BatchGetItem'
          ? listOf(objectOf(given, operation).Keys, operation)
          : oneOrMany(given).map(itemOfWrite)
      return { table, index: undefined, items: items.filter(isObject) }
    })
  const items = [input.Key, input.Item].filter(isObject)
  const index = typeof input.IndexName === 'string' ? input.IndexName : undefined
  return [{ table: String(input.TableName), index, items: operation === 'Query' ? queriedKey(input) : items }]
}

function itemOfWrite(request: unknown): unknown {
  const { PutRequest: put, DeleteRequest: remove } = objectOf(request, 'BatchWriteItem')
  return isObject(put) ? put.Item : objectOf(remove, 'BatchWriteItem').Key
}

/** `#pk = :pk` -> the value, under every name that the expression could mean. */
function queriedKey({
  KeyConditionExpression: expression,
  ExpressionAttributeNames: names,
  ExpressionAttributeValues: values,
}: JsonObject): JsonObject[] {
  const equalities = String(expression).matchAll(/([#\w.-]+)\s*=\s*(:\w+)/g)
  return [...equalities].map(([, name = '', value = '']) => ({
    [isObject(names) && typeof names[name] === 'string' ? names[name] : name]: isObject(values)
      ? values[value]
      : undefined,
  }))
}

function leadingKeys({ keyNames: [partitionKey = ''] }: TableDefinition, items: readonly JsonObject[]): string[] {
  return items.flatMap((item) => {
    const value = item[partitionKey]
    return isObject(value) ? Object.values(value).filter((each) => typeof each === 'string') : []
  })
}

/** A table may be named by its ARN. */
const tableName = (given: string): string => (given.startsWith('arn:') ? (given.split('/')[1] ?? given) : given)

function unitsIn(capacity: unknown): number {
  const units = isObject(capacity) ? capacity.CapacityUnits : undefined
  return typeof units === 'number' ? units : 0
}

const rendered = ({ status, body }: DynamoAnswer): AwsAnswer => ({
  status,
  headers: { 'content-type': CONTENT_TYPE },
  body: JSON.stringify(body),
})
