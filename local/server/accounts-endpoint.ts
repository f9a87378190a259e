/**
 * `/_coffer/accounts`: GET lists the accounts that have identities, POST makes the first user of one: `admin` with AdministratorAccess and an access key. From there on the
 * account's identities are made by its own calls of IAM.
 * @module
 */
import { z } from 'zod'
import type { Entropy } from '../../lambda/core/ports/entropy.ts'
import type { WireResponse } from '../../lambda/protocol/wire.ts'
import { ADMIN_NAME, ADMINISTRATOR_ACCESS } from '../identities/admin.ts'
import { newAccessKey, newUniqueId, type AccessKey } from '../identities/access-keys.ts'
import { FileOwned, type Account, type IdentityStore, type User } from '../identities/model.ts'
import { newUser } from '../identities/new-user.ts'
import { adminEndpoint, answersOf, parseJson } from './plain-json.ts'
import type { SignedEndpoint } from './endpoint.ts'

const { answer, refuse } = answersOf('Accounts')

const inputSchema = z.strictObject({ account: z.string().regex(/^\d{12}$/) })

export interface AccountsEndpointOptions {
  readonly store: IdentityStore
  readonly entropy: Entropy
  /** Wall time, epoch milliseconds. */
  readonly now: () => number
}

export function accountsEndpoint(options: AccountsEndpointOptions): SignedEndpoint {
  return adminEndpoint(async ({ method, body }) => {
    if (method === 'GET') return answer({ accounts: options.store.accounts() })
    if (method === 'POST') return create(options, body)
    return refuse('UnknownOperationException', 'Accounts take GET and POST.')
  })
}

async function create({ store, entropy, now }: AccountsEndpointOptions, body: Buffer): Promise<WireResponse> {
  const input = inputSchema.safeParse(parseJson(body))
  if (!input.success)
    return refuse('ValidationException', 'Expected {"account": "222222222222"}: an account id has twelve digits.')
  const { account: id } = input.data
  try {
    const made = await store.change(id, (account) => {
      // Whoever is there already makes the others; an admin key of Coffer is no way around their policies.
      if (account.users.size > 0) return { account, result: undefined }
      const accessKey = newAccessKey(entropy)
      const user = adminOf(account, { accessKey, userId: newUniqueId('AIDA', entropy), createdAt: now() })
      const users = new Map(account.users).set(ADMIN_NAME, user)
      return { account: { ...account, users }, result: { user, accessKey } }
    })
    if (made === undefined)
      return refuse('ResourceExistsException', `Account ${id} has users already: one of them makes others, with IAM.`)
    const { user, accessKey } = made
    return answer({ account: id, arn: user.arn, ...accessKey })
  } catch (error) {
    if (error instanceof FileOwned) return refuse('InvalidRequestException', error.message)
    throw error
  }
}

interface Made {
  readonly accessKey: AccessKey
  readonly userId: string
  readonly createdAt: number
}

const adminOf = ({ id: account }: Account, { accessKey, userId, createdAt }: Made): User => ({
  ...newUser({ account, id: userId, name: ADMIN_NAME, createdAt }),
  attached: [ADMINISTRATOR_ACCESS],
  accessKeys: [{ ...accessKey, status: 'Active', createdAt, origin: 'api' }],
})
