/**
 * What `npm test` runs: every static check, then the tests. Prints what failed in full, what passed in a line, and last of all `N passed, N failed`.
 * @module
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'

interface Outcome {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

const checks = [
  'check:types',
  'check:lint',
  'check:format',
  'check:deps',
  'check:unused',
  'check:model',
  'check:docs',
  'check:clauses',
]
const jestReport = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numFailedTestSuites: z.number(),
  numRuntimeErrorTestSuites: z.number(),
})

const outcomes = [...(await staticChecks()), await tests()]
const sum = (pick: (outcome: Outcome) => number): number =>
  outcomes.reduce((total, outcome) => total + pick(outcome), 0)
const failed = sum((outcome) => outcome.failed)
const skipped = sum((outcome) => outcome.skipped)
process.exitCode = failed === 0 ? 0 : 1
console.log(`${sum((outcome) => outcome.passed)} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)

/** Two at a time. */
async function staticChecks(): Promise<Outcome[]> {
  const waiting = [...checks]
  const results: Outcome[] = []
  const worker = async (): Promise<void> => {
    for (let check = waiting.shift(); check; check = waiting.shift()) results.push(await staticCheck(check))
  }
  await Promise.all([worker(), worker()])
  return results
}

async function staticCheck(name: string): Promise<Outcome> {
  const { code, output, seconds } = await run('npm', ['run', '--silent', name])
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)${code === 0 ? '' : `\n${output}`}`)
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 }
}

async function tests(): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'coffer-tests-'))
  try {
    const report = join(folder, 'report.json')
    const { code, seconds } = await run('jest', ['--ci', '--json', `--outputFile=${report}`], { live: true })
    console.log(`${code === 0 ? 'ok  ' : 'FAIL'} tests (${seconds} s)`)
    return countTests(readFileSync(report, 'utf8'), code)
  } catch (error) {
    console.error('the test runner gave no report:', error)
    return { passed: 0, failed: 1, skipped: 0 }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function countTests(report: string, code: number): Outcome {
  const counts = jestReport.parse(JSON.parse(report))
  const passed = counts.numPassedTests
  // A suite that does not load, or a run of no test at all, is a failure as well.
  const others =
    counts.numRuntimeErrorTestSuites + (passed === 0 || (code !== 0 && counts.numFailedTests === 0) ? 1 : 0)
  return { passed, failed: counts.numFailedTests + others, skipped: counts.numPendingTests }
}

interface Finished {
  readonly code: number
  readonly output: string
  readonly seconds: string
}

/** `live`: what the command says about its progress (on stderr) is passed on as it comes. */
function run(command: string, args: readonly string[], { live = false } = {}): Promise<Finished> {
  const began = performance.now()
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', live ? 'inherit' : 'pipe'],
    shell: process.platform === 'win32',
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      resolve({ code: code ?? 1, output, seconds: ((performance.now() - began) / 1000).toFixed(1) })
    })
  })
}
