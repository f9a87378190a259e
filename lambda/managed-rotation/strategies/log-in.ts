/**
 * Logins, opened and closed.
 * @module
 */
import type { Login } from '../database-secret.ts'
import type { Engines, Session } from '../engines/engine.ts'

/** What a strategy asks. @returns undefined when the login is refused */
export async function withSession<T>(
  engines: Engines,
  login: Login,
  work: (session: Session) => Promise<T>,
): Promise<{ readonly result: T } | undefined> {
  const engine = await engines[login.kind]()
  const session = await engine.connect(login)
  if (session === undefined) return undefined
  try {
    return { result: await work(session) }
  } finally {
    // All is done or has failed by now; a connection that cannot be closed changes neither.
    await session.close().catch(() => undefined)
  }
}

export const canLogIn = async (engines: Engines, login: Login): Promise<boolean> =>
  (await withSession(engines, login, async () => undefined)) !== undefined
