/**
 * The pages that need no signature: `/health` and `/metrics`.
 * @module
 */
import { version } from '../version.ts'
import type { OpenEndpoint } from './endpoint.ts'
import type { Metrics } from './metrics.ts'

export function openPages(metrics: Metrics): ReadonlyMap<string, OpenEndpoint> {
  const health = JSON.stringify({ status: 'ok', version })
  return new Map([
    ['/health', page('health', 'application/json', () => Promise.resolve(health))],
    ['/metrics', page('metrics', metrics.contentType, () => metrics.text())],
  ])
}

function page(name: string, contentType: string, text: () => Promise<string>): OpenEndpoint {
  return {
    kind: 'open',
    name,
    answer: async () => ({
      status: 200,
      headers: { 'content-type': contentType, 'cache-control': 'no-store' },
      body: await text(),
      report: { operation: name },
    }),
  }
}
