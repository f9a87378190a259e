/**
 * Answers leave together at the end of the event loop's turn. A write to a socket wakes its reader; writing one answer, working on the next request, writing
 * again wakes a busy client once per answer. In a burst it is woken once. Measured with 64 connections on two cores: two thirds of the CPU time per request
 * and nearly twice the requests; with one connection no difference.
 * @module
 */
import type { ServerResponse } from 'node:http'

export class Outbox {
  #responses: ServerResponse[] = []
  #bodies: string[] = []
  #encodings: ('latin1' | 'utf8')[] = []
  readonly #flush = (): void => {
    const responses = this.#responses
    const bodies = this.#bodies
    const encodings = this.#encodings
    this.#responses = []
    this.#bodies = []
    this.#encodings = []
    for (const [index, response] of responses.entries()) response.end(bodies[index], encodings[index] ?? 'utf8')
  }

  /** `response` has its head already; head and body go out in one write. An answer in ASCII is copied as it is, which is cheaper than encoding it. */
  send(response: ServerResponse, body: string, isAscii: boolean): void {
    this.#encodings.push(isAscii ? 'latin1' : 'utf8')
    if (this.#responses.push(response) === 1) setImmediate(this.#flush)
    this.#bodies.push(body)
  }
}
