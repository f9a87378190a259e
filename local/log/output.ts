/**
 * Standard output without waiting: lines are collected and written in one go, one write under way at a time. A reader that stalls costs log lines (they are
 * counted and the count is said), never requests or memory.
 * @module
 */
import { write, writeSync } from 'node:fs'

export interface Output {
  /** `line` without its line feed. */
  line(line: string): void
  /** Writes what is left, and resolves when it is out. */
  close(): Promise<void>
  /** For a process that is about to die. */
  flushSync(): void
}

const FLUSH_BYTES = 64 * 1024
const FLUSH_AFTER_MS = 10
const RETRY_AFTER_MS = 10
/** Characters that may wait for a slow reader. */
const BACKLOG_LIMIT = 8 * 1024 * 1024

/** @param descriptor of a file, a pipe or a terminal */
export class DescriptorOutput implements Output {
  readonly #descriptor: number
  #pending = ''
  #dropped = 0
  #timer: NodeJS.Timeout | undefined
  #isWriting = false
  /** The reader has gone: nothing more can be said. */
  #isBroken = false
  #whenIdle: (() => void)[] = []

  constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  line(line: string): void {
    if (this.#isBroken) return
    if (this.#pending.length + line.length > BACKLOG_LIMIT) {
      this.#dropped++
      return
    }
    this.#pending += `${line}\n`
    if (this.#isWriting) return
    if (this.#pending.length >= FLUSH_BYTES) this.#flush()
    else this.#timer ??= setTimeout(() => this.#flush(), FLUSH_AFTER_MS)
  }

  async close(): Promise<void> {
    this.#flush()
    while (this.#isWriting) await new Promise<void>((resolve) => this.#whenIdle.push(resolve))
  }

  flushSync(): void {
    const bytes = Buffer.from(this.#take(), 'utf8')
    let offset = 0
    // A pipe that is full answers EAGAIN; a dying process gives it some tries and no more.
    for (let tries = 0; offset < bytes.length && tries < 1000; tries++) {
      try {
        offset += writeSync(this.#descriptor, bytes, offset)
      } catch (error) {
        if (codeOf(error) !== 'EAGAIN') return
      }
    }
  }

  #flush(): void {
    if (this.#isWriting || this.#pending === '') return
    this.#isWriting = true
    this.#write(Buffer.from(this.#take(), 'utf8'), 0)
  }

  #take(): string {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const text = this.#pending
    this.#pending = ''
    if (this.#dropped === 0) return text
    const notice = `coffer: ${this.#dropped} log lines were dropped because standard output was not read\n`
    this.#dropped = 0
    return text + notice
  }

  #write(bytes: Buffer, offset: number): void {
    write(this.#descriptor, bytes, offset, bytes.length - offset, null, (error, written) => {
      if (codeOf(error) === 'EAGAIN') {
        setTimeout(() => this.#write(bytes, offset), RETRY_AFTER_MS)
        return
      }
      if (error) this.#isBroken = true
      else if (offset + written < bytes.length) {
        this.#write(bytes, offset + written)
        return
      }
      this.#settle()
    })
  }

  isBusy(): boolean {
    return this.#isWriting
  }

  #settle(): void {
    this.#isWriting = false
    // A broken pipe stays broken, and a reader that left needs no backlog.
    if (this.#isBroken) this.#take()
    if (this.#pending.length >= FLUSH_BYTES || this.#whenIdle.length > 0) this.#flush()
    else if (this.#pending !== '') this.#timer ??= setTimeout(() => this.#flush(), FLUSH_AFTER_MS)
    if (this.isBusy()) return
    const waiting = this.#whenIdle
    this.#whenIdle = []
    for (const resolve of waiting) resolve()
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
}
