/**
 * The table as the store sees it: items in, items out, pages and unprocessed rests followed to their end, AWS's errors turned into the port's.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import { StoreFailure } from '../../../core/ports/secret-store.ts'
import { PARTITION_KEY, SORT_KEY, type IndexSchema } from '../table-schema.ts'
import { isConditionFailure, storeFailure } from './failures.ts'
import { keyOfItem, type Item } from './item-keys.ts'
import { failureIn, unrepeated } from './unrepeated.ts'

/** DynamoDB's own limits of items per call. */
const GET_BATCH = 100
const WRITE_BATCH = 25
/** Rounds for what a batch has left unprocessed: with the pauses between them 0.75 s. */
const BATCH_ROUNDS = 5
const FIRST_PAUSE_MS = 50

/** Names stand as `#name` in expressions, since many good ones are reserved words. */
export interface Expression {
  readonly text: string
  readonly names: readonly string[]
  /** Other names than `#name`, for attributes whose names are data. */
  readonly placeholders?: Readonly<Record<string, string>>
  readonly values?: Item
}

export interface Question {
  readonly where: Expression
  /** Indexes are never read with strong consistency, the table itself always is. */
  readonly index?: IndexSchema
  readonly descending?: boolean
  readonly limit?: number
  /** Which to answer; the keys come in any case. */
  readonly attributes?: readonly string[]
}

export interface TableOptions {
  readonly client: DynamoDBClient
  readonly table: string
  /** Waits between two rounds of a batch; tests do not. */
  readonly pause?: (milliseconds: number) => Promise<unknown>
}

export const ifAbsent: Expression = { text: `attribute_not_exists(#${PARTITION_KEY})`, names: [PARTITION_KEY] }

/** All methods throw {@link StoreFailure}. */
export class Table {
  readonly #client: DynamoDBClient
  readonly #name: string
  readonly #pause: (milliseconds: number) => Promise<unknown>

  constructor({ client, table, pause = (milliseconds) => sleep(milliseconds) }: TableOptions) {
    this.#client = client
    this.#name = table
    this.#pause = pause
  }

