/**
 * One output stream of a function's process, cut into lines. A mark that the bootstrap writes tells where an invocation ends: the pipe and the answer over HTTP
 * arrive independently of each other.
 * @module
 */
import { StringDecoder } from 'node:string_decoder'

/** Longer lines are cut. */
const MAX_LINE = 64 * 1024
/** Longest mark there is, with room. */
const MAX_MARK = 128

export interface OutputListener {
  line(text: string): void
  /** Everything that the invocation has written to this stream was told before. */
  end(requestId: string): void
}

export class OutputLines {
  readonly #listener: OutputListener
  readonly #decoder = new StringDecoder('utf8')
  #rest = ''

  constructor(listener: OutputListener) {
    this.#listener = listener
  }

  write(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#take(line)
    while (this.#rest.length > MAX_LINE) this.#cut()
  }

  /** The stream has ended. */
  finish(): void {
    if (this.#rest !== '') this.#take(this.#rest)
    this.#rest = ''
  }

  #take(line: string): void {
    const [, text = line, requestId] = MARK.exec(line) ?? []
    for (let at = 0; at < text.length; at += MAX_LINE) this.#listener.line(text.slice(at, at + MAX_LINE))
    if (requestId !== undefined) this.#listener.end(requestId)
    else if (text === '') this.#listener.line('')
  }

  /** A mark that has arrived in part stays whole. */
  #cut(): void {
    const mark = this.#rest.indexOf('\0', this.#rest.length - MAX_MARK)
    const at = mark > 0 ? Math.min(mark, MAX_LINE) : MAX_LINE
    this.#listener.line(this.#rest.slice(0, at))
    this.#rest = this.#rest.slice(at)
  }
}

/** Comes after what the function has written without a line feed. */

const MARK = /^([^]*)\0end ([\w-]+)\0$/
