/**
 * Watches and disturbs what a DynamoDB client says to its endpoint, at the SDK's own seams: each attempt on the wire, or each command.
 * @module
 */
import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb'

type Loose = Record<string, never>
interface Request {
  input: Loose
}
interface Response {
  output: Loose
}

/** The item that a request is about. */
interface Named {
  readonly Item?: Record<string, AttributeValue>
  readonly Key?: Record<string, AttributeValue>
}

/** Counts what goes over the wire, attempts included. */
export class RequestCount {
  #counts: Record<string, number> = {}

  constructor(client: DynamoDBClient) {
    client.middlewareStack.add(
      (next, { commandName = '' }) =>
        async (request) => {
          const name = commandName.replace(/Command$/, '')
          this.#counts[name] = (this.#counts[name] ?? 0) + 1
          return next(request)
        },
      { step: 'finalizeRequest', priority: 'low' },
    )
  }

  /** Since the last time. */
  take(): Record<string, number> {
    const counts = this.#counts
    this.#counts = {}
    return counts
  }
}

/** @param disturb may throw before the request, or take the answer and throw */
export function onTheWire(
  client: DynamoDBClient,
  command: string,
  disturb: (send: () => Promise<unknown>, input: Named) => Promise<unknown>,
): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (request) =>
        commandName === `${command}Command`
          ? ((await disturb(() => next(request), request.input as Named)) as Awaited<ReturnType<typeof next>>)
          : next(request),
    { step: 'finalizeRequest', priority: 'low' },
  )
}

/** A socket that died before the answer came. */
export const socketDied = (): Error => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })

/** The first answer to a command about an item is lost after the work was done. */
export function losingTheAnswer(client: DynamoDBClient, command: 'PutItem' | 'DeleteItem', sortKey: string): void {
  let isLost = false
  onTheWire(client, command, async (send, { Item, Key }) => {
    const answer = await send()
    if (isLost || (Item ?? Key)?.sk?.S !== sortKey) return answer
    isLost = true
    throw socketDied()
  })
}

function onCommand(
  client: DynamoDBClient,
  command: string,
  disturb: (request: Request, send: () => Promise<Response>) => Promise<Response>,
): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (request) =>
        commandName === `${command}Command`
          ? ((await disturb(
              request as unknown as Request,
              () => next(request) as unknown as Promise<Response>,
            )) as never)
          : next(request),
    { step: 'initialize' },
  )
}

/** Pages of one item, as if each were a megabyte. */
export function inTinyPages(client: DynamoDBClient, command: 'Query' | 'Scan'): void {
  onCommand(client, command, async (request, send) => {
    Object.assign(request, { input: { ...request.input, Limit: 1 } })
    return send()
  })
}

/** Batches of which DynamoDB processes `most` items a time. */
export function inSmallBatches(client: DynamoDBClient, command: 'BatchGetItem' | 'BatchWriteItem', most: number): void {
  onCommand(client, command, async (request, send) => {
    const [[table, asked]] = Object.entries(request.input.RequestItems!) as unknown as [
      [string, never[] & { Keys: never[] }],
    ]
    const items: readonly never[] = command === 'BatchGetItem' ? asked.Keys : asked
    const wrap = (some: readonly never[]) => ({
      [table]: command === 'BatchGetItem' ? { ...asked, Keys: some } : some,
    })
    const rest = items.slice(most)
    const left = rest.length > 0 ? wrap(rest) : {}
    const [, unprocessed] = ['', command === 'BatchGetItem' ? 'UnprocessedKeys' : 'UnprocessedItems'] as const
    if (most === 0) return { output: { Responses: {}, [unprocessed]: left } as never }
    Object.assign(request, { input: { ...request.input, RequestItems: wrap(items.slice(0, most)) } })
    const response = await send()
    Object.assign(response.output, { [unprocessed]: left })
    return response
  })
}

/** Every attempt of a command fails for as long as there is an error to fail with. */
export function failing(client: DynamoDBClient, command: string, error: () => Error | undefined): void {
  onTheWire(client, command, async (send) => {
    const failure = error()
    if (failure !== undefined) throw failure
    return send()
  })
}
