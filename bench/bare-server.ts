/**
 * The ceiling: node:http and nothing else. Answers every request with the bytes of the file that it is given, and does not even look at the request.
 * Run as `node bare-server.ts <port> <file>`.
 * @module
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

const [port = '', file = ''] = process.argv.slice(2)
const { headers, body } = JSON.parse(readFileSync(file, 'utf8')) as { headers: string[]; body: string }

createServer((_, response) => {
  response.writeHead(200, headers)
  response.end(body)
}).listen(Number(port), '127.0.0.1')
