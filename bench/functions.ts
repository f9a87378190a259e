/**
 * The functions that are deployed: how large, how long to load beside a function that has the same SDK clients and does nothing, how much work a warm call is, and how long a synth
 * with all bundles takes.
 * @module
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildSync } from 'esbuild'
import { buildOptions, bundle } from '../lib/bundling.ts'
import { allEntries } from '../lib/names.ts'
import { below, type Row } from './row.ts'
import type { Outcome } from './scenario.ts'
import { freshDirectory } from './scratch.ts'
import { median } from './statistics.ts'

const STARTS = 15
const LARGEST_BUNDLE = 400 * 1024
const SLOWEST_START = 1.25
const MOST_WORK_MS = 1
const LONGEST_SYNTH_MS = 15_000

/** What Lambda and the template give a function. */
const environment = {
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
  COFFER_TABLE: 'coffer',
  COFFER_KEY_MODE: 'per-secret',
  COFFER_DEPLOYMENT: 'coffer',
  COFFER_ACCOUNT: '111122223333',
  POWERTOOLS_SERVICE_NAME: 'coffer',
  POWERTOOLS_METRICS_NAMESPACE: 'Coffer',
}

export async function functions(): Promise<Outcome> {
  const folder = freshDirectory('functions')
  const handler = join(bundle(allEntries, folder).functions['get-secret-value'] ?? '', 'index.js')
  const bare = join(folder, 'bare.js')
  buildSync({ ...buildOptions, entryPoints: [resolve('bench/functions/bare-handler.ts')], outfile: bare })
  return { rows: [size(handler), start(handler, bare), work(), synth(folder)], series: [] }
}

const size = (handler: string): Row =>
  below('Functions', 'bundle of GetSecretValue, minified', statSync(handler).size, LARGEST_BUNDLE, 'KB')

/** One after the other in turns, so that what else the machine does meets both. */
function start(handler: string, bare: string): Row {
  const ratios: number[] = []
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = 0; round < STARTS; round++) {
    theirs.push(timeToLoad(bare))
    ours.push(timeToLoad(handler))
    ratios.push((ours.at(-1) ?? NaN) / (theirs.at(-1) ?? NaN))
  }
  const figure = `load of GetSecretValue by that of the SDK clients alone (${Math.round(median(ours))} and ${Math.round(median(theirs))} ms)`
  return below('Functions', figure, median(ratios), SLOWEST_START, 'x')
}

const timeToLoad = (file: string): number =>
  Number(
    execFileSync(process.execPath, ['bench/functions/time-import.cjs', file], { env: environment, encoding: 'utf8' }),
  )

function work(): Row {
  const { stderr } = spawnSync(process.execPath, ['bench/functions/warm-calls.ts'], {
    env: environment,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  return below(
    'Functions',
    'processor time of a warm GetSecretValue, SDK clients stubbed',
    Number(stderr),
    MOST_WORK_MS,
    'us',
  )
}

function synth(folder: string): Row {
  const began = performance.now()
  execFileSync(join('node_modules', '.bin', 'cdk'), ['synth', '--quiet', '--output', join(folder, 'cdk.out')], {
    stdio: 'ignore',
  })
  return below('Functions', 'synth with all bundles', performance.now() - began, LONGEST_SYNTH_MS, 's')
}
