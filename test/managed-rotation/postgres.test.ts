/**
 * Managed rotation against a real PostgreSQL.
 */
import { hash } from 'node:crypto'
import { managedRotation } from '../../lambda/managed-rotation/managed-rotation.ts'
import { describeUnless } from '../support/other-programs.ts'
import { lackingPostgres, POSTGRES_ADMIN, PostgresServer } from '../support/databases/postgres-server.ts'
import { makeCertificates } from '../support/databases/certificates.ts'
import { suiteDirectories } from '../support/suite-directories.ts'
import { crashEverywhere } from './support/crashes.ts'
import { failureOf } from './support/failure-of.ts'
import { eventOf, jsonAt, MemorySecrets, rotate, type MemorySecret } from './support/memory-secrets.ts'

const makeDirectory = suiteDirectories()
const OPEN_DOOR = 'trusted_user'
const OLD_WAY = 'md5_user'

describeUnless(lackingPostgres(), 'managed rotation of PostgreSQL', () => {
  const secrets = new MemorySecrets()
  const rotation = managedRotation({ secrets: secrets.access, webhookOrigins: [] })
  let server: PostgresServer
  let users = 0

  beforeAll(async () => {
    server = await PostgresServer.start({
      access: [`hostssl all ${OPEN_DOOR} 127.0.0.1/32 trust`, `host all ${OLD_WAY} 127.0.0.1/32 md5`],
    })
  }, 60_000)
  afterAll(() => server.stop())

  const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
  const makeUser = async (username = `app${++users}`, password = `first-${users}`, options = ''): Promise<Json> => {
    await server.query(`CREATE ROLE ${quoted(username)} LOGIN PASSWORD '${password.replaceAll("'", "''")}' ${options}`)
    return { ...place(), username, password }
  }
  const place = (): Json => ({
    engine: 'postgres',
    host: '127.0.0.1',
    port: server.port,
    dbname: 'postgres',
    sslrootcert: server.certificates.authority,
  })
  const canLogIn = async ({ username, password }: Record<string, string>): Promise<boolean> =>
    server.query('SELECT 1', { username: username!, password: password! }).then(
      () => true,
      (error: unknown) => {
        expect(error).toMatchObject({ code: '28P01' })
        return false
      },
    )
  const makeAdmin = (
    tags: Record<string, string> = { 'coffer:rotation-admin-for': '/' },
    more: Json = {},
  ): MemorySecret => secrets.create(`admin-${++users}`, { ...place(), ...POSTGRES_ADMIN, ...more }, { tags })

  describe('of a single user', () => {
    it('gives a password that logs in, and the old one is refused', async () => {
      const first = await makeUser()
      const secret = secrets.create('single', first)
      await rotate(rotation, secrets, secret)
      const current = jsonAt(secret, 'AWSCURRENT')
      expect({ ...current, password: '' }).toEqual({ ...first, password: '' })
      expect(current.password).toHaveLength(32)
      expect([await canLogIn(current), await canLogIn(jsonAt(secret, 'AWSPREVIOUS'))]).toEqual([true, false])
      expect(() => jsonAt(secret, 'AWSPENDING')).toThrow('no text')
    })

    it('rotates twelve times in a row', async () => {
      const secret = secrets.create('twelve', await makeUser())
      const seen = new Set<string>()
      for (let turn = 0; turn < 12; turn++) {
        await rotate(rotation, secrets, secret)
        seen.add(jsonAt(secret, 'AWSCURRENT').password!)
        expect(await canLogIn(jsonAt(secret, 'AWSCURRENT'))).toBe(true)
      }
      expect(seen.size).toBe(12)
    })

    it.each([
      ['quotes', `o'b"r\\ien; DROP ROLE x--`, `'";\\ $1 -- %s`],
      ['other scripts', 'přílišžluť用户🙂', 'пароль\u00a0Ⅸ ﬁn\u00ad'],
    ])('takes names and passwords with %s', async (_, username, password) => {
      const secret = secrets.create('nasty', await makeUser(username, password))
      const id = secrets.begin(secret)
      await rotation(eventOf(secret, id, 'createSecret'))
      // A pending value by hand, with a password as nasty as the first.
      secrets.setValue(secret, id, { ...jsonAt(secret, 'AWSPENDING'), password: `${password}2` })
      for (const step of ['setSecret', 'testSecret', 'finishSecret'] as const) await rotation(eventOf(secret, id, step))
      expect(jsonAt(secret, 'AWSCURRENT').password).toBe(`${password}2`)
      expect([await canLogIn(jsonAt(secret, 'AWSCURRENT')), await canLogIn(jsonAt(secret, 'AWSPREVIOUS'))]).toEqual([
        true,
        false,
      ])
    })

    it('never sends a password in a statement', async () => {
      const secret = secrets.create('logged', await makeUser())
      await rotate(rotation, secrets, secret)
      const { password, username } = jsonAt(secret, 'AWSCURRENT')
      expect(server.log).toContain(`ALTER ROLE "${username!}" WITH PASSWORD 'SCRAM-SHA-256$4096:`)
      expect(server.log).not.toContain(password)
    })

    it('keeps to md5 where the server does', async () => {
      await server.query('ALTER SYSTEM SET password_encryption = md5')
      await server.query('SELECT pg_reload_conf()')
      try {
        const secret = secrets.create('md5', await makeUser(OLD_WAY))
        await rotate(rotation, secrets, secret)
        const { username, password } = jsonAt(secret, 'AWSCURRENT')
        const [row] = await server.query(`SELECT rolpassword FROM pg_authid WHERE rolname = '${username!}'`)
        expect(row?.rolpassword).toBe(`md5${hash('md5', password! + username!)}`)
        expect(await canLogIn(jsonAt(secret, 'AWSCURRENT'))).toBe(true)
      } finally {
        await server.query('ALTER SYSTEM RESET password_encryption')
        await server.query('SELECT pg_reload_conf()')
      }
    })

    it('recovers by the previous value when the current one was never set', async () => {
      const first = await makeUser()
      const secret = secrets.create('previous', first)
      secrets.overwrite(secret, { ...first, password: 'never-set' })
      await rotate(rotation, secrets, secret)
      expect(await canLogIn(jsonAt(secret, 'AWSCURRENT'))).toBe(true)
    })

    it('says who refused when no password is taken, and no password', async () => {
      const secret = secrets.create('changed', await makeUser())
      await server.query(`ALTER ROLE "${jsonAt(secret, 'AWSCURRENT').username!}" PASSWORD 'changed elsewhere'`)
      const failure = await failureOf(rotate(rotation, secrets, secret))
      expect(failure.name).toBe('OldPasswordRefused')
      expect(failure.message).toContain(`postgres at 127.0.0.1:${server.port} as user "app${users}"`)
      expect(failure.message).not.toContain(jsonAt(secret, 'AWSCURRENT').password)
      expect(failure.message).not.toContain(jsonAt(secret, 'AWSPENDING').password)
    })

    it('fails the test step when the new password is refused', async () => {
      const secret = secrets.create('untaken', await makeUser())
      const id = secrets.begin(secret)
      await rotation(eventOf(secret, id, 'createSecret'))
      const failure = await failureOf(rotation(eventOf(secret, id, 'testSecret')))
      expect(failure.name).toBe('PendingPasswordRefused')
    })

    it('does not point the change at another user by a pending value made by hand', async () => {
      const victim = await makeUser()
      const secret = secrets.create('deputy', await makeUser())
      const id = secrets.begin(secret)
      secrets.setValue(secret, id, { ...victim, password: 'mine now' })
      await expect(rotation(eventOf(secret, id, 'setSecret'))).rejects.toMatchObject({ name: 'BadSecretValue' })
      expect(await canLogIn(victim as Record<string, string>)).toBe(true)
    })

    it('does not trust a server that asks for no password', async () => {
      await server.query(`CREATE ROLE ${OPEN_DOOR} LOGIN`)
      const secret = secrets.create('trust', { ...place(), username: OPEN_DOOR, password: 'x' })
      const failure = await failureOf(rotate(rotation, secrets, secret))
      expect(failure).toMatchObject({ name: 'DatabaseRefused', message: expect.stringContaining('pg_hba.conf') })
    })

    it('recovers from a crash at every boundary', async () => {
      const boundaries = await crashEverywhere({
        secrets,
        make: async () => secrets.create('crash', await makeUser()),
        whenCrashed: async (secret) => {
          const logins = await Promise.all(staged(secret).map(canLogIn))
          expect(logins).toContain(true)
        },
        whenRecovered: async (secret) => {
          expect(await canLogIn(jsonAt(secret, 'AWSCURRENT'))).toBe(true)
          expect(await canLogIn(jsonAt(secret, 'AWSPREVIOUS'))).toBe(false)
        },
      })
      expect(boundaries).toBeGreaterThan(20)
    }, 240_000)
  })

  describe('of alternating users', () => {
    const make = async (options = ''): Promise<MemorySecret> =>
      secrets.create('alternating', { ...(await makeUser(undefined, undefined, options)), masterarn: makeAdmin().arn })

    it('lets two users take turns: the new one logs in, the old one still does', async () => {
      const secret = await make()
      const { username } = jsonAt(secret, 'AWSCURRENT')
      const names: string[] = []
      for (let turn = 0; turn < 12; turn++) {
        await rotate(rotation, secrets, secret)
        const [current, previous] = [jsonAt(secret, 'AWSCURRENT'), jsonAt(secret, 'AWSPREVIOUS')]
        expect([await canLogIn(current), await canLogIn(previous)]).toEqual([true, true])
        names.push(current.username!)
      }
      expect(names.slice(0, 3)).toEqual([`${username!}_clone`, username, `${username!}_clone`])
    })

    it('lets both do the same: rights, attributes and what they own', async () => {
      const secret = await make('CREATEDB')
      const { username } = jsonAt(secret, 'AWSCURRENT')
      await server.query(`CREATE SCHEMA "s_${username!}" AUTHORIZATION "${username!}"`)
      await rotate(rotation, secrets, secret)
      const [now, before] = [loginAt(secret, 'AWSCURRENT'), loginAt(secret, 'AWSPREVIOUS')]
      expect(now.username).toBe(`${before.username}_clone`)
      await server.query(`CREATE TABLE "s_${before.username}".made (n int)`, now)
      await server.query(`CREATE DATABASE "d_${before.username}"`, now)
      await server.query(`DROP TABLE "s_${before.username}".made`, before)
      await server.query(`DROP DATABASE "d_${before.username}"`, before)
    })

    it('refuses a second user that has nothing to do with the first', async () => {
      const secret = await make()
      const { username } = jsonAt(secret, 'AWSCURRENT')
      await server.query(`CREATE ROLE "${username!}_clone" LOGIN SUPERUSER PASSWORD 'mine'`)
      const failure = await failureOf(rotate(rotation, secrets, secret))
      expect(failure).toMatchObject({ name: 'DatabaseRefused', message: expect.stringContaining('no member') })
      expect(await canLogIn({ username: `${username!}_clone`, password: 'mine' })).toBe(true)
    })

    it('works with an admin that is no superuser', async () => {
      const admin = await makeUser(`creator${++users}`, 'creator', 'CREATEROLE')
      const adminSecret = makeAdmin({ 'coffer:rotation-admin-for': '/' }, admin)
      const secret = secrets.create('by-creator', { ...(await makeUser()), masterarn: adminSecret.arn })
      await rotate(rotation, secrets, secret)
      await rotate(rotation, secrets, secret)
      expect(await canLogIn(jsonAt(secret, 'AWSPREVIOUS'))).toBe(true)
    })

    it('refuses a name that the server would cut, before anything is stored', async () => {
      const username = 'ü'.repeat(29)
      const secret = secrets.create('long', { ...(await makeUser(username)), masterarn: makeAdmin().arn })
      const failure = await failureOf(rotate(rotation, secrets, secret))
      expect(failure).toMatchObject({ name: 'BadSecretValue', message: expect.stringContaining('63 bytes') })
    })

    it('uses the admin only for a user whose password the secret knows', async () => {
      const secret = await make()
      secrets.overwrite(secret, { ...jsonAt(secret, 'AWSCURRENT'), password: 'a guess' })
      const { username } = jsonAt(secret, 'AWSCURRENT')
      const failure = await failureOf(rotate(rotation, secrets, secret))
      expect(failure.name).toBe('OldPasswordRefused')
      expect(await server.query(`SELECT 1 FROM pg_roles WHERE rolname = '${username!}_clone'`)).toEqual([])
    })

    it.each<[title: string, admin: (username: string) => MemorySecret, message: RegExp]>([
      ['has no tag', () => makeAdmin({}), /has no tag coffer:rotation-admin-for.*value "alternating"/],
      ['is for others', () => makeAdmin({ 'coffer:rotation-admin-for': 'alternatin other/' }), /not for this secret/],
      ['is of another host', () => makeAdmin(undefined, { host: 'localhost' }), /host and port/],
      ['is of another port', () => makeAdmin(undefined, { port: 1 }), /host and port/],
      ['is of another engine', () => makeAdmin(undefined, { engine: 'mysql' }), /engine, host/],
      ['is the user itself', (username) => makeAdmin(undefined, { username }), /to be rotated/],
      ['is the other user', (username) => makeAdmin(undefined, { username: `${username}_clone` }), /to be rotated/],
    ])('refuses an admin that %s', async (_, admin, message) => {
      const user = await makeUser()
      const secret = secrets.create('alternating', { ...user, masterarn: admin(String(user.username)).arn })
      const failure = await failureOf(rotate(rotation, secrets, secret))
      expect(failure).toMatchObject({ name: 'AdminSecretNotUsable', message: expect.stringMatching(message) })
      expect(failure.message).not.toContain(POSTGRES_ADMIN.password)
    })

    it('says when it is the password of the admin that is refused', async () => {
      const adminSecret = makeAdmin(undefined, { password: 'outdated' })
      const secret = secrets.create('alternating', { ...(await makeUser()), masterarn: adminSecret.arn })
      await expect(rotate(rotation, secrets, secret)).rejects.toMatchObject({ name: 'AdminPasswordRefused' })
    })

    it('recovers from a crash at every boundary, and the current value always logs in', async () => {
      const boundaries = await crashEverywhere({
        secrets,
        make,
        whenCrashed: async (secret) => expect(await canLogIn(jsonAt(secret, 'AWSCURRENT'))).toBe(true),
        whenRecovered: async (secret) => {
          expect(await canLogIn(jsonAt(secret, 'AWSCURRENT'))).toBe(true)
          expect(await canLogIn(jsonAt(secret, 'AWSPREVIOUS'))).toBe(true)
          const { username } = jsonAt(secret, 'AWSPREVIOUS')
          const [row] = await server.query(
            `SELECT pg_has_role('${username!}_clone', '${username!}', 'MEMBER') AS member`,
          )
          expect(row?.member).toBe(true)
        },
      })
      expect(boundaries).toBeGreaterThan(30)
    }, 240_000)

    it('lets an admin set the password of a single user, too', async () => {
      const secret = secrets.create(
        'by-admin',
        { ...(await makeUser()), masterarn: makeAdmin().arn },
        { settings: { strategy: 'single-user' } },
      )
      await rotate(rotation, secrets, secret)
      expect([await canLogIn(jsonAt(secret, 'AWSCURRENT')), await canLogIn(jsonAt(secret, 'AWSPREVIOUS'))]).toEqual([
        true,
        false,
      ])
    })
  })

  describe('over the network', () => {
    const failing = async (change: Json, how: Partial<Parameters<typeof managedRotation>[0]> = {}): Promise<Error> => {
      const secret = secrets.create('network', { ...(await makeUser()), ...change })
      return failureOf(
        rotate(managedRotation({ secrets: secrets.access, webhookOrigins: [], ...how }), secrets, secret),
      )
    }

    it('says that nothing listens', async () => {
      const failure = await failing({ port: 1 })
      expect(failure.name).toBe('DatabaseUnreachable')
      expect(failure.message).toMatch(
        /postgres at 127\.0\.0\.1:1 as user "app\d+": ECONNREFUSED, nothing listens there/,
      )
    })

    it('says that there is no such host', async () => {
      const failure = await failing({ host: 'no-such-host.invalid' })
      expect(failure.name).toBe('DatabaseUnreachable')
      expect(failure.message).toMatch(/ENOTFOUND|EAI_AGAIN/)
    })

    it('says that there is no such database', async () => {
      const failure = await failing({ dbname: 'none' })
      expect(failure).toMatchObject({ name: 'DatabaseRefused', message: expect.stringContaining('SQLSTATE 3D000') })
    })

    it('refuses a certificate of an authority that is not trusted', async () => {
      const failure = await failing({ sslrootcert: undefined })
      expect(failure).toMatchObject({ name: 'DatabaseUnreachable', message: expect.stringContaining('sslrootcert') })
      const other = await failing({ sslrootcert: makeCertificates(makeDirectory()).authority })
      expect(other.name).toBe('DatabaseUnreachable')
    })

    it('refuses plain text unless it is allowed', async () => {
      const failure = await failing({ ssl: false })
      expect(failure).toMatchObject({ name: 'BadSecretValue', message: expect.stringContaining('not allowed') })
      const secret = secrets.create('plain', { ...(await makeUser()), ssl: false })
      await rotate(
        managedRotation({ secrets: secrets.access, webhookOrigins: [], allowsPlaintext: true }),
        secrets,
        secret,
      )
      expect(await canLogIn(jsonAt(secret, 'AWSCURRENT'))).toBe(true)
    })
  })
})

type Json = Record<string, unknown>

const loginAt = (secret: MemorySecret, stage: string): { username: string; password: string } => {
  const { username = '', password = '' } = jsonAt(secret, stage)
  return { username, password }
}

const staged = (secret: MemorySecret): Record<string, string>[] =>
  [...secret.versions.values()].flatMap(({ value }) =>
    typeof value === 'string' ? [JSON.parse(value) as Record<string, string>] : [],
  )
