/**
 * The load generator where wrk is missing. Run as `node autocannon-load.ts <url> <request file> <connections> <seconds>`; each connection sends its own share
 * of the requests in turn.
 * @module
 */
import autocannon from 'autocannon'
import { readRequestFile } from './request-file.ts'

/** These autocannon writes itself, with the same values. */
const OWN_HEADERS: ReadonlySet<string> = new Set(['host', 'content-length'])

const [url = '', file = '', connections = '', seconds = ''] = process.argv.slice(2)
const count = Number(connections)
const requests = readRequestFile(file).map(parse)
const shares = Array.from({ length: count }, (_, share) => requests.filter((__, index) => index % count === share))

const result = await autocannon({
  url,
  connections: count,
  duration: Number(seconds),
  timeout: 10,
  setupClient: (client) => client.setRequests(shares.pop() ?? requests),
})
const report = {
  completed: result['2xx'] + result.non2xx,
  seconds: result.duration,
  p50Ms: result.latency.p50,
  p99Ms: result.latency.p99,
  failed: result.non2xx + result.errors + result.timeouts,
}
console.log(JSON.stringify(report))

function parse(request: string): autocannon.Request {
  const end = request.indexOf('\r\n\r\n')
  const lines = request.slice(0, end).split('\r\n').slice(1)
  const sent = lines.map((line) => line.split(': ', 2) as [string, string])
  const headers = Object.fromEntries(sent.filter(([name]) => !OWN_HEADERS.has(name)))
  return { method: 'POST', path: '/', headers, body: request.slice(end + 4) }
}
