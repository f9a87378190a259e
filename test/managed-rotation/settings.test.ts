import { thrownBy } from './support/failure-of.ts'
import { parseSettings, settingsProblem } from '../../lambda/managed-rotation/settings.ts'

const items = (settings: Record<string, string>): { Key: string; Value: string }[] =>
  Object.entries(settings).map(([Key, Value]) => ({ Key, Value }))

describe('the settings of a managed rotation', () => {
  it('default to 32 characters without those that break URLs and quotes', () => {
    expect(parseSettings(undefined)).toEqual({
      password: {
        PasswordLength: 32,
        ExcludeCharacters: '/@"\'\\`',
        ExcludeNumbers: false,
        ExcludePunctuation: false,
        ExcludeUppercase: false,
        ExcludeLowercase: false,
        IncludeSpace: false,
        RequireEachIncludedType: true,
      },
    })
  })

  it('are those of GetRandomPassword, and the strategy with what is its own', () => {
    const given = { strategy: 'generic', field: 'key', webhookUrl: 'https://a.example/', passwordLength: '40' }
    expect(parseSettings(items({ ...given, excludePunctuation: 'true', excludeCharacters: 'x' }))).toMatchObject({
      strategy: 'generic',
      field: 'key',
      webhookUrl: 'https://a.example/',
      password: { PasswordLength: 40, ExcludePunctuation: true, ExcludeCharacters: 'x' },
    })
  })

  it.each([
    [
      'an unknown key',
      { stratgy: 'generic' },
      '"stratgy" is not known; the settings are strategy, field, webhookUrl, passwordLength',
    ],
    ['an unknown strategy', { strategy: 'double' }, 'strategy must be one of single-user, alternating-users, generic'],
    ['a length that is none', { passwordLength: '3.5' }, 'passwordLength must be a whole number from 8 to 256'],
    ['a length that is too short', { passwordLength: '7' }, 'passwordLength must be a whole number from 8 to 256'],
    ['a length that is too long', { passwordLength: '257' }, 'passwordLength must be a whole number from 8 to 256'],
    ['a switch that is none', { includeSpace: 'yes' }, 'includeSpace must be true or false'],
    ['a switch in capitals', { includeSpace: 'True' }, 'includeSpace must be true or false'],
    ['a webhook that is no URL', { strategy: 'generic', webhookUrl: 'a.example' }, 'webhookUrl is no URL'],
    ['a webhook in plain text', { strategy: 'generic', webhookUrl: 'http://a.example/' }, 'must begin with https://'],
    [
      'a webhook with a password',
      { strategy: 'generic', webhookUrl: 'https://u:p@a.example/' },
      'no user and password',
    ],
    ['a field without a strategy', { field: 'x' }, 'field is of the strategy generic, and strategy is not given'],
    [
      'a webhook of another strategy',
      { strategy: 'single-user', webhookUrl: 'https://a.example/' },
      'webhookUrl is of the strategy generic, and strategy is single-user',
    ],
    ['an inherited name', { constructor: 'x' }, '"constructor" is not known'],
    [
      'all that is wrong at once',
      { colour: 'red', passwordLength: '1' },
      'passwordLength must be a whole number from 8 to 256; "colour" is not known',
    ],
  ])('refuse %s', (_, settings, message) => {
    const failure = thrownBy(() => parseSettings(items(settings)))
    expect(failure).toMatchObject({ name: 'BadSettings', message: expect.stringContaining(message) })
  })

  it('refuse a key that is given twice', () => {
    expect(() => parseSettings([...items({ field: 'a' }), ...items({ field: 'b' })])).toThrow('"field" is given twice')
  })

  it('can be asked about before they are stored', () => {
    expect(settingsProblem([])).toBeUndefined()
    expect(settingsProblem([{ key: 'strategy', value: 'generic' }])).toBeUndefined()
    expect(settingsProblem([{ key: 'strategy', value: 'none' }])).toBe(
      'Settings of the managed rotation (ExternalSecretRotationMetadata): strategy must be one of single-user, alternating-users, generic.',
    )
  })
})
