/**
 * Finds the Python that functions run on. The one on the path may be a script that chooses another and needs the user's environment for it; functions do not have
 * that environment, so the interpreter itself is asked for once.
 * @module
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { z } from 'zod'

export interface PythonProgram {
  /** Full path. */
  readonly program: string
  /** Where `pip install --user` installs; undefined where that is off. */
  readonly userBase: string | undefined
}

export class PythonMissing extends Error {
  override readonly name = 'PythonMissing'
}

/** @param name path or name. @throws {PythonMissing} */
export async function findPython(name: string): Promise<PythonProgram> {
  try {
    const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^(?:COFFER|AWS)_/i.test(key)))
    const { stdout } = await promisify(execFile)(name, ['-c', QUESTION], { env, timeout: LIMIT_MS })
    const [program, userBase] = answerShape.parse(JSON.parse(stdout))
    return { program, userBase: userBase ?? undefined }
  } catch (error) {
    throw new PythonMissing(
      `Python functions need Python 3, and '${name}' cannot be run${codeIn(error)}. Install it, or name another by --python (COFFER_PYTHON) of \`coffer serve\`.`,
    )
  }
}

/** Node's code of an error, in brackets, or nothing. */
export const codeIn = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? ` (${String(error.code)})` : ''

const QUESTION = `import json, site, sys
assert sys.version_info >= (3, 8)
print(json.dumps([sys.executable, site.getuserbase() if site.ENABLE_USER_SITE else None]))`

const LIMIT_MS = 20_000

const answerShape = z.tuple([z.string().min(1), z.string().nullable()])
