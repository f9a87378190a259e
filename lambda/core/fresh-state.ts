/**
 * A value that a head names and that is not there: the head has moved on since it was read, or a reader is ahead of a replica. The work is done again from the
 * load; only when it is missing time after time is it lost.
 * @module
 */
import { serverFault } from './domain/errors.ts'

const READS = 3

export class ValueMissing extends Error {
  override readonly name = 'ValueMissing'

  constructor() {
    super('a value item that the head names is missing')
  }
}

/**
 * @param work loads the state that it works on
 * @throws {ServiceError} InternalServiceError, never not-found: rotation functions read that as "create it"
 */
export async function onFreshState<T>(work: () => Promise<T>): Promise<T> {
  for (let read = 1; ; read++) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof ValueMissing)) throw error
      if (read === READS) throw serverFault(error)
    }
  }
}
