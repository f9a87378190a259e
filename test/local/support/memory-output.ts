import type { Output } from '../../../local/log/output.ts'

export class MemoryOutput implements Output {
  text = ''

  line(line: string): void {
    this.text += `${line}\n`
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  flushSync(): void {
    // Nothing waits.
  }

  get lines(): string[] {
    return this.text.split('\n').slice(0, -1)
  }
}
