/**
 * What the functions wrote to their logs: the newest part of it, by function.
 * @module
 */

const LIMIT = 4 * 1024 * 1024

export class LogBuffer {
  readonly #texts = new Map<string, string>()
  readonly #onText: (name: string, text: string) => void

  constructor(onText: (name: string, text: string) => void = () => undefined) {
    this.#onText = onText
  }

  append(name: string, text: string): void {
    const whole = (this.#texts.get(name) ?? '') + text
    this.#texts.set(name, whole.length > LIMIT ? whole.slice(-LIMIT) : whole)
    this.#onText(name, text)
  }

  get all(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#texts)
  }
}
