import type { RunningCoffer } from '../../../local/start.ts'
import { callSigned, startForTest } from '../support/running-server.ts'
import { temporaryDirectories } from '../support/temporary-directory.ts'

const newDirectory = temporaryDirectories()
let coffer: RunningCoffer
beforeEach(async () => {
  ;({ coffer } = await startForTest(newDirectory()))
})
afterEach(() => coffer.close())

it('/health says that it is well, and which version it is', async () => {
  const response = await fetch(`${coffer.url}/health?probe`)
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(await response.json()).toEqual({ status: 'ok', version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string })
  const head = await fetch(`${coffer.url}/health`, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
})

it('/metrics is Prometheus text: every line parses, every sample has its type, histograms add up', async () => {
  await callSigned(coffer.url)
  await callSigned(coffer.url, { service: 'kms' })
  const response = await fetch(`${coffer.url}/metrics`)
  expect(response.headers.get('content-type')).toContain('text/plain')
  const types = new Map<string, string>()
  const samples = new Map<string, number>()
  for (const line of (await response.text()).split('\n').filter(Boolean)) {
    const type = /^# TYPE (\w+) (counter|gauge|histogram|summary)$/.exec(line)
    if (type) types.set(type[1]!, type[2]!)
    if (line.startsWith('#')) continue
    const sample = /^([a-zA-Z_:][\w:]*)(\{(?:\w+="(?:[^"\\\n]|\\.)*",?)*\})? (nan|[+-]?(?:inf|\d[\d.e+-]*))$/i.exec(
      line,
    )
    expect([line, sample === null]).toEqual([line, false])
    const name = sample![1]!
    expect(types.has(name) || types.has(name.replace(/_(bucket|sum|count)$/, ''))).toBe(true)
    samples.set(`${name}${sample![2] ?? ''}`, Number(sample![3]))
  }
  expect(samples.get('coffer_requests_total{operation="GetSecretValue",code="OK"}')).toBe(1)
  expect(samples.get('coffer_requests_total{operation="unknown",code="InvalidSignatureException"}')).toBe(1)
  expect(samples.get('coffer_request_duration_seconds_bucket{operation="GetSecretValue",le="+Inf"}')).toBe(1)
  expect(samples.get('coffer_request_duration_seconds_count{operation="GetSecretValue"}')).toBe(1)
  expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(1_000_000)
})
