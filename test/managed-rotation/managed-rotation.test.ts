/**
 * The four steps of managed rotation, by the generic strategy; those of databases have suites of their own.
 */
import { ServiceError } from '../../lambda/core/domain/errors.ts'
import { ROTATION_STEPS } from '../../lambda/core/ports/functions.ts'
import type { Engine } from '../../lambda/managed-rotation/engines/engine.ts'
import { managedRotation } from '../../lambda/managed-rotation/managed-rotation.ts'
import { crashEverywhere } from './support/crashes.ts'
import { failureOf } from './support/failure-of.ts'
import { eventOf, jsonAt, MemorySecrets, rotate, textAt } from './support/memory-secrets.ts'

const secrets = new MemorySecrets()
const rotation = managedRotation({ secrets: secrets.access, webhookOrigins: [] })

const GENERIC = { settings: { strategy: 'generic' } }

describe('the steps of managed rotation', () => {
  it('make a version, and move AWSCURRENT to it at the end alone', async () => {
    const secret = secrets.create('steps', 'old', GENERIC)
    const id = secrets.begin(secret)
    await rotation(eventOf(secret, id, 'createSecret'))
    await rotation(eventOf(secret, id, 'setSecret'))
    await rotation(eventOf(secret, id, 'testSecret'))
    expect(textAt(secret, 'AWSCURRENT')).toBe('old')
    await rotation(eventOf(secret, id, 'finishSecret'))
    expect(textAt(secret, 'AWSCURRENT')).toMatch(/^[^/@"'\\`]{32}$/)
    expect(secret.versions.get(id)!.stages).toEqual(new Set(['AWSCURRENT']))
    expect(textAt(secret, 'AWSPREVIOUS')).toBe('old')
  })

  it('may each be repeated', async () => {
    const secret = secrets.create('twice', 'old', GENERIC)
    const id = secrets.begin(secret)
    await rotation(eventOf(secret, id, 'createSecret'))
    const made = textAt(secret, 'AWSPENDING')
    for (const step of ROTATION_STEPS) {
      await rotation(eventOf(secret, id, step))
      await rotation(eventOf(secret, id, step))
    }
    for (const step of ROTATION_STEPS) await rotation(eventOf(secret, id, step))
    expect(textAt(secret, 'AWSCURRENT')).toBe(made)
    expect(textAt(secret, 'AWSPREVIOUS')).toBe('old')
  })

  it('bring the token of the rotation when they store the value', async () => {
    const secret = secrets.create('token', 'old', GENERIC)
    const event = eventOf(secret, secrets.begin(secret), 'createSecret')
    const puts: unknown[] = []
    const access = {
      ...secrets.access,
      PutSecretValue: async (input: Parameters<typeof secrets.access.PutSecretValue>[0]) => {
        puts.push(input)
        return secrets.access.PutSecretValue(input)
      },
    }
    await managedRotation({ secrets: access, webhookOrigins: [] })(event)
    const { SecretId, ClientRequestToken, RotationToken } = event
    expect(puts).toEqual([
      {
        SecretId,
        ClientRequestToken,
        RotationToken,
        VersionStages: ['AWSPENDING'],
        SecretString: textAt(secret, 'AWSPENDING'),
      },
    ])
  })

  it('are refused when rotation is off', async () => {
    const secret = secrets.create('off', 'old', GENERIC)
    secret.rotationEnabled = false
    const failure = await failureOf(rotation(eventOf(secret, secrets.begin(secret), 'createSecret')))
    expect(failure.name).toBe('RotationNotEnabled')
  })

  it.each(ROTATION_STEPS)('are refused for a version that is not staged AWSPENDING: %s', async (step) => {
    const secret = secrets.create('unstaged', 'old', GENERIC)
    const failure = await failureOf(rotation(eventOf(secret, 'no-such-version-no-such-version-no', step)))
    expect(failure.name).toBe('VersionNotPending')
    const id = secrets.begin(secret)
    secret.versions.get(id)!.stages.clear()
    expect((await failureOf(rotation(eventOf(secret, id, step)))).name).toBe('VersionNotPending')
  })

  it.each(['setSecret', 'testSecret', 'finishSecret'] as const)(
    'are refused without a pending value: %s',
    async (step) => {
      const secret = secrets.create('empty', 'old', GENERIC)
      const failure = await failureOf(rotation(eventOf(secret, secrets.begin(secret), step)))
      expect(failure).toMatchObject({ name: 'BadSecretValue', message: 'The AWSPENDING value is missing.' })
      expect(textAt(secret, 'AWSCURRENT')).toBe('old')
    },
  )

  it('recover from a crash at every boundary', async () => {
    const boundaries = await crashEverywhere({
      secrets,
      make: async () => secrets.create('crash', 'old', GENERIC),
      whenRecovered: async (secret) => {
        expect(textAt(secret, 'AWSCURRENT')).toHaveLength(32)
        expect(textAt(secret, 'AWSPREVIOUS')).toBe('old')
      },
    })
    expect(boundaries).toBe(16)
  })

  it('keep the codes of the API', async () => {
    const secret = secrets.create('denied', 'old', GENERIC)
    const denied = async (): Promise<never> => {
      throw new ServiceError('DecryptionFailure', 'The key is disabled.')
    }
    const access = { ...secrets.access, GetSecretValue: denied }
    const broken = managedRotation({ secrets: access, webhookOrigins: [] })
    const failure = await failureOf(broken(eventOf(secret, secrets.begin(secret), 'createSecret')))
    expect(failure).toMatchObject({ name: 'DecryptionFailure', message: 'The key is disabled.' })
  })

  it('tell of an unknown error no more than its kind', async () => {
    const secret = secrets.create('unknown', 'old', GENERIC)
    const fail = async (): Promise<never> => {
      throw Object.assign(new TypeError('value the-secret'), { code: 'ERR_INVALID_ARG_TYPE' })
    }
    const broken = managedRotation({ secrets: { ...secrets.access, PutSecretValue: fail }, webhookOrigins: [] })
    const failure = await failureOf(broken(eventOf(secret, secrets.begin(secret), 'createSecret')))
    expect(failure.message).toBe('Managed rotation broke with TypeError (ERR_INVALID_ARG_TYPE).')
    expect(failure.name).toBe('ManagedRotationFault')
    expect(failure.stack).not.toContain('the-secret')
    expect(failure.cause).toBeUndefined()
  })
})

describe('the strategy of managed rotation', () => {
  const database = { engine: 'postgres', host: 'db', username: 'app', password: 'p' }
  const pendingOf = async (value: unknown, settings: Record<string, string> = {}): Promise<string> => {
    const secret = secrets.create('strategy', value, { settings })
    await rotation(eventOf(secret, secrets.begin(secret), 'createSecret'))
    return textAt(secret, 'AWSPENDING')
  }

  it('is generic where the settings say so, and for nothing else', async () => {
    expect(await pendingOf('old', { strategy: 'generic' })).toHaveLength(32)
    expect(JSON.parse(await pendingOf({ password: 'p', enginee: 'postgres' }, { strategy: 'generic' }))).toEqual({
      password: expect.stringMatching(/^.{32}$/),
      enginee: 'postgres',
    })
  })

  it.each<[title: string, value: unknown, problem: string]>([
    ['a text', 'old', 'is no JSON object, so it names no database'],
    ['a list', ['old'], 'is no JSON object, so it names no database'],
    ['no engine', { ...database, engine: undefined }, 'has no `engine`, which for a database is one of postgres, '],
    ['an engine of null', { ...database, engine: null }, 'has no `engine`'],
    ['a misspelt member', { ...database, engine: undefined, enginee: 'postgres' }, 'has no `engine`'],
    ['another case', { ...database, engine: undefined, Engine: 'postgres' }, 'has no `engine`'],
    ['a misspelt engine', { ...database, engine: 'postgress' }, 'has an `engine` that is none of postgres, '],
    ['an engine that is no text', { ...database, engine: 5 }, 'has an `engine` that is none of postgres, '],
  ])('is refused without a setting for %s, and nothing is made', async (_, value, problem) => {
    const secret = secrets.create('nothing', value)
    const id = secrets.begin(secret)
    const failure = await failureOf(rotation(eventOf(secret, id, 'createSecret')))
    expect(failure.name).toBe('BadSecretValue')
    expect(failure.message).toMatch(/^The AWSCURRENT value /)
    expect(failure.message).toContain(problem)
    expect(failure.message).toContain('for a value of anything else, set `strategy` to generic')
    expect(secret.versions.get(id)?.value).toBeUndefined()
  })

  it('is that of a single user for the JSON of a database, and keeps all else', async () => {
    const next = JSON.parse(await pendingOf({ ...database, mine: [1] })) as Record<string, unknown>
    expect(next).toEqual({ ...database, mine: [1], password: expect.stringMatching(/^.{32}$/) })
  })

  it('is that of alternating users when the JSON names an admin', async () => {
    expect(JSON.parse(await pendingOf({ ...database, masterarn: 'arn' }))).toMatchObject({ username: 'app_clone' })
    expect(JSON.parse(await pendingOf({ ...database, username: 'app_clone', masterarn: 'arn' }))).toMatchObject({
      username: 'app',
    })
  })

  it('is what the settings say', async () => {
    expect(JSON.parse(await pendingOf({ ...database, masterarn: 'arn' }, { strategy: 'single-user' }))).toMatchObject({
      username: 'app',
    })
    expect(JSON.parse(await pendingOf({ ...database, engine: 'oracle' }, { strategy: 'generic' }))).toMatchObject({
      engine: 'oracle',
    })
  })

  it.each<[title: string, value: unknown, settings: Record<string, string>, name: string, message: string]>([
    [
      'an engine that is not known',
      { ...database, engine: 'oracle' },
      {},
      'BadSecretValue',
      '`engine` that is none of',
    ],
    ['bytes', new Uint8Array(4), {}, 'BadSecretValue', 'is binary'],
    ['alternating users without an admin', database, { strategy: 'alternating-users' }, 'BadSecretValue', 'masterarn'],
    ['a database strategy for a text', 'old', { strategy: 'single-user' }, 'BadSecretValue', 'is no JSON object'],
    [
      'MariaDB at an address with TLS',
      { ...database, engine: 'mariadb', host: '10.0.0.5' },
      {},
      'BadSecretValue',
      '`host` must be the name that is in the certificate',
    ],
    ['a webhook for a database', database, { webhookUrl: 'https://a.example' }, 'BadSettings', 'strategy generic'],
    ['a field for a database', database, { field: 'x' }, 'BadSettings', 'field is of the strategy generic'],
    ['an unknown setting', 'old', { colour: 'red' }, 'BadSettings', 'colour'],
    [
      'a password that cannot be made',
      'old',
      { strategy: 'generic', excludeNumbers: 'true', excludeCharacters: 'abcdefghijklmnopqrstuvwxyz' },
      'InvalidParameterException',
      '',
    ],
  ])('is refused: %s', async (_, value, settings, name, message) => {
    expect(await failureOf(pendingOf(value, settings))).toMatchObject({
      name,
      message: expect.stringContaining(message),
    })
  })

  it('does not load a driver for what needs none', async () => {
    const unloaded = async (): Promise<Engine> => {
      throw new Error('loaded')
    }
    const engines = { postgres: unloaded, mysql: unloaded, redis: unloaded }
    const secret = secrets.create('lazy', 'old', GENERIC)
    await rotate(managedRotation({ secrets: secrets.access, webhookOrigins: [], engines }), secrets, secret)
    expect(textAt(secret, 'AWSCURRENT')).not.toBe('old')
  })
})

describe('the generic strategy', () => {
  it('renews the password of a JSON object, or the member that is set', async () => {
    const secret = secrets.create('member', { password: 'p', key: 'k', other: 1 }, GENERIC)
    await rotate(rotation, secrets, secret)
    expect(jsonAt(secret, 'AWSCURRENT')).toEqual({ password: expect.stringMatching(/^.{32}$/), key: 'k', other: 1 })
    secret.settings = { strategy: 'generic', field: 'key', passwordLength: '12', excludePunctuation: 'true' }
    await rotate(rotation, secrets, secret)
    expect(jsonAt(secret, 'AWSCURRENT').key).toMatch(/^[A-Za-z0-9]{12}$/)
  })

  it.each<[title: string, value: unknown, settings: Record<string, string>, message: string]>([
    ['has no password', { key: 'k' }, {}, 'say by the setting `field`'],
    ['lacks the member', { key: 'k' }, { field: 'other' }, 'no text "other"'],
    ['inherits the member', { key: 'k' }, { field: 'toString' }, 'no text "toString"'],
    ['has a number there', { key: 5 }, { field: 'key' }, 'no text "key"'],
    ['is no JSON', 'text', { field: 'key' }, 'no JSON object'],
  ])('refuses a value that %s', async (_, value, settings, message) => {
    const failure = await failureOf(
      rotate(rotation, secrets, secrets.create('bad', value, { settings: { strategy: 'generic', ...settings } })),
    )
    expect(failure).toMatchObject({ name: 'BadSecretValue', message: expect.stringContaining(message) })
  })
})
