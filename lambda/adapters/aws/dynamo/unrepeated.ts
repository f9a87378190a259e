/**
 * A request that is made once, whatever the client's retries are: for what a caller should not wait for.
 * @module
 */
import type { UpdateItemCommand } from '@aws-sdk/client-dynamodb'

/** Hides a failure from the SDK's retries, which also look at a `cause`. */
class Unrepeated extends Error {
  readonly failure: unknown

  constructor(failure: unknown) {
    super('not to be repeated')
    this.failure = failure
  }
}

export function unrepeated(command: UpdateItemCommand): UpdateItemCommand {
  // The retries are of high priority in this step: a normal one comes after them, once per attempt.
  command.middlewareStack.add(
    (next) => async (request) => {
      try {
        return await next(request)
      } catch (error) {
        throw new Unrepeated(error)
      }
    },
    { step: 'finalizeRequest', priority: 'normal', name: 'unrepeated' },
  )
  return command
}

export const failureIn = (error: unknown): unknown => (error instanceof Unrepeated ? error.failure : error)
