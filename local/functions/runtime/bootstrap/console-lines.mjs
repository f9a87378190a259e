/**
 * `console` as Lambda has it: each line with its time, the request id and a level, all on standard output, so that their order is kept.
 * @module
 */
import { format } from 'node:util'

/** Taken before the function's code can replace it. */
const write = process.stdout.write.bind(process.stdout)
const writeError = process.stderr.write.bind(process.stderr)

const LEVELS = {
  trace: 'TRACE',
  debug: 'DEBUG',
  log: 'INFO',
  info: 'INFO',
  warn: 'WARN',
  error: 'ERROR',
}

let currentRequestId = 'undefined'

export function patchConsole() {
  for (const [name, level] of Object.entries(LEVELS))
    Object.assign(console, { [name]: (...parts) => writeLine(level, format(...parts)) })
}

/** @param level INFO, ERROR and so on */
export function writeLine(level, text) {
  write(`${new Date().toISOString()}\t${currentRequestId}\t${level}\t${text}\n`)
}

export function beginLines(requestId) {
  currentRequestId = requestId
}

/** Tells the server that everything which this invocation has written is before it. Both streams are written to synchronously. */
export function endLines(requestId) {
  const mark = `\0end ${requestId}\0\n`
  write(mark)
  writeError(mark)
}
