/**
 * The two strategies for databases. `single-user` gives the user a new password. `alternating-users` lets two users take turns, so that the password in use is never changed.
 * Both prove first that the secret knows a password of the user, whoever changes it then.
 * @module
 */
import { adminLogin } from '../admin-secret.ts'
import {
  badValue,
  demandCheckableHost,
  describeLogin,
  hasSameTls,
  isSameServer,
  parseDatabaseSecret,
  type DatabaseSecret,
  type Login,
} from '../database-secret.ts'
import type { Engines, Session } from '../engines/engine.ts'
import { withMembers } from '../json-members.ts'
import { RotationError } from '../rotation-error.ts'
import type { SecretAccess } from '../secret-access.ts'
import { canLogIn, withSession } from './log-in.ts'
import type { Strategy } from './strategy.ts'

export interface DatabaseStrategyOptions {
  readonly secrets: SecretAccess
  readonly engines: Engines
  readonly secret: { readonly name: string; readonly arn: string }
  readonly allowsPlaintext: boolean
}

type Parse = (value: string, stage: string) => DatabaseSecret

export function singleUser(options: DatabaseStrategyOptions): Strategy {
  const { engines } = options
  const parse = parser(options)
  return {
    async next(current, password) {
      return withMembers(parse(current, 'AWSCURRENT').source, { password: await password() })
    },
    async set(values) {
      const current = parse(values.current, 'AWSCURRENT')
      const { login: pending } = parse(values.pending, 'AWSPENDING')
      demandSameUser(pending, current.login)
      if (await canLogIn(engines, pending)) return
      const known = await firstThatLogsIn(engines, [
        current.login,
        // Who may write the current value, and not read the one before, must not have that one's password told by other TLS, or by none.
        ...olderLogin(values.previous, current.login, parse)
          .filter((older) => hasSameTls(older, current.login))
          .map(({ password }) => ({ ...current.login, password })),
      ])
      if (known === undefined) throw oldPasswordRefused(current.login)
      const change = (session: Session): Promise<void> => session.setPassword(pending.username, pending.password)
      if (current.masterarn === undefined) await whileKnown(engines, known, change)
      else await asAdmin(options, { database: current, usernames: [pending.username] }, change)
    },
    test: tested(engines, parse),
    /** Where passwords overlap, the old one goes now. */
    async retire(values) {
      const current = parse(values.current, 'AWSCURRENT')
      const { login } = current
      if (login.kind !== 'redis') return
      // Whatever TLS it was used with: only its hash is told.
      const [old] = olderLogin(values.old, login, parse)
      if (old === undefined || old.password === login.password) return
      const drop = async (session: Session): Promise<void> => session.dropPassword?.(old.username, old.password)
      if (current.masterarn === undefined) await whileKnown(engines, login, drop)
      else await asAdmin(options, { database: current, usernames: [login.username] }, drop)
    },
  }
}

export function alternatingUsers(options: DatabaseStrategyOptions): Strategy {
  const { engines } = options
  const parse = parser(options)
  return {
    async next(value, password) {
      const current = parse(value, 'AWSCURRENT')
      demandAdmin(current)
      const username = alternateOf(current)
      return withMembers(current.source, { username, password: await password() })
    },
    async set(values) {
      const current = parse(values.current, 'AWSCURRENT')
      demandAdmin(current)
      const { login: pending } = parse(values.pending, 'AWSPENDING')
      const { username } = current.login
      const alternate = alternateOf(current)
      demandSameUser(pending, { ...current.login, username: alternate })
      if (!(await canLogIn(engines, current.login))) {
        // Somebody has changed the user in use since; the other one may be ready all the same.
        if (await canLogIn(engines, pending)) return
        throw oldPasswordRefused(current.login)
      }
      await asAdmin(options, { database: current, usernames: [username, alternate] }, (session) =>
        session.setAlternate({ username, alternate, password: pending.password }),
      )
    },
    test: tested(engines, parse),
    retire: async () => undefined,
  }
}

const SUFFIX = '_clone'

/** @throws {RotationError} BadSecretValue for a name that the server would cut */
function alternateOf({ login: { username, kind, engine = kind }, longestName }: DatabaseSecret): string {
  const alternate = username.endsWith(SUFFIX) ? username.slice(0, -SUFFIX.length) : username + SUFFIX
  if (alternate === '') throw badValue('The AWSCURRENT value', `has the user name ${SUFFIX}, which has no other`)
  const { count = Infinity, of = 'bytes' } = longestName ?? {}
  const length = of === 'bytes' ? Buffer.byteLength(alternate) : Array.from(alternate).length
  if (length <= count) return alternate
  const limit = `${engine} takes ${count} ${of} and the second user would be ${JSON.stringify(alternate)}`
  throw badValue('The AWSCURRENT value', `has a user name that is too long to alternate: ${limit}`)
}

function parser({ allowsPlaintext }: DatabaseStrategyOptions): Parse {
  return (value, stage) => {
    const what = `The ${stage} value`
    const parsed = parseDatabaseSecret(value, { what, allowsPlaintext })
    demandCheckableHost(parsed.login, what)
    return parsed
  }
}

const tested =
  (engines: Engines, parse: Parse): Strategy['test'] =>
  async ({ pending }) => {
    const { login } = parse(pending, 'AWSPENDING')
    const answer = await withSession(engines, login, (session) => session.ping())
    if (answer !== undefined) return
    throw new RotationError('PendingPasswordRefused', `The new password is refused by ${describeLogin(login)}.`)
  }

async function firstThatLogsIn(engines: Engines, logins: readonly Login[]): Promise<Login | undefined> {
  for (const login of logins) if (await canLogIn(engines, login)) return login
  return undefined
}

function olderLogin(previous: string | undefined, current: Login, parse: Parse): Login[] {
  if (previous === undefined) return []
  try {
    const { login } = parse(previous, 'AWSPREVIOUS')
    return isSameUser(login, current) ? [login] : []
  } catch {
    // A value of another kind, from before.
    return []
  }
}

/** By the user himself, whose login has just been seen to work. */
async function whileKnown(engines: Engines, login: Login, work: (session: Session) => Promise<void>): Promise<void> {
  if ((await withSession(engines, login, work)) === undefined) throw oldPasswordRefused(login)
}

async function asAdmin(
  { secrets, engines, secret, allowsPlaintext }: DatabaseStrategyOptions,
  target: { readonly database: DatabaseSecret; readonly usernames: readonly string[] },
  work: (session: Session) => Promise<void>,
): Promise<void> {
  const login = await adminLogin(secrets, { secret, allowsPlaintext, ...target })
  if ((await withSession(engines, login, work)) !== undefined) return
  throw new RotationError('AdminPasswordRefused', `The admin's password is refused by ${describeLogin(login)}.`)
}

const isSameUser = (one: Login, other: Login): boolean => isSameServer(one, other) && one.username === other.username

/** A pending value may have been written by hand; it must not point the change at somebody else. */
function demandSameUser(pending: Login, expected: Login): void {
  if (isSameUser(pending, expected)) return
  throw badValue('The AWSPENDING value', `does not name ${describeLogin(expected)}, as the current one asks for`)
}

function demandAdmin({ masterarn }: DatabaseSecret): void {
  if (masterarn !== undefined) return
  throw badValue('The AWSCURRENT value', 'has no `masterarn`; alternating users take the secret of an admin')
}

const oldPasswordRefused = (login: Login): RotationError =>
  new RotationError(
    'OldPasswordRefused',
    `Neither the new password nor the ones before are taken by ${describeLogin(login)}. Has it been changed elsewhere? Put the password that works into the secret.`,
  )
