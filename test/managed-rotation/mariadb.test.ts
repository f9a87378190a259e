/**
 * Managed rotation against a real MariaDB, with the driver and the statements that MySQL gets, too.
 */
import { hash } from 'node:crypto'
import { managedRotation } from '../../lambda/managed-rotation/managed-rotation.ts'
import { describeUnless } from '../support/other-programs.ts'
import { lackingMariadb, MARIADB_ADMIN, MariadbServer } from '../support/databases/mariadb-server.ts'
import { crashEverywhere } from './support/crashes.ts'
import { failureOf } from './support/failure-of.ts'
import { eventOf, jsonAt, MemorySecrets, rotate, type MemorySecret } from './support/memory-secrets.ts'

type Json = Record<string, unknown>

describeUnless(lackingMariadb(), 'managed rotation of MariaDB', () => {
  const secrets = new MemorySecrets()
  const rotation = managedRotation({ secrets: secrets.access, webhookOrigins: [] })
  let server: MariadbServer
  let users = 0

  beforeAll(async () => {
    server = await MariadbServer.start()
    await server.query('CREATE DATABASE app')
    await server.query('CREATE ROLE reader')
  }, 60_000)
  afterAll(() => server.stop())

  const literal = (text: string): string => `'${text.replaceAll(/[\\']/g, '\\$&')}'`
  const place = (): Json => ({
    engine: 'mariadb',
    host: 'localhost',
    port: server.port,
    sslrootcert: server.certificates.authority,
  })
  const makeUser = async (username = `app${++users}`, password = `first-${users}`, rest = ''): Promise<Json> => {
    await server.query(`CREATE USER ${literal(username)}@'%' IDENTIFIED BY ${literal(password)} ${rest}`)
    return { ...place(), username, password }
  }
  const makeAdmin = (): MemorySecret =>
    secrets.create(`admin-${++users}`, { ...place(), ...MARIADB_ADMIN }, { tags: { 'coffer:rotation-admin-for': '/' } })
  const canLogIn = async ({ username, password }: Record<string, string>): Promise<boolean> =>
    server.query('SELECT 1', { username: username!, password: password! }).then(
      () => true,
      (error: unknown) => {
        expect(error).toMatchObject({ errno: 1045 })
        return false
      },
    )
  const bothAt = async (secret: MemorySecret): Promise<boolean[]> => [
    await canLogIn(jsonAt(secret, 'AWSCURRENT')),
    await canLogIn(jsonAt(secret, 'AWSPREVIOUS')),
  ]
  const grantsOf = async (username: string): Promise<string[]> =>
    (await server.query(`SHOW GRANTS FOR ${literal(username)}@'%'`))
      .map((row) =>
        String(Object.values(row)[0])
          .replace(/ IDENTIFIED BY PASSWORD '.*?'/, '')
          .replaceAll(username, 'U'),
      )
      .sort()

  describe('of a single user', () => {
    it('gives a password that logs in, and the old one is refused, twelve times in a row', async () => {
      const secret = secrets.create('single', await makeUser())
      for (let turn = 0; turn < 12; turn++) {
        await rotate(rotation, secrets, secret)
        expect(await bothAt(secret)).toEqual([true, false])
      }
    })

    it.each([
      ['quotes', `o'b"r\\ie\`n; -- `.trim(), `'";\\ \\' /* %s`],
      ['other scripts', 'přílišž用户', 'пароль🙂'],
    ])('takes names and passwords with %s', async (_, username, password) => {
      const secret = secrets.create('nasty', await makeUser(username, password))
      const id = secrets.begin(secret)
      await rotation(eventOf(secret, id, 'createSecret'))
      secrets.setValue(secret, id, { ...jsonAt(secret, 'AWSPENDING'), password: `${password}2` })
      for (const step of ['setSecret', 'testSecret', 'finishSecret'] as const) await rotation(eventOf(secret, id, step))
      expect(await bothAt(secret)).toEqual([true, false])
    })

    it('is not misled by an SQL mode that reads quotes in another way', async () => {
      const user = { ...(await makeUser(`mode\\'s "user`)), masterarn: makeAdmin().arn }
      await server.query("SET GLOBAL sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'")
      try {
        const secret = secrets.create('mode', user, { settings: { strategy: 'single-user' } })
        await rotate(rotation, secrets, secret)
        expect(await bothAt(secret)).toEqual([true, false])
      } finally {
        await server.query("SET GLOBAL sql_mode = ''")
      }
    })

    it('never sends a password in a statement', async () => {
      const secret = secrets.create('logged', await makeUser())
      await rotate(rotation, secrets, secret)
      const { password } = jsonAt(secret, 'AWSCURRENT')
      const native = hash('sha1', Buffer.from(hash('sha1', password!), 'hex')).toUpperCase()
      expect(server.log).toContain(`SET PASSWORD FOR CURRENT_USER() = '*${native}'`)
      expect(server.log).not.toContain(password)
    })

    it('is not held up by a previous value of another kind', async () => {
      for (const other of [new Uint8Array(4), 'a text', { engine: 'redis' }]) {
        const secret = secrets.create('changed-kind', other)
        secrets.overwrite(secret, await makeUser())
        await rotate(rotation, secrets, secret)
        expect(await bothAt(secret)).toEqual([true, false])
      }
    })

    it('says who refused when no password is taken, and no password', async () => {
      const secret = secrets.create('changed', await makeUser())
      secrets.overwrite(secret, { ...jsonAt(secret, 'AWSCURRENT'), password: 'wrong-1' })
      secrets.overwrite(secret, { ...jsonAt(secret, 'AWSCURRENT'), password: 'wrong-2' })
      const failure = await failureOf(rotate(rotation, secrets, secret))
      expect(failure.name).toBe('OldPasswordRefused')
      expect(failure.message).toContain(`mariadb at localhost:${server.port} as user "app${users}"`)
      expect(failure.message).not.toContain('wrong')
    })

    it('recovers from a crash at every boundary', async () => {
      const boundaries = await crashEverywhere({
        secrets,
        make: async () => secrets.create('crash', await makeUser()),
        whenRecovered: async (secret) => expect(await bothAt(secret)).toEqual([true, false]),
      })
      expect(boundaries).toBeGreaterThan(20)
    }, 240_000)
  })

  describe('of alternating users', () => {
    const make = async (rest = ''): Promise<MemorySecret> => {
      const user = await makeUser(undefined, undefined, rest)
      const account = `${literal(String(user.username))}@'%'`
      await server.query(`GRANT SELECT, INSERT ON app.* TO ${account} WITH GRANT OPTION`)
      await server.query(`GRANT reader TO ${account} WITH ADMIN OPTION`)
      await server.query(`SET DEFAULT ROLE reader FOR ${account}`)
      return secrets.create('alternating', { ...user, masterarn: makeAdmin().arn })
    }
    const whenRecovered = async (secret: MemorySecret): Promise<void> => {
      expect(await bothAt(secret)).toEqual([true, true])
      const [now, before] = [jsonAt(secret, 'AWSCURRENT').username!, jsonAt(secret, 'AWSPREVIOUS').username!]
      expect((await grantsOf(now)).join('\n')).toBe((await grantsOf(before)).join('\n'))
    }

    it('lets two users take turns: the new one logs in, the old one still does', async () => {
      const secret = await make()
      const { username } = jsonAt(secret, 'AWSCURRENT')
      const names: string[] = []
      for (let turn = 0; turn < 12; turn++) {
        await rotate(rotation, secrets, secret)
        expect(await bothAt(secret)).toEqual([true, true])
        names.push(jsonAt(secret, 'AWSCURRENT').username!)
      }
      expect(names.slice(0, 3)).toEqual([`${username!}_clone`, username, `${username!}_clone`])
    })

    it('copies grants, roles and the demand for TLS, and never a password', async () => {
      const secret = await make('REQUIRE SSL')
      const { username } = jsonAt(secret, 'AWSCURRENT')
      await rotate(rotation, secrets, secret)
      const grants = await grantsOf(`${username!}_clone`)
      expect(grants).toEqual(await grantsOf(username!))
      expect(grants).toEqual(
        expect.arrayContaining([
          'GRANT SELECT, INSERT ON `app`.* TO `U`@`%` WITH GRANT OPTION',
          'GRANT `reader` TO `U`@`%` WITH ADMIN OPTION',
          'SET DEFAULT ROLE `reader` FOR `U`@`%`',
          'GRANT USAGE ON *.* TO `U`@`%` REQUIRE SSL',
        ]),
      )
    })

    it('copies what was granted since the last rotation', async () => {
      const secret = await make()
      await rotate(rotation, secrets, secret)
      const { username } = jsonAt(secret, 'AWSCURRENT')
      await server.query(`GRANT DELETE ON app.* TO ${literal(username!)}@'%'`)
      await rotate(rotation, secrets, secret)
      expect(await grantsOf(jsonAt(secret, 'AWSCURRENT').username!)).toEqual(
        expect.arrayContaining(['GRANT SELECT, INSERT, DELETE ON `app`.* TO `U`@`%` WITH GRANT OPTION']),
      )
    })

    it('makes a user for each host that the first comes from', async () => {
      const secret = await make()
      const { username, password } = jsonAt(secret, 'AWSCURRENT')
      await server.query(`CREATE USER ${literal(username!)}@'10.%' IDENTIFIED BY ${literal(password!)}`)
      await rotate(rotation, secrets, secret)
      const rows = await server.query(`SELECT Host FROM mysql.user WHERE User = '${username!}_clone' ORDER BY Host`)
      expect(rows.map(({ Host }) => Host)).toEqual(['%', '10.%'])
    })

    it('uses the admin only for a user whose password the secret knows', async () => {
      const secret = await make()
      secrets.overwrite(secret, { ...jsonAt(secret, 'AWSCURRENT'), password: 'a guess' })
      await expect(rotate(rotation, secrets, secret)).rejects.toMatchObject({ name: 'OldPasswordRefused' })
    })

    it('recovers from a crash at every boundary, and the current value always logs in', async () => {
      const boundaries = await crashEverywhere({
        secrets,
        make,
        whenCrashed: async (secret) => expect(await canLogIn(jsonAt(secret, 'AWSCURRENT'))).toBe(true),
        whenRecovered,
      })
      expect(boundaries).toBeGreaterThanOrEqual(40)
    }, 240_000)
  })

  describe('over the network', () => {
    const failing = async (change: Json): Promise<Error> => {
      const secret = secrets.create('network', { ...(await makeUser()), ...change })
      return failureOf(rotate(rotation, secrets, secret))
    }

    it.each<[title: string, change: Json, name: string, message: RegExp]>([
      ['that nothing listens', { port: 1 }, 'DatabaseUnreachable', /mariadb at .*ECONNREFUSED, nothing listens/],
      ['that there is no such host', { host: 'no-such-host.invalid' }, 'DatabaseUnreachable', /ENOTFOUND|EAI_AGAIN/],
      ['that there is no such database', { dbname: 'none' }, 'DatabaseRefused', /error 10(44|49) \(SQLSTATE 42000\), /],
      ['that its authority is not trusted', { sslrootcert: undefined }, 'DatabaseUnreachable', /sslrootcert/],
      ['that TLS takes a name', { host: '127.0.0.1' }, 'BadSecretValue', /must be the name/],
      ['that plain text is not allowed', { ssl: false }, 'BadSecretValue', /not allowed/],
    ])('says %s', async (_, change, name, message) => {
      const failure = await failing(change)
      expect(failure).toMatchObject({ name, message: expect.stringMatching(message) })
    })

    it('works in plain text where that is allowed', async () => {
      const secret = secrets.create('plain', { ...(await makeUser()), host: '127.0.0.1', ssl: 'false' })
      await rotate(
        managedRotation({ secrets: secrets.access, webhookOrigins: [], allowsPlaintext: true }),
        secrets,
        secret,
      )
      expect(await bothAt(secret)).toEqual([true, false])
    })
  })
})
