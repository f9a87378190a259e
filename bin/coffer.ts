/**
 * The command line's entry: coffer.mjs has checked the version of Node.
 * @module
 */
import { run } from '../local/cli/program.ts'

export async function main(argv: readonly string[]): Promise<void> {
  const code = await run(argv.slice(2), {
    environment: process.env,
    print: (text) => process.stdout.write(text),
    complain: (text) => process.stderr.write(text),
  })
  if (code !== undefined) process.exitCode = code
}
