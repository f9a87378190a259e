/**
 * Errors in the form that Lambda gives them, whatever was thrown.
 * @module
 */

/** An error of the runtime itself, such as a module that is not there. */
export class RuntimeError extends Error {
  constructor(kind, message, stack) {
    super(message)
    this.name = `Runtime.${kind}`
    if (stack !== undefined) this.stack = stack
  }
}

/** @returns `{errorType, errorMessage, trace}` */
export function errorDocument(thrown) {
  try {
    if (!isError(thrown)) return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] }
    const { name, message, stack } = thrown
    return {
      errorType: String(name),
      errorMessage: String(message),
      trace: typeof stack === 'string' ? stack.split('\n') : [],
    }
  } catch {
    // Its own getters or toString throw.
    return { errorType: 'handled', errorMessage: 'The function failed with a value that cannot be read.', trace: [] }
  }
}

/** Errors of another realm, such as a `vm` context, count as well. */
const isError = (thrown) => thrown instanceof Error || Object.prototype.toString.call(thrown) === '[object Error]'
