/**
 * What may be said of an unexpected error. Messages of the language's own errors can quote their input (JSON.parse shows a piece of it), so they are left
 * out; our own errors, and those of the system and of SQLite, speak of files, keys and states only.
 * @module
 */

/** What is said. */
export interface DescribedFault {
  readonly error: string
  readonly stack: string | undefined
}

const LANGUAGE_ERRORS: ReadonlySet<string> = new Set([
  'AggregateError',
  'Error',
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TypeError',
  'URIError',
])
const MAX_CAUSES = 5

export function describeFault(error: unknown): DescribedFault {
  const sentences: string[] = []
  let current = error
  for (let depth = 0; depth < MAX_CAUSES && current instanceof Object; depth++) {
    sentences.push(sentenceOf(current))
    current = 'cause' in current ? current.cause : undefined
  }
  return { error: sentences.join(' <- ') || typeof error, stack: stackOf(error) }
}

function sentenceOf(error: object): string {
  const name = 'name' in error ? String(error.name) : 'object'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  const mayShow = !LANGUAGE_ERRORS.has(name) || code?.startsWith('ERR_SQLITE') === true || 'syscall' in error
  const message = mayShow && 'message' in error ? `: ${String(error.message)}` : ''
  return `${name}${code === undefined ? '' : ` (${code})`}${message}`
}

/** The frames alone: the first lines of a stack repeat the message. */
function stackOf(error: unknown): string | undefined {
  if (!(error instanceof Object) || !('stack' in error) || typeof error.stack !== 'string') return undefined
  const frames = error.stack.split('\n').filter((line) => /^ {4}at /.test(line))
  return frames.map((frame) => frame.trim()).join(' | ')
}
