/**
 * Secrets from the keyboard, without an echo, or from a pipe, one per line. Never from arguments, which other users of the machine can see.
 * @module
 */
import { ConfigProblem } from '../config.ts'

export interface SecretInput {
  /** Whether a person types. */
  readonly isInteractive: boolean
  /** @throws {ConfigProblem} when there is no further line */
  readonly ask: (prompt: string) => Promise<string>
}

/** What of standard input is used; a terminal has the raw mode. */
export interface InputStream extends AsyncIterable<Buffer | string> {
  readonly isTTY?: boolean
  readonly setRawMode?: (isRaw: boolean) => unknown
}

/** Longer than any password. */
const MAX_LENGTH = 4096
const [CTRL_C, CTRL_D, CTRL_U, BACKSPACE, DELETE] = ['\u0003', '\u0004', '\u0015', '\b', '\u007f']

export function secretInput(prompt: (text: string) => void, stream: InputStream = process.stdin): SecretInput {
  const isInteractive = stream.isTTY === true
  const chars = charactersOf(stream)
  return {
    isInteractive,
    async ask(text) {
      if (!isInteractive) return readLine(chars)
      prompt(`${text}: `)
      stream.setRawMode?.(true)
      try {
        return await readLine(chars)
      } finally {
        stream.setRawMode?.(false)
        prompt('\n')
      }
    },
  }
}

async function* charactersOf(stream: InputStream): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder()
  for await (const chunk of stream) yield* typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
  return undefined
}

async function readLine(chars: AsyncGenerator<string, undefined>): Promise<string> {
  let line: string[] = []
  for (;;) {
    const { value: char } = await chars.next()
    if (char === undefined && line.length === 0) throw new ConfigProblem('The input ended before a line was read')
    if (char === undefined || char === '\n' || char === '\r') return line.join('')
    if (char === CTRL_C || char === CTRL_D) throw new ConfigProblem('Cancelled')
    if (char === BACKSPACE || char === DELETE) line.pop()
    else if (char === CTRL_U) line = []
    else line.push(char)
    if (line.length > MAX_LENGTH) throw new ConfigProblem(`The input has more than ${MAX_LENGTH} characters in a line`)
  }
}
