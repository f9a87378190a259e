/**
 * Calls one at a time or many in flight, for filling and looking; the load itself comes from another process.
 * @module
 */
import { Agent, request } from 'node:http'
import { signCall, type Address, type Call } from './signed-call.ts'

export interface Answer {
  readonly status: number
  readonly headers: readonly string[]
  readonly body: string
}

export class ApiClient {
  readonly #address: Address
  readonly #agent: Agent

  constructor(address: Address, connections = 1) {
    this.#address = address
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections })
  }

  send(call: Call): Promise<Answer> {
    const { headers, body } = signCall(call, this.#address)
    const { host, port } = this.#address
    return new Promise((resolve, reject) => {
      const sent = request({ host, port, method: 'POST', headers, agent: this.#agent }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const { statusCode: status = 0, rawHeaders } = response
          resolve({ status, headers: rawHeaders, body: Buffer.concat(chunks).toString('utf8') })
        })
      })
      sent.on('error', reject)
      sent.end(body)
    })
  }

  /** @throws when the answer is an error */
  async call(call: Call): Promise<Readonly<Record<string, unknown>>> {
    const { status, body } = await this.send(call)
    if (status !== 200) throw new Error(`${call.operation} answered ${status}: ${body.slice(0, 500)}`)
    return JSON.parse(body) as Readonly<Record<string, unknown>>
  }

  close(): void {
    this.#agent.destroy()
  }
}
