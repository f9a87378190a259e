/**
 * DynamoDB itself: one dynalite per Region, in this process and in memory, and the tables of the templates in it.
 * @module
 */
import { Agent, request as httpRequest, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isObject, objectOf, parseJson, SandboxProblem, type JsonObject } from '../../json.ts'
import type { TableDefinition } from './table-definition.ts'

export interface DynamoAnswer {
  readonly status: number
  readonly body: JsonObject
}

const HOST = '127.0.0.1'
const CONTENT_TYPE = 'application/x-amz-json-1.0'
/** Dynalite looks at the form of the header only. */
const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=sandbox/20260101/local/dynamodb/aws4_request, SignedHeaders=host, Signature=none'

export class DynamoEmulator {
  readonly #agent = new Agent({ keepAlive: true })
  readonly #servers = new Map<string, Server>()

  async start(region: string, tables: readonly TableDefinition[]): Promise<void> {
    const server = dynalite()
    this.#servers.set(region, server)
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve))
    for (const { create } of tables) {
      const { status, body } = await this.call(region, 'CreateTable', create)
      if (status !== 200)
        throw new SandboxProblem(`DynamoDB refuses the table of the template: ${JSON.stringify(body)}`)
    }
    for (const { name } of tables) await this.#active(region, name)
  }

  call(region: string, operation: string, input: JsonObject): Promise<DynamoAnswer> {
    const server = this.#servers.get(region)
    if (server === undefined) throw new SandboxProblem(`There is no DynamoDB in ${region}`)
    const { port } = server.address() as AddressInfo
    const headers = {
      'content-type': CONTENT_TYPE,
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      'x-amz-date': '20260101T000000Z',
      authorization: AUTHORIZATION,
    }
    return new Promise((resolve, reject) => {
      const sent = httpRequest(
        { host: HOST, port, method: 'POST', path: '/', headers, agent: this.#agent },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', reject)
          response.on('end', () => {
            const body = parseJson(Buffer.concat(chunks).toString('utf8'))
            resolve({ status: response.statusCode ?? 500, body: isObject(body) ? body : {} })
          })
        },
      )
      sent.on('error', reject)
      sent.end(JSON.stringify(input))
    })
  }

  async stop(): Promise<void> {
    this.#agent.destroy()
    const closed = [...this.#servers.values()].map((server) => new Promise((resolve) => server.close(resolve)))
    for (const server of this.#servers.values()) server.closeAllConnections()
    await Promise.all(closed)
  }

  async #active(region: string, table: string): Promise<void> {
    for (;;) {
      const { body } = await this.call(region, 'DescribeTable', { TableName: table })
      if (objectOf(body.Table, 'DescribeTable').TableStatus === 'ACTIVE') return
      await delay(2)
    }
  }
}

/** It has no types, and is for development only: loaded when it is needed. */
function dynalite(): Server {
  const require = createRequire(join(import.meta.dirname, 'emulator.ts'))
  const make = require('dynalite') as (options: Readonly<Record<string, number>>) => Server
  return make({ createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 })
}
