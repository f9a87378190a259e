/**
 * How the process of a function is started. Node gets its heap limit as an option; the Python bootstrap sets a limit on the data of its process (Linux), 64 MB above
 * the function's memory for the interpreter itself. Neither is Lambda's exact limit.
 * @module
 */
import { join } from 'node:path'
import type { PythonProgram } from './python-program.ts'
import type { RunnableFunction } from './runnable-function.ts'

export const BOOTSTRAP_FOLDER = join(import.meta.dirname, 'bootstrap')

export interface ProcessCommand {
  /** Full path. */
  readonly program: string
  readonly args: readonly string[]
  readonly pythonUserBase?: string | undefined
  /** For the log, as in Lambda's INIT_START line. */
  readonly runtimeVersion: string
}

/** @param findPython asked for Python functions only */
export async function commandOf(
  fn: RunnableFunction,
  findPython: () => Promise<PythonProgram>,
): Promise<ProcessCommand> {
  if (fn.runtime.startsWith('python')) {
    const { program, userBase } = await findPython()
    return {
      program,
      // Unbuffered, so that what was printed is there when a process is killed; and nothing is written into the code folder.
      args: ['-u', '-B', join(BOOTSTRAP_FOLDER, 'python.py')],
      pythonUserBase: userBase,
      runtimeVersion: 'python:3',
    }
  }
  return {
    program: process.execPath,
    args: [`--max-old-space-size=${fn.memoryMb}`, join(BOOTSTRAP_FOLDER, 'node.mjs')],
    runtimeVersion: `nodejs:${process.versions.node}`,
  }
}
