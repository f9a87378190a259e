/**
 * `coffer account create`: makes the first user of an account of a running server, by a signed call to `/_coffer/accounts`.
 * @module
 */
import { z } from 'zod'
import { ConfigProblem, type Environment } from '../config.ts'
import { callCoffer } from './signed-call.ts'

export interface AccountFlags {
  readonly account?: string
  readonly url?: string
}

const answerSchema = z.object({ arn: z.string(), accessKeyId: z.string(), secretAccessKey: z.string() })

/** @returns lines to paste. @throws {ConfigProblem} {CallProblem} */
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
  return `# ${arn}\nexport AWS_ACCESS_KEY_ID=${accessKeyId}\nexport AWS_SECRET_ACCESS_KEY=${secretAccessKey}\n`
}
