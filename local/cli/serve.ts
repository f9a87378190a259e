/**
 * `coffer serve`: runs until it is told to stop.
 * @module
 */
import { readServeConfig, takeSecrets, type Environment, type Flags } from '../config.ts'
import { DescriptorOutput } from '../log/output.ts'
import { startCoffer, type RunningCoffer, type StartOptions } from '../start.ts'

const STANDARD_OUTPUT = 1
/** A signal to a process group arrives twice, from the sender and passed on by npm: what comes this soon is the same one. */
const SAME_SIGNAL_MS = 1000

export async function serve(
  flags: Flags,
  environment: Environment,
  extra: Pick<StartOptions, 'compose'> = {},
): Promise<void> {
  const config = readServeConfig(flags, environment)
  const secrets = takeSecrets(environment)
  const output = new DescriptorOutput(STANDARD_OUTPUT)
  const coffer = await startCoffer({ config, secrets, environment, output, ...extra })
  stopOnSignal(coffer, output)
  stopOnFault(coffer, output)
  reloadOnSignal(coffer)
}

/** As daemons do. Without this SIGHUP would end the process. */
function reloadOnSignal(coffer: RunningCoffer): void {
  process.on('SIGHUP', () => void coffer.reloadIdentities())
}

/** The first signal lets requests finish; a second one, a second or more later, ends the process at once. */
function stopOnSignal(coffer: RunningCoffer, output: DescriptorOutput): void {
  let stoppingSince: number | undefined
  const stop = (): void => {
    if (stoppingSince === undefined) {
      stoppingSince = performance.now()
      coffer.close().then(
        () => process.exit(0),
        (error: unknown) => fail(coffer, output, error),
      )
      return
    }
    if (performance.now() - stoppingSince < SAME_SIGNAL_MS) return
    output.flushSync()
    process.exit(1)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

/** What nobody caught leaves the process in a state that nobody knows: say it and end; the data is consistent at every moment. */
function stopOnFault(coffer: RunningCoffer, output: DescriptorOutput): void {
  process.on('uncaughtException', (error) => fail(coffer, output, error))
  process.on('unhandledRejection', (error) => fail(coffer, output, error))
}

function fail(coffer: RunningCoffer, output: DescriptorOutput, error: unknown): void {
  coffer.log.fault(error, { during: 'run' })
  output.flushSync()
  process.exit(1)
}
