/**
 * `coffer totp`: the code of a virtual MFA device, from its seed, for scripts and for whom no authenticator app is at hand.
 * @module
 */
import { wallClock } from '../clock.ts'
import { ConfigProblem } from '../config.ts'
import { codeAt, seedBytes, stepAt } from '../identities/totp.ts'
import type { SecretInput } from './secret-input.ts'

export interface TotpFlags {
  readonly pair?: boolean
  readonly next?: boolean
}

/** @param now wall time, epoch milliseconds. @returns a line. @throws {ConfigProblem} */
export async function printTotp(
  { pair = false, next = false }: TotpFlags,
  input: SecretInput,
  now = wallClock.now(),
): Promise<string> {
  if (pair && next) throw new ConfigProblem('--pair and --next were both given: expected one of them')
  const seed = seedBytes(await input.ask('Seed'))
  // What was typed is not repeated: it may be a mistyped seed.
  if (seed === undefined)
    throw new ConfigProblem('The input is no seed of an MFA device: expected base32 of 128 bits or more')
  const step = stepAt(now)
  // Both at once: between two calls a half minute may end, and the codes would not follow each other.
  const steps = pair ? [step - 1, step] : [next ? step + 1 : step]
  return `${steps.map((each) => codeAt(seed, each)).join(' ')}\n`
}
