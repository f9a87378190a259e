import { resolve } from 'node:path'
import {
  ConfigProblem,
  readServeConfig,
  serveOptions,
  takenVariables,
  takeSecrets,
  type Flags,
} from '../../local/config.ts'

describe('options', () => {
  it('have defaults that serve on this machine alone', () => {
    expect(readServeConfig({}, {})).toMatchObject({
      host: '127.0.0.1',
      port: 7766,
      dataDir: resolve('.coffer'),
      keyMode: 'per-secret',
      logFormat: 'text',
      rotation: { concurrency: 10, webhookOrigins: [], databaseHosts: [], allowsPlaintext: false },
      functions: 'admin',
    })
    expect(readServeConfig({}, {})).not.toHaveProperty('eventWebhook')
    expect(readServeConfig({}, {}).regions).toContain('us-east-1')
  })

  it('come from a flag or its variable, and the flag wins', () => {
    expect(readServeConfig({}, { COFFER_PORT: '4000' }).port).toBe(4000)
    expect(readServeConfig({ port: '5000' }, { COFFER_PORT: '4000' }).port).toBe(5000)
  })

  it('that are empty variables count as not set', () => {
    expect(readServeConfig({}, { COFFER_PORT: '', COFFER_CLOCK: '' })).not.toHaveProperty('clock')
  })

  it('can all be set', () => {
    const flags: Flags = {
      host: '::1',
      port: '0',
      dataDir: '/d',
      account: '000000000001',
      regions: 'us-east-1, eu-west-1,us-east-1',
      identities: '/i.yaml',
      keyMode: 'shared',
      clock: '2026-01-01',
      logFormat: 'json',
      tlsCert: '/c',
      tlsKey: '/k',
      rotationConcurrency: '100',
      rotationWebhookOrigins:
        'https://hooks.example.com/, http://127.0.0.1:9000,https://a.example/coffer/,https://a.example/x',
      rotationDatabaseHosts: 'localhost, 127.0.0.1,::1,localhost',
      rotationAllowPlaintext: 'on',
      eventWebhook: 'https://events.example.com/coffer?token=a',
      functions: 'all',
      replicationLag: '1m',
    }
    expect(readServeConfig(flags, {})).toEqual({
      host: '::1',
      port: 0,
      dataDir: '/d',
      account: '000000000001',
      regions: ['us-east-1', 'eu-west-1'],
      identities: '/i.yaml',
      keyMode: 'shared',
      functions: 'all',
      clock: Date.UTC(2026, 0, 1),
      logFormat: 'json',
      tls: { cert: '/c', key: '/k' },
      rotation: {
        concurrency: 100,
        webhookOrigins: [
          'https://hooks.example.com',
          'http://127.0.0.1:9000',
          'https://a.example/coffer/',
          'https://a.example/x',
        ],
        databaseHosts: ['localhost', '127.0.0.1', '::1'],
        allowsPlaintext: true,
      },
      replicationLagMs: 60_000,
      eventWebhook: 'https://events.example.com/coffer?token=a',
    })
  })

  it.each<[Flags, string]>([
    [{ port: '65536' }, '--port is "65536", expected a number from 0 to 65535'],
    [{ port: '80x' }, '--port is "80x", expected a number from 0 to 65535'],
    [{ account: '12345' }, '--account is "12345", expected 12 digits'],
    [{ host: 'a b' }, '--host is "a b", expected an IP address or a host name'],
    [{ regions: 'us-east-1,,x' }, '--regions is "us-east-1,,x", expected Region names separated by commas'],
    [{ keyMode: 'one' }, '--key-mode is "one", expected per-secret or shared'],
    [{ clock: 'tomorrow' }, '--clock is "tomorrow", expected an ISO 8601 time'],
    [{ logFormat: 'xml' }, '--log-format is "xml", expected json or text'],
    [{ dataDir: '' }, '--data-dir is "", expected a directory'],
    [{ replicationLag: 'soon' }, '--replication-lag is "soon", expected a duration such as 500ms or 5s'],
    [{ replicationLag: '3651d' }, '--replication-lag is "3651d", expected a duration'],
    [{ rotationConcurrency: '0' }, '--rotation-concurrency is "0", expected a number from 1 to 100'],
    [{ rotationConcurrency: '101' }, '--rotation-concurrency is "101", expected a number from 1 to 100'],
    ...['x?y', 'x#y', 'x/../y', '%2e%2e/y', '?y'].map((rest): [Flags, string] => [
      { rotationWebhookOrigins: `https://a.example/${rest}` },
      `--rotation-webhook-origins is "https://a.example/${rest}", expected https origins`,
    ]),
    [
      { rotationWebhookOrigins: 'https://u:p@a.example/x' },
      '--rotation-webhook-origins is "https://u:p@a.example/x", expected https origins',
    ],
    [
      { rotationDatabaseHosts: 'localhost,' },
      '--rotation-database-hosts is "localhost,", expected names and addresses',
    ],
    [{ rotationDatabaseHosts: 'a:5432' }, '--rotation-database-hosts is "a:5432", expected names and addresses'],
    [
      { rotationWebhookOrigins: 'http://a.example' },
      '--rotation-webhook-origins is "http://a.example", expected https',
    ],
    [{ rotationWebhookOrigins: 'https://a.example,' }, '--rotation-webhook-origins is "https://a.example,", expected'],
    [{ rotationAllowPlaintext: 'yes' }, '--rotation-allow-plaintext is "yes", expected on or off'],
    [{ tlsCert: '/c' }, '--tls-cert (COFFER_TLS_CERT) was given without --tls-key (COFFER_TLS_KEY): https needs both'],
    [{ tlsKey: '/k' }, '--tls-key (COFFER_TLS_KEY) was given without --tls-cert (COFFER_TLS_CERT): https needs both'],
  ])('that are wrong are named with what was given and expected: %j', (flags, message) => {
    expect(() => readServeConfig(flags, {})).toThrow(ConfigProblem)
    expect(() => readServeConfig(flags, {})).toThrow(message)
  })

  it.each([
    'http://events.example.com/x?token=not-to-be-shown',
    'ftp://not-to-be-shown',
    'https://u:not-to-be-shown@a.b/',
  ])('that may be secret are not repeated: %s', (eventWebhook) => {
    expect(() => readServeConfig({ eventWebhook }, {})).toThrow('--event-webhook cannot be used, expected an https URL')
    expect(() => readServeConfig({ eventWebhook }, {})).not.toThrow('not-to-be-shown')
  })

  it('that are wrong in the environment are named by their variables, all at once', () => {
    expect(() => readServeConfig({}, { COFFER_PORT: 'a', COFFER_ACCOUNT: 'b' })).toThrow(
      'COFFER_PORT is "a", expected a number from 0 to 65535\nCOFFER_ACCOUNT is "b", expected 12 digits',
    )
  })

  it('have a variable named after each flag', () => {
    for (const { flag, env } of Object.values(serveOptions))
      expect(env).toBe(`COFFER_${flag.slice(2).toUpperCase().replaceAll('-', '_')}`)
  })
})

