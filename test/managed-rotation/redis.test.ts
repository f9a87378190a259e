/**
 * Managed rotation against a real Redis.
 */
import { hash } from 'node:crypto'
import { managedRotation } from '../../lambda/managed-rotation/managed-rotation.ts'
import { describeUnless } from '../support/other-programs.ts'
import { lackingRedis, REDIS_ADMIN, RedisServer } from '../support/databases/redis-server.ts'
import { crashEverywhere } from './support/crashes.ts'
import { failureOf } from './support/failure-of.ts'
import { eventOf, jsonAt, MemorySecrets, rotate, type MemorySecret } from './support/memory-secrets.ts'

type Json = Record<string, unknown>
const SELF = ['+acl|setuser', '+acl|getuser', '+acl|save', '+ping']

describeUnless(lackingRedis(), 'managed rotation of Redis', () => {
  const secrets = new MemorySecrets()
  const rotation = managedRotation({ secrets: secrets.access, webhookOrigins: [] })
  let server: RedisServer
  let users = 0

  beforeAll(async () => {
    server = await RedisServer.start()
  }, 60_000)
  afterAll(() => server.stop())

  const place = (): Json => ({
    engine: 'redis',
    host: '127.0.0.1',
    port: server.tlsPort,
    sslrootcert: server.certificates.authority,
  })
  const makeUser = async (rules: readonly string[] = SELF, username = `app${++users}`): Promise<Json> => {
    const password = `first-${users}`
    await server.send(['ACL', 'SETUSER', username, 'on', `>${password}`, ...rules])
    return { ...place(), username, password }
  }
  const makeAdmin = (): MemorySecret =>
    secrets.create(`admin-${++users}`, { ...place(), ...REDIS_ADMIN }, { tags: { 'coffer:rotation-admin-for': '/' } })
  const canLogIn = async ({ username, password }: Record<string, string>): Promise<boolean> =>
    server.send(['ACL', 'WHOAMI'], { username: username!, password: password! }).then(
      () => true,
      (error: unknown) => {
        if (!(error instanceof Error)) throw error
        expect(error.message).toMatch(/^(WRONGPASS|NOPERM)/)
        return error.message.startsWith('NOPERM')
      },
    )
  const bothAt = async (secret: MemorySecret): Promise<boolean[]> => [
    await canLogIn(jsonAt(secret, 'AWSCURRENT')),
    await canLogIn(jsonAt(secret, 'AWSPREVIOUS')),
  ]
  const rulesOf = async (username: string): Promise<string> => {
    const lines = (await server.send(['ACL', 'LIST'])) as string[]
    return lines
      .find((line) => line.startsWith(`user ${username} `))!
      .replace(username, 'U')
      .replaceAll(/#\w+ /g, '')
  }

  describe('of a single user', () => {
    it('lets both passwords in until the new one is current, twelve times in a row', async () => {
      const secret = secrets.create('single', await makeUser())
      for (let turn = 0; turn < 12; turn++) {
        const id = secrets.begin(secret)
        for (const step of ['createSecret', 'setSecret', 'testSecret'] as const)
          await rotation(eventOf(secret, id, step))
        expect([await canLogIn(jsonAt(secret, 'AWSCURRENT')), await canLogIn(jsonAt(secret, 'AWSPENDING'))]).toEqual([
          true,
          true,
        ])
        await rotation(eventOf(secret, id, 'finishSecret'))
        expect(await bothAt(secret)).toEqual([true, false])
      }
    })

    it('keeps users over a restart where the server has a file for them', async () => {
      const secret = secrets.create('saved', await makeUser())
      await rotate(rotation, secrets, secret)
      // Takes users as they are in the file.
      await server.send(['ACL', 'LOAD'])
      expect(await bothAt(secret)).toEqual([true, false])
    })

    it('leaves passwords of others alone', async () => {
      const user = await makeUser([...SELF, '>of-another-team'])
      await rotate(rotation, secrets, secrets.create('shared', user))
      expect(await canLogIn({ username: String(user.username), password: 'of-another-team' })).toBe(true)
    })

    it('says which rights are lacking', async () => {
      const failure = await failureOf(rotate(rotation, secrets, secrets.create('powerless', await makeUser(['+get']))))
      expect(failure).toMatchObject({ name: 'DatabaseRefused', message: expect.stringContaining('+acl|setuser') })
    })

    it('has an admin do it for a user without rights', async () => {
      const user = { ...(await makeUser(['+get'])), masterarn: makeAdmin().arn }
      const secret = secrets.create('by-admin', user, { settings: { strategy: 'single-user' } })
      await rotate(rotation, secrets, secret)
      expect(await bothAt(secret)).toEqual([true, false])
    })

    it('does not trust a user whose every password is taken', async () => {
      const user = await makeUser([...SELF, 'nopass'])
      const failure = await failureOf(rotate(rotation, secrets, secrets.create('nopass', user)))
      expect(failure).toMatchObject({ name: 'DatabaseRefused', message: expect.stringContaining('nopass') })
    })

    it('says who refused when no password is taken, and no password', async () => {
      const secret = secrets.create('changed', { ...(await makeUser()), password: 'wrong-1' })
      const failure = await failureOf(rotate(rotation, secrets, secret))
      expect(failure.name).toBe('OldPasswordRefused')
      expect(failure.message).toContain(`redis at 127.0.0.1:${server.tlsPort} as user "app${users}"`)
      expect(failure.message).not.toContain('wrong')
    })

    it('recovers from a crash at every boundary, and the current value always logs in', async () => {
      const boundaries = await crashEverywhere({
        secrets,
        make: async () => secrets.create('crash', await makeUser()),
        whenCrashed: async (secret) => expect(await canLogIn(jsonAt(secret, 'AWSCURRENT'))).toBe(true),
        whenRecovered: async (secret) => expect(await bothAt(secret)).toEqual([true, false]),
      })
      expect(boundaries).toBeGreaterThan(20)
    }, 240_000)
  })

  describe('of alternating users', () => {
    const RULES = ['+get', '-set', '~app:*', '&news:*', '(+set ~own:* ~other:*)']
    const make = async (): Promise<MemorySecret> =>
      secrets.create('alternating', { ...(await makeUser(RULES)), masterarn: makeAdmin().arn })

    it('lets two users with the same rules take turns', async () => {
      const secret = await make()
      const { username, password } = jsonAt(secret, 'AWSCURRENT')
      for (let turn = 0; turn < 4; turn++) {
        await rotate(rotation, secrets, secret)
        expect(await bothAt(secret)).toEqual([true, true])
      }
      expect(await rulesOf(`${username!}_clone`)).toBe(await rulesOf(username!))
      expect(await rulesOf(`${username!}_clone`)).toContain('(')
      expect(await canLogIn({ username: username!, password: password! })).toBe(false)
      expect(JSON.stringify(await server.send(['ACL', 'GETUSER', `${username!}_clone`]))).not.toContain(
        hash('sha256', password!),
      )
    })

    it('recovers from a crash at every boundary, and the current value always logs in', async () => {
      const boundaries = await crashEverywhere({
        secrets,
        make,
        whenCrashed: async (secret) => expect(await canLogIn(jsonAt(secret, 'AWSCURRENT'))).toBe(true),
        whenRecovered: async (secret) => expect(await bothAt(secret)).toEqual([true, true]),
      })
      expect(boundaries).toBeGreaterThan(20)
    }, 240_000)
  })

  describe('over the network', () => {
    it.each<[title: string, change: () => Json, name: string, message: RegExp]>([
      ['that nothing listens', () => ({ port: 1 }), 'DatabaseUnreachable', /ECONNREFUSED, nothing listens/],
      [
        'that there is no such host',
        () => ({ host: 'no-such-host.invalid' }),
        'DatabaseUnreachable',
        /ENOTFOUND|EAI_AGAIN/,
      ],
      ['that its authority is not trusted', () => ({ sslrootcert: undefined }), 'DatabaseUnreachable', /sslrootcert/],
      ['that plain text is not allowed', () => ({ ssl: false }), 'BadSecretValue', /not allowed/],
    ])('says %s', async (_, change, name, message) => {
      const secret = secrets.create('network', { ...(await makeUser()), ...change() })
      const failure = await failureOf(rotate(rotation, secrets, secret))
      expect(failure).toMatchObject({ name, message: expect.stringMatching(message) })
    })

    it('works in plain text where that is allowed', async () => {
      const secret = secrets.create('plain', { ...(await makeUser()), port: server.port, ssl: false })
      await rotate(
        managedRotation({ secrets: secrets.access, webhookOrigins: [], allowsPlaintext: true }),
        secrets,
        secret,
      )
      expect(await bothAt(secret)).toEqual([true, false])
    })
  })
})
