/**
 * `coffer account create`: makes the first user of an account of a running server, by a signed call to `/_coffer/accounts`.
 * @module
 */
import { z } from 'zod'
import { ConfigProblem, type Environment } from '../config.ts'
import { linesOf } from './env.ts'
import { callCoffer } from './signed-call.ts'

export interface AccountFlags {
  readonly account?: string
  readonly url?: string
}

/** The ARN goes into a comment: no line may end in it. */
const answerSchema = z.object({
  arn: z.string().regex(/^[\x21-\x7e]+$/),
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
})

/** @returns lines for a shell to evaluate. @throws {ConfigProblem} {CallProblem} */
export async function createAccount(flags: AccountFlags, environment: Environment): Promise<string> {
  const { account } = flags
  if (account === undefined || !/^\d{12}$/.test(account))
    throw new ConfigProblem(
      account === undefined
        ? '--account is missing: the id of the account, twelve digits such as 222222222222'
        : `--account is ${JSON.stringify(account)}, expected twelve digits such as 222222222222`,
    )
  const { arn, accessKeyId, secretAccessKey } = await callCoffer({
    path: '/_coffer/accounts',
    body: { account },
    flags,
    environment,
    service: 'coffer',
    schema: answerSchema,
  })
  const lines = linesOf(
    [
      ['AWS_ACCESS_KEY_ID', accessKeyId],
      ['AWS_SECRET_ACCESS_KEY', secretAccessKey],
    ],
    { shell: undefined, environment },
  )
  return `# ${arn}\n${lines}`
}