  async get(key: Item): Promise<Item | undefined> {
    const command = new GetItemCommand({ TableName: this.#name, Key: key, ConsistentRead: true })
    return (await asked(this.#client.send(command))).Item
  }

  /** @returns false when the condition does not hold */
  async put(item: Item, condition?: Expression): Promise<boolean> {
    const command = new PutItemCommand({ TableName: this.#name, Item: item, ...conditional(condition) })
    return conditionally(this.#client.send(command))
  }

  /** @returns false when the condition does not hold */
  async remove(key: Item, condition?: Expression): Promise<boolean> {
    const command = new DeleteItemCommand({ TableName: this.#name, Key: key, ...conditional(condition) })
    return conditionally(this.#client.send(command))
  }

  /** One attempt only: updates are for what can be left out. @returns false when the condition does not hold */
  async updateOnce(key: Item, { set, condition }: { set: string; condition: Expression }): Promise<boolean> {
    const command = new UpdateItemCommand({
      TableName: this.#name,
      Key: key,
      UpdateExpression: set,
      ...conditional(condition),
    })
    return conditionally(this.#client.send(unrepeated(command)))
  }

  /** Everything that matches, or the first `limit`; more than one request only for more than a page of 1 MB. */
  async query({ where, index, descending = false, limit = Infinity, attributes }: Question): Promise<readonly Item[]> {
    const items: Item[] = []
    let from: Item | undefined
    do {
      const answer = await asked(
        this.#client.send(
          new QueryCommand({
            TableName: this.#name,
            ...(index ? { IndexName: index.name } : { ConsistentRead: true }),
            KeyConditionExpression: where.text,
            ...aliases([...where.names, ...projected(attributes)]),
            ...projection(attributes),
            ...(where.values && { ExpressionAttributeValues: where.values }),
            ScanIndexForward: !descending,
            ...(limit !== Infinity && { Limit: limit - items.length }),
            ...(from && { ExclusiveStartKey: from }),
          }),
        ),
      )
      items.push(...(answer.Items ?? []))
      from = answer.LastEvaluatedKey
    } while (from && items.length < limit)
    return items
  }

  /** One page of the whole table. @param page `limit`: items to look at, whether they match or not */
  async scan(
    where: Expression,
    page: { readonly from: Item | undefined; readonly limit: number; readonly attributes: readonly string[] },
  ): Promise<{ readonly items: readonly Item[]; readonly next: Item | undefined }> {
    const answer = await asked(
      this.#client.send(
        new ScanCommand({
          TableName: this.#name,
          ConsistentRead: true,
          FilterExpression: where.text,
          ...aliases([...where.names, ...projected(page.attributes)]),
          ...projection(page.attributes),
          ...(where.values && { ExpressionAttributeValues: where.values }),
          Limit: page.limit,
          ...(page.from && { ExclusiveStartKey: page.from }),
        }),
      ),
    )
    return { items: answer.Items ?? [], next: answer.LastEvaluatedKey }
  }

  /** @returns in the order of `keys`; undefined where there is none */
  async getMany(
    keys: readonly Item[],
    { consistent, attributes }: { consistent: boolean; attributes?: readonly string[] },
  ): Promise<readonly (Item | undefined)[]> {
    // A key that comes twice in one call is an error to DynamoDB.
    const distinct = [...new Map(keys.map((key) => [identityOf(key), key])).values()]
    const found = new Map<string, Item>()
    await Promise.all(
      batchesOf(distinct, GET_BATCH).map((batch) =>
        this.#inRounds(batch, async (rest) => {
          const request = {
            Keys: [...rest],
            ConsistentRead: consistent,
            ...aliases(projected(attributes)),
            ...projection(attributes),
          }
          const command = new BatchGetItemCommand({ RequestItems: { [this.#name]: request } })
          const { Responses, UnprocessedKeys } = await asked(this.#client.send(command))
          for (const item of Responses?.[this.#name] ?? []) found.set(identityOf(item), item)
          return UnprocessedKeys?.[this.#name]?.Keys ?? []
        }),
      ),
    )
    return keys.map((key) => found.get(identityOf(key)))
  }

  async removeMany(keys: readonly Item[]): Promise<void> {
    for (const batch of batchesOf(keys, WRITE_BATCH))
      await this.#inRounds(batch, async (rest) => {
        const requests = rest.map((key) => ({ DeleteRequest: { Key: key } }))
        const command = new BatchWriteItemCommand({ RequestItems: { [this.#name]: requests } })
        const { UnprocessedItems } = await asked(this.#client.send(command))
        return (UnprocessedItems?.[this.#name] ?? []).flatMap(({ DeleteRequest }) =>
          DeleteRequest?.Key ? [DeleteRequest.Key] : [],
        )
      })
  }

  /** @param round answers what it has left undone, which is how a batch is throttled */
  async #inRounds(batch: readonly Item[], round: (rest: readonly Item[]) => Promise<readonly Item[]>): Promise<void> {
    let rest = batch
    for (let count = 0; count < BATCH_ROUNDS; count++) {
      if (count > 0) await this.#pause(FIRST_PAUSE_MS * 2 ** (count - 1))
      rest = await round(rest)
      if (rest.length === 0) return
    }
    throw new StoreFailure('throttled', `DynamoDB left ${rest.length} items of a batch unprocessed`)
  }
}

async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw storeFailure(error)
  }
}

async function conditionally(answer: Promise<unknown>): Promise<boolean> {
  try {
    await answer
    return true
  } catch (error) {
    const failure = failureIn(error)
    if (isConditionFailure(failure)) return false
    throw storeFailure(failure)
  }
}

const conditional = (condition: Expression | undefined) =>
  condition && {
    ConditionExpression: condition.text,
    ...aliases(condition.names, condition.placeholders),
    ...(condition.values && { ExpressionAttributeValues: condition.values }),
  }

const aliases = (names: readonly string[], placeholders: Readonly<Record<string, string>> = {}) =>
  names.length > 0 && {
    ExpressionAttributeNames: { ...Object.fromEntries(names.map((name) => [`#${name}`, name])), ...placeholders },
  }

const projected = (attributes: readonly string[] | undefined): readonly string[] =>
  attributes ? [...new Set([PARTITION_KEY, SORT_KEY, ...attributes])] : []

const projection = (attributes: readonly string[] | undefined) =>
  attributes && {
    ProjectionExpression: projected(attributes)
      .map((name) => `#${name}`)
      .join(', '),
  }

const identityOf = (item: Item): string => JSON.stringify(keyOfItem(item))

function batchesOf(keys: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(keys.length / size) }, (_, index) =>
    keys.slice(index * size, (index + 1) * size),
  )
}
