/**
 * Where the time of an operation goes: Coffer under load with node's own sampling profiler.
 * @module
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readCpuProfile, type Share } from './cpu-profile.ts'
import { startCoffer } from './coffer.ts'
import { runLoad } from './load.ts'
import { writeRequestFile } from './request-file.ts'
import { freshDirectory } from './scratch.ts'
import { fill } from './secrets.ts'
import { workloadOf, type OperationName } from './workloads.ts'

const SHOWN = 25
const CONNECTIONS = 16
const SECONDS = 8
/** Per second; more than any operation does. */
const CALLS = 12_000
const INTERVAL_US = 200

/** @returns two tables as text */
export async function profile(operation: OperationName, secrets: number): Promise<string> {
  // Filled by another process: what is looked at shall not be the filling.
  const filled = await startCoffer()
  await fill(filled.address, secrets)
  await filled.stop()

  const directory = freshDirectory('profile')
  const nodeArgs = ['--cpu-prof', `--cpu-prof-dir=${directory}`, `--cpu-prof-interval=${INTERVAL_US}`]
  const coffer = await startCoffer({ dataDir: filled.dataDir, nodeArgs })
  const startedAt = performance.now()
  const { address } = coffer
  const { calls, isOnce } = await workloadOf(operation, { address, secrets, count: CALLS * SECONDS })
  const requests = writeRequestFile(calls, address, { isOnce })
  // The first second is left out: code that is not compiled yet.
  const from = (performance.now() - startedAt + 1000) * 1000
  const { completed, perSecond } = await runLoad({ address, requests, connections: CONNECTIONS, seconds: SECONDS })
  await coffer.stop()

  const { busy, functions, files } = readCpuProfile(join(directory, readdirSync(directory)[0] ?? ''), from)
  const perRequest = busy / (completed * ((SECONDS - 1) / SECONDS))
  const table = (title: string, shares: readonly Share[]): string =>
    [
      title,
      ...shares.slice(0, SHOWN).map(({ name, microseconds }) => {
        const share = microseconds / busy
        return `${(share * perRequest).toFixed(2).padStart(8)} us ${(100 * share).toFixed(1).padStart(5)} %  ${name}`
      }),
    ].join('\n')
  return [
    `${operation}, ${secrets} secrets: ${Math.round(perSecond)}/s under the profiler, ${perRequest.toFixed(1)} us of a core each`,
    table('By file', files),
    table('By function', functions),
  ].join('\n\n')
}
