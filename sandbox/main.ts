/**
 * `npm run sandbox`: the deployment on this machine. See options.ts for what it takes.
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemEntropy } from '../lambda/adapters/system-entropy.ts'
import { newAccessKey, type AccessKey } from '../local/identities/access-keys.ts'
import { SandboxProblem } from './json.ts'
import { HELP, readCommandLine, type CommandLine } from './options.ts'
import { reportText, violationText } from './report.ts'
import { startSandbox, type Sandbox } from './start.ts'
import { welcomeJson, welcomeText } from './welcome.ts'

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const complain = (text: string): void => void process.stderr.write(`sandbox: ${text}\n`)

try {
  const commandLine = readCommandLine(process.argv.slice(2))
  if (commandLine.help) say(HELP)
  else await run(commandLine)
} catch (error) {
  if (!(error instanceof SandboxProblem)) throw error
  complain(error.message)
  process.exitCode = 1
}

async function run(commandLine: CommandLine): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  // With --json, stdout has nothing but JSON.
  const log = commandLine.json ? (text: string) => void process.stderr.write(`${text}\n`) : say
  const folder = commandLine.out === undefined ? mkdtempSync(join(tmpdir(), 'coffer-sandbox-')) : undefined
  let sandbox: Sandbox | undefined
  try {
    if (folder !== undefined) {
      const { synthesise } = await import('./synthesise.ts')
      await synthesise({ ...commandLine, folder })
    }
    const chosen = chosenKey()
    const admin = chosen ?? newAccessKey(systemEntropy)
    sandbox = await startSandbox({
      ...commandLine,
      assembly: commandLine.out ?? folder ?? '',
      admin,
      replication: { delayMs: commandLine.replicationDelayMs, reorder: commandLine.reorder },
      ...(commandLine.verbose && {
        onLog: (name: string, text: string) => log(text.trimEnd().replaceAll(/^/gm, `${name}: `)),
      }),
      onRefused: (violation) => complain(`REFUSED ${violationText(violation)}`),
      onFault: (error) => complain(error instanceof Error ? (error.stack ?? error.message) : String(error)),
    })
    const welcome = { sandbox, admin, isChosen: chosen !== undefined }
    say(commandLine.json ? welcomeJson(welcome) : welcomeText(welcome))
    await stopped
    const report = sandbox.report()
    const style = { isVerbose: commandLine.verbose, regions: sandbox.regions }
    say(commandLine.json ? JSON.stringify(report) : reportText(report, style))
    // A script that drives it learns of refused calls without reading the report.
    if (report.violations.length > 0) process.exitCode = 1
  } finally {
    await sandbox?.stop()
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  }
}

/** From the environment, so that no argument of a process shows it. */
function chosenKey(): AccessKey | undefined {
  const { COFFER_ADMIN_ACCESS_KEY_ID: accessKeyId, COFFER_ADMIN_SECRET_ACCESS_KEY: secretAccessKey } = process.env
  if (accessKeyId === undefined && secretAccessKey === undefined) return undefined
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new SandboxProblem('Set COFFER_ADMIN_ACCESS_KEY_ID and COFFER_ADMIN_SECRET_ACCESS_KEY, both or none')
  return { accessKeyId, secretAccessKey }
}
