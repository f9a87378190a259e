/**
 * What goes wrong at DynamoDB, in the words of the port. By now the SDK has made its own attempts (clients.ts).
 * @module
 */
import { StoreFailure } from '../../../core/ports/secret-store.ts'
import { textOf, type Item } from './item-keys.ts'

const THROTTLING: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'RequestLimitExceeded',
])

export const isConditionFailure = (error: unknown): boolean => nameOf(error) === 'ConditionalCheckFailedException'

export function storeFailure(cause: unknown): StoreFailure {
  if (cause instanceof StoreFailure) return cause
  const name = nameOf(cause)
  if (THROTTLING.has(name)) return new StoreFailure('throttled', `DynamoDB is throttling: ${name}`, { cause })
  return new StoreFailure('unavailable', `DynamoDB did not do its work: ${name}`, { cause })
}

function nameOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : typeof error
}

/** Reads an item. What a parser says about one that is damaged may quote it, so only the kind of error is passed on. @throws {StoreFailure} */
export function decoded<T>(item: Item, decode: (item: Item) => T): T {
  try {
    return decode(item)
  } catch (error) {
    const cause = new Error(`a damaged item: ${nameOf(error)}`)
    throw new StoreFailure('unavailable', `the item ${textOf(item, 'sk')} of ${textOf(item, 'pk')} is damaged`, {
      cause,
    })
  }
}