describe('secrets from the environment', () => {
  it('are taken out of it', () => {
    const environment = {
      COFFER_MASTER_KEY: 'k',
      COFFER_ADMIN_ACCESS_KEY_ID: 'AKIA567890123456',
      COFFER_ADMIN_SECRET_ACCESS_KEY: '12345678',
      COFFER_EVENT_WEBHOOK_KEY: '1234567890123456',
      OTHER: 'x',
    }
    expect(takeSecrets(environment)).toEqual({
      masterKey: 'k',
      adminKey: { accessKeyId: 'AKIA567890123456', secretAccessKey: '12345678' },
      eventWebhookKey: '1234567890123456',
    })
    expect(environment).toEqual({ OTHER: 'x' })
  })

  it.each<[Record<string, string>, string]>([
    [
      { COFFER_ADMIN_ACCESS_KEY_ID: 'AKIA567890123456' },
      'COFFER_ADMIN_ACCESS_KEY_ID was given without COFFER_ADMIN_SECRET_ACCESS_KEY',
    ],
    [
      { COFFER_ADMIN_SECRET_ACCESS_KEY: 'not-to-be-shown' },
      'COFFER_ADMIN_SECRET_ACCESS_KEY was given without COFFER_ADMIN_ACCESS_KEY_ID',
    ],
    [
      { COFFER_ADMIN_ACCESS_KEY_ID: 'short', COFFER_ADMIN_SECRET_ACCESS_KEY: '12345678' },
      'COFFER_ADMIN_ACCESS_KEY_ID is "short", expected 16 to 128',
    ],
    [
      { COFFER_ADMIN_ACCESS_KEY_ID: 'AKIA567890123456', COFFER_ADMIN_SECRET_ACCESS_KEY: 'sh0rt' },
      'COFFER_ADMIN_SECRET_ACCESS_KEY has 5 characters, expected 8 to 128',
    ],
    [{ COFFER_EVENT_WEBHOOK_KEY: 'sh0rt' }, 'COFFER_EVENT_WEBHOOK_KEY has 5 characters, expected at least 16'],
    [
      { COFFER_MASTER_KEY: 'not-to-be-shown', COFFER_MASTER_PASSPHRASE: 'b' },
      'COFFER_MASTER_KEY and COFFER_MASTER_PASSPHRASE are both set',
    ],
  ])('that are wrong are refused without being shown', (environment, message) => {
    let problem: unknown
    try {
      takeSecrets({ ...environment })
    } catch (error) {
      problem = error
    }
    expect(problem).toBeInstanceOf(ConfigProblem)
    expect(String(problem)).toContain(message)
    expect(String(problem)).not.toMatch(/not-to-be-shown|sh0rt/)
  })
})

describe('variables that the identities file names', () => {
  it('are taken out of the environment when they are asked for, and are there when they are asked for again', () => {
    const environment: Record<string, string | undefined> = { A: 'a', B: 'b', EMPTY: '' }
    const variable = takenVariables(environment)
    expect([variable('A'), variable('A'), variable('EMPTY'), variable('C')]).toEqual(['a', 'a', undefined, undefined])
    expect(environment).toEqual({ B: 'b', EMPTY: '' })
  })
})
