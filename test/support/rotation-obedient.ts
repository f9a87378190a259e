/**
 * The function of test/rotation/functions/obedient.mjs, and the folder through which a test tells it what to do.
 * @module
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import type { AddedFunction } from './rotation-embedded.ts'

export type Phase = 'enter' | 'worked'

export const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const
export type Step = (typeof STEPS)[number]

export interface Trace {
  readonly phase: Phase
  /** Of the secret. */
  readonly name: string
  readonly step: Step
  readonly version: string
  /** RotationToken. */
  readonly token: string
  /** Real time, epoch milliseconds. */
  readonly at: number
  readonly pid: number
}

/** A point at which the function stops. */
export interface Point {
  readonly name: string
  readonly phase: Phase
  readonly step: Step
}

const SOURCE = join(import.meta.dirname, '..', 'rotation', 'functions', 'obedient.mjs')
let built: string | undefined

/** With the SDK in it, as Lambda has it in its Node. */
export function obedientFunction(control: Control, more: Partial<AddedFunction> = {}): AddedFunction {
  built ??= buildSync({
    entryPoints: [SOURCE],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    minify: true,
    write: false,
  }).outputFiles[0]!.text
  return {
    name: 'obedient',
    runtime: 'nodejs22.x',
    handler: 'index.handler',
    files: { 'index.js': built },
    ...more,
    environment: { CONTROL: control.folder, ...more.environment },
  }
}

export class Control {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
  }

  /** All that it did, in its order. */
  trace(name?: string): Trace[] {
    const path = join(this.folder, 'trace')
    if (!existsSync(path)) return []
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
    return lines.map((line) => JSON.parse(line) as Trace).filter((one) => name === undefined || one.name === name)
  }

  hold(point: Point): void {
    writeFileSync(this.#fileOf(point), '')
  }

  go(point: Point): void {
    rmSync(this.#fileOf(point), { force: true })
  }

  /** Resolves when the function has come there. @param after how often it had been there */
  async reached({ name, phase, step }: Point, after = 0): Promise<Trace> {
    const end = performance.now() + 30_000
    for (;;) {
      const there = this.trace(name).filter((one) => one.phase === phase && one.step === step)[after]
      if (there) return there
      if (performance.now() > end) throw new Error(`${name} did not come to ${phase} ${step}`)
      await new Promise((resolve) => setTimeout(resolve, 3))
    }
  }

  #fileOf({ name, phase, step }: Point): string {
    return join(this.folder, `hold-${name}-${phase}-${step}`)
  }
}
