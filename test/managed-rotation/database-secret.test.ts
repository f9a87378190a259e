import { thrownBy } from './support/failure-of.ts'
import {
  demandCheckableHost,
  describeLogin,
  parseDatabaseSecret,
} from '../../lambda/managed-rotation/database-secret.ts'

const good = { engine: 'postgres', host: 'db.example.com', username: 'app', password: 'the-secret' }
const parse = (json: unknown, allowsPlaintext = false): ReturnType<typeof parseDatabaseSecret> =>
  parseDatabaseSecret(typeof json === 'string' ? json : JSON.stringify(json), { what: 'The value', allowsPlaintext })

describe('a database secret', () => {
  it.each([
    ['postgres', 'postgres', 5432],
    ['aurora-postgresql', 'postgres', 5432],
    ['mysql', 'mysql', 3306],
    ['MariaDB', 'mysql', 3306],
    ['redis', 'redis', 6379],
  ])('knows the usual port of %s', (engine, kind, port) => {
    expect(parse({ ...good, engine }).login).toMatchObject({ kind, port, tls: {} })
  })

  it('takes what templates write: numbers as text, null for what is absent', () => {
    const { login, masterarn } = parse({ ...good, port: '6000', dbname: null, ssl: 'true', masterarn: null })
    expect({ login, masterarn }).toEqual({
      login: {
        kind: 'postgres',
        engine: 'postgres',
        host: 'db.example.com',
        port: 6000,
        username: 'app',
        password: 'the-secret',
        tls: {},
      },
      masterarn: undefined,
    })
  })

  it('is called in messages as its secret calls it', () => {
    expect(describeLogin(parse({ ...good, engine: 'MariaDB' }).login)).toBe(
      'mariadb at db.example.com:3306 as user "app"',
    )
  })

  it.each(['10.0.0.5', '::1'])('of MySQL is reached at the address %s in plain text alone', (host) => {
    const demand = (json: object): void => demandCheckableHost(parse(json, true).login, 'The value')
    for (const engine of ['mysql', 'mariadb', 'aurora-mysql']) {
      expect(() => demand({ ...good, engine, host, ssl: false })).not.toThrow()
      expect(() => demand({ ...good, engine })).not.toThrow()
      expect(thrownBy(() => demand({ ...good, engine, host }))).toMatchObject({
        name: 'BadSecretValue',
        message: expect.stringContaining('`host` must be the name that is in the certificate of the server'),
      })
    }
    expect(() => demand({ ...good, host })).not.toThrow()
  })

  it('is the default user of Redis when it names none', () => {
    expect(parse({ ...good, engine: 'redis', username: undefined }).login.username).toBe('default')
  })

  it.each([false, 'false'])('is reached in plain text by "ssl": %j where that is allowed', (ssl) => {
    expect(parse({ ...good, ssl }, true).login.tls).toBe(false)
    expect(() => parse({ ...good, ssl })).toThrow('not allowed')
  })

  it.each<[title: string, value: unknown, message: string]>([
    ['no JSON', 'the-secret', 'The value is no JSON object'],
    ['a list', [good], 'The value is no JSON object'],
    ['no engine', { ...good, engine: undefined }, '`engine` is missing'],
    ['an unknown engine', { ...good, engine: 'the-secret' }, '`engine` is none of postgres'],
    ['no host', { ...good, host: undefined }, '`host` is missing'],
    ['the path of a socket as host', { ...good, host: '/var/run/postgresql' }, '`host` must be a host name'],
    ['a URL as host', { ...good, host: 'a@b' }, '`host` must be a host name'],
    ['a port that is none', { ...good, port: 70_000 }, '`port` must be a port number'],
    ['no user', { ...good, username: undefined }, '`username` is missing'],
    ['no password', { ...good, password: undefined }, '`password` is missing'],
    ['an empty password', { ...good, password: '' }, '`password` is empty'],
    ['a password that is no text', { ...good, password: 5 }, '`password` is missing'],
    ['a NUL character', { ...good, username: 'a\0b' }, '`username` must not hold a NUL character'],
    ['certificates that are none', { ...good, sslrootcert: 'the-secret' }, '`sslrootcert` must be certificates'],
  ])('is refused with %s, and its content is not told', (_, value, message) => {
    const failure = thrownBy(() => parse(value))
    expect(failure).toMatchObject({ name: 'BadSecretValue', message: expect.stringContaining(message) })
    expect(failure.message).not.toContain('the-secret')
  })
})
