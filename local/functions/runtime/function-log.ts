/**
 * What a function has written, in memory only and bounded: the oldest lines go first.
 * @module
 */
import type { LogLine } from './runnable-function.ts'

const MAX_CHARACTERS = 200_000
/** What a line costs beyond its characters, so that empty lines are bounded as well. */
const LINE_COST = 64

export class FunctionLog {
  #lines: LogLine[] = []
  /** Index of the oldest that is still kept. */
  #start = 0
  #size = 0

  append(line: LogLine): void {
    this.#lines.push(line)
    this.#size += costOf(line)
    while (this.#size > MAX_CHARACTERS) this.#dropOldest()
    if (this.#start > this.#lines.length / 2) {
      this.#lines = this.#lines.slice(this.#start)
      this.#start = 0
    }
  }

  /** Oldest first. */
  lines(): readonly LogLine[] {
    return this.#lines.slice(this.#start)
  }

  #dropOldest(): void {
    const oldest = this.#lines[this.#start]
    if (oldest === undefined) return
    this.#size -= costOf(oldest)
    this.#start++
  }
}

const costOf = ({ text }: LogLine): number => text.length + LINE_COST

const MAX_TAIL_BYTES = 4096

/** The last 4 KB of one invocation. */
export class LogTail {
  #text = ''

  append(line: string): void {
    this.#text += `${line}\n`
    // A character has at most three bytes for each of its UTF-16 units, and at least one.
    if (this.#text.length > 4 * MAX_TAIL_BYTES) this.#text = this.#text.slice(-MAX_TAIL_BYTES)
  }

  toString(): string {
    const bytes = Buffer.from(this.#text)
    if (bytes.length <= MAX_TAIL_BYTES) return this.#text
    let start = bytes.length - MAX_TAIL_BYTES
    // Not in the middle of a character.
    while (((bytes[start] ?? 0) & 0xc0) === 0x80) start++
    return bytes.toString('utf8', start)
  }
}
