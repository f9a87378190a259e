/**
 * `POST /_coffer/sign-in`: a user's name and password, and a code where the user has an MFA device, for temporary credentials. Nobody has signed it, so it tells nothing: no user, a
 * wrong password and a wrong code get one answer, after the same work.
 * @module
 */
import { z } from 'zod'
import type { WireResponse } from '../../lambda/protocol/wire.ts'
import type { Identities } from '../identities/identities.ts'
import { devicesOf } from '../identities/mfa.ts'
import type { User } from '../identities/model.ts'
import { isTurnFree, MAX_PASSWORD_LENGTH, verifyPassword } from '../identities/passwords.ts'
import { Throttle, throttledName } from '../identities/throttle.ts'
import type { OpenEndpoint, OpenRequest } from './endpoint.ts'
import { answersOf, parseJson } from './plain-json.ts'
import { sourceNetwork } from './source-network.ts'

const OPERATION = 'SignIn'
const { refuse } = answersOf(OPERATION)
/** As of GetSessionToken. */
const DEFAULT_SECONDS = 43_200
const [MIN_SECONDS, MAX_SECONDS] = [900, 129_600]
/** Many people may share one address. */
const ALLOWED_PER_ADDRESS = 20

const inputSchema = z.strictObject({
  account: z
    .string()
    .regex(/^\d{12}$/)
    .exactOptional(),
  user: z.string().min(1).max(128),
  password: z
    .string()
    .min(1)
    .max(4 * MAX_PASSWORD_LENGTH),
  code: z
    .string()
    .regex(/^\d{6}$/)
    .exactOptional(),
  durationSeconds: z.int().min(MIN_SECONDS).max(MAX_SECONDS).default(DEFAULT_SECONDS),
})
type SignIn = z.output<typeof inputSchema>

export interface SignInOptions extends Pick<Identities, 'store' | 'sessions' | 'mfa' | 'passwordAttempts'> {
  /** For who names none. */
  readonly defaultAccount: string
  /** Wall time, epoch milliseconds. */
  readonly now: () => number
}

export function signInEndpoint(options: SignInOptions): OpenEndpoint {
  const { passwordAttempts: users } = options
  const addresses = new Throttle({ now: options.now, allowed: ALLOWED_PER_ADDRESS })

  const answer = async (request: OpenRequest): Promise<WireResponse> => {
    const input = read(request)
    if (input === undefined) return malformed()
    const { account = options.defaultAccount } = input
    const [name, address] = [throttledName(account, input.user), sourceNetwork(request.sourceIp ?? '')]
    // An address that may try no more locks out nobody.
    if (!addresses.attempt(address) || !users.attempt(name))
      return refuse('ThrottlingException', THROTTLED, 'too many attempts')
    const outcome = await signIn(options, account, input)
    if ('reason' in outcome) return refuse('AccessDeniedException', DENIED, outcome.reason)
    users.succeed(name)
    addresses.forgive(address)
    return outcome
  }

  return {
    kind: 'open',
    name: 'coffer',
    isLogged: true,
    answer: async (request) =>
      isTurnFree('sign-in') ? answer(request) : refuse('ThrottlingException', THROTTLED, 'too many at once'),
  }
}

const DENIED = 'The account, the user name, the password or the MFA code is wrong.'
const THROTTLED = 'There were too many attempts to sign in. Try again later.'

interface Denied {
  /** For the log. */
  readonly reason: string
}

async function signIn(options: SignInOptions, account: string, input: SignIn): Promise<WireResponse | Denied> {
  const { store, sessions, now } = options
  const user = store.account(account).users.get(input.user.toLowerCase())
  const isRight = await verifyPassword(input.password, user?.passwordHash)
  if (user === undefined || !isRight) return { reason: 'no such user, or a wrong password' }
  const mfa = await checkCode(options, account, { user, code: input.code })
  if (typeof mfa === 'object') return mfa
  const session = sessions.issue({
    kind: 'user',
    account,
    identityId: user.id,
    identityName: user.name,
    identityPath: user.path,
    durationSeconds: input.durationSeconds,
    ...(mfa === 'accepted' && { mfaAt: now() }),
  })
  const body = {
    accessKeyId: session.accessKeyId,
    secretAccessKey: session.secretAccessKey,
    sessionToken: session.sessionToken,
    expiration: new Date(session.expiresAt).toISOString(),
    arn: user.arn,
  }
  return {
    status: 200,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: JSON.stringify(body),
    report: { operation: OPERATION, resource: user.arn },
  }
}

/** A user with a device needs a code of it. */
async function checkCode(
  { store, mfa }: SignInOptions,
  account: string,
  { user, code }: { readonly user: User; readonly code: string | undefined },
): Promise<'accepted' | 'none' | Denied> {
  const hasDevice = user.mfaDevices.length > 0 || devicesOf(store.account(account), user.name).length > 0
  if (!hasDevice) return code === undefined ? 'none' : { reason: 'an MFA code of a user without a device' }
  if (code === undefined) return { reason: 'no MFA code' }
  const verdict = await mfa.verifyCode({ account, userName: user.name, code })
  return verdict === 'accepted' ? verdict : { reason: `MFA: ${verdict}` }
}

/** Undefined for what is not a sign-in. A form of a web page cannot send this content type elsewhere. */
function read({ contentType = '', body }: OpenRequest): SignIn | undefined {
  if (!/^application\/json\b/i.test(contentType)) return undefined
  const input = inputSchema.safeParse(parseJson(body))
  return input.success ? input.data : undefined
}

const malformed = (): WireResponse =>
  refuse(
    'ValidationException',
    `Expected application/json: {"user": "alice", "password": "...", "code": "123456", "account": "123456789012", "durationSeconds": ${MIN_SECONDS} to ${MAX_SECONDS}}; the last three may be left out.`,
  )
