/**
 * `coffer hash-password`: the hash of a password for the identities file.
 * @module
 */
import { ConfigProblem } from '../config.ts'
import { hashPassword, passwordProblem } from '../identities/passwords.ts'
import type { SecretInput } from './secret-input.ts'

/** @returns a line. @throws {ConfigProblem} */
export async function printPasswordHash({ ask, isInteractive }: SecretInput): Promise<string> {
  const password = await ask('Password')
  const problem = passwordProblem(password)
  if (problem !== undefined) throw new ConfigProblem(problem)
  // Nobody sees what they type.
  if (isInteractive && (await ask('Again')) !== password) throw new ConfigProblem('The two passwords differ')
  return `${await hashPassword(password)}\n`
}
