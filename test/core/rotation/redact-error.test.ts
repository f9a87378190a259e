import fc from 'fast-check'
import { redactErrorType, redactMessage } from '../../../lambda/core/rotation/redact-error.ts'
import { secretParts } from '../../../lambda/core/rotation/secret-parts.ts'
import { secretSpans } from '../../../lambda/core/rotation/secret-spans.ts'

const redacted = (message: string, ...values: readonly (object | string)[]): string => {
  const parts = values.map((value) => secretParts(typeof value === 'string' ? value : JSON.stringify(value)))
  return redactMessage(message, {
    secrets: parts.flatMap(({ secrets }) => secrets),
    known: parts.flatMap(({ known }) => known),
  })
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const hex = (text: string): string => Buffer.from(text).toString('hex')
const percent = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
const json = (text: string): string => JSON.stringify(text).slice(1, -1)
const unicode = (text: string): string =>
  text
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
const latin = (text: string): string =>
  text.replaceAll(/[\u0080-\u00ff]/g, (letter) => `\\x${letter.charCodeAt(0).toString(16)}`)
const html = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
const halved = (between: string) => (text: string) =>
  text.slice(0, text.length >> 1) + between + text.slice(text.length >> 1)
const columns = (text: string): string => text.replaceAll(/(.{16})/g, '$1\n')

/** How a secret gets into a message. */
const FORMS: readonly (readonly [name: string, write: (secret: string) => string])[] = [
  ['as it is', (text) => text],
  ['in a word', (text) => `ab${text}cd`],
  ['in capitals', (text) => text.toUpperCase()],
  ['JSON', json],
  ['JSON in JSON', (text) => json(json(text))],
  ['JSON, all escaped', unicode],
  ['JSON with / escaped', (text) => json(text).replaceAll('/', '\\/')],
  ['the repr of Python', (text) => latin(text.replaceAll(/[\\']/g, '\\$&'))],
  ['a URL', encodeURIComponent],
  ['a URL, in small hexadecimal', (text) => encodeURIComponent(text).replaceAll(/%../g, (code) => code.toLowerCase())],
  ['a URL, every byte', percent],
  ['a URL twice', (text) => encodeURIComponent(encodeURIComponent(text))],
  ['a form', (text) => new URLSearchParams({ p: text }).toString().slice(2)],
  ['a URL in JSON', (text) => json(encodeURIComponent(text))],
  ['a URL in JSON, all escaped', (text) => unicode(encodeURIComponent(text))],
  ['JSON in a URL', (text) => encodeURIComponent(json(text))],
  ['HTML', html],
  ['base64', base64],
  ['base64 without padding', (text) => base64(text).replaceAll('=', '')],
  ['base64 for URLs', (text) => Buffer.from(text).toString('base64url')],
  ['base64 after one byte', (text) => base64(`:${text}`)],
  ['base64 after two bytes', (text) => base64(`a:${text}`)],
  ['base64 in a middle', (text) => base64(`app:${text}:more`)],
  ['base64 in columns', (text) => columns(base64(`app:${text}`))],
  ['base64 of JSON', (text) => base64(JSON.stringify({ password: text }))],
  ['base64 of UTF-16', (text) => Buffer.from(text, 'utf16le').toString('base64')],
  ['base64 in a URL', (text) => encodeURIComponent(base64(text))],
  ['hexadecimal', hex],
  ['hexadecimal in capitals', (text) => hex(text).toUpperCase()],
  ['hexadecimal with colons', (text) => hex(text).match(/../g)!.join(':')],
  ['bytes in \\x', (text) => hex(text).replaceAll(/../g, '\\x$&')],
  ['a buffer', (text) => JSON.stringify(Buffer.from(text))],
  ['a list of bytes', (text) => [...Buffer.from(text)].join(', ')],
  ['the end of a line in it', halved('\n')],
  ['the end of a line and an indent in it', halved(' \r\n    ')],
  ['the end of a line in it, escaped', (text) => json(halved('\n')(text))],
  ['NUL in it', halved('\0')],
  ['a character in it that is not seen', halved('\u200b')],
]

/** Printable, without blanks at an end; what the word for a cut itself holds is no secret. */
const secret = fc
  .oneof(
    fc.string({ minLength: 8, maxLength: 40 }),
    fc.stringMatching(/^[a-z]{8,24}$/),
    fc.string({ unit: fc.constantFrom(...'aZ09"\\/\'%+&<>=:@# ßéЖ\u{1f511}'), minLength: 8, maxLength: 24 }),
  )
  .map((text) => text.trim())
  .filter((text) => text.toWellFormed().length >= 8 && !/redacted/i.test(text) && /[^\s]{4}/.test(text))

describe('what is kept of the message of a function', () => {
  it.each(FORMS)('holds no secret of eight characters or more: %s', (_, write) => {
    fc.assert(
      fc.property(secret, fc.constantFrom('login failed for ', '"', 'p=', 'x: '), (value, before) => {
        const form = write(value)
        // By what it is, and not by how it looks.
        expect(secretSpans(form, [value])).not.toEqual([])
        for (const stored of [value, { password: value }, { engine: 'postgres', nested: [{ token: value }] }]) {
          const message = redacted(`${before}${form}" and more`, stored)
          expect(message).not.toContain(form)
          expect(message).not.toContain(value)
          expect(message).toContain('[redacted]')
        }
      }),
      { numRuns: 60 },
    )
  })

  it('holds no part of base64 that tells how the secret begins or ends', () => {
    expect(redacted(`auth ${base64('app:sommerregen')} no`, { password: 'sommerregen' })).toBe('auth [redacted] no')
  })

  it.each([
    ['of a URL', 'postgres://app:sommerregen@db/x'],
    ['of a URL, escaped there', 'postgres://app:sommer%72egen@db/x'],
    ['of a text of keys and values', 'user=app;password=sommerregen;host=db'],
    ['of a file of settings', 'user: app\npassword: "sommerregen"\n'],
    ['of JSON in JSON', JSON.stringify({ settings: JSON.stringify({ x: 'sommerregen' }) })],
    ['of a query', JSON.stringify({ url: 'https://h/x?api_key=sommerregen' })],
    ['of a member that is public elsewhere', JSON.stringify({ admin: { username: 'sommerregen' } })],
    ['of a public member that brings a password', JSON.stringify({ host: 'app:sommerregen@db.example.com' })],
    ['of a list', JSON.stringify(['sommerregen'])],
    ['of a line', 'first line\nsommerregen\nlast line'],
  ])('holds no secret %s', (_, value) => {
    expect(redacted('denied: sommerregen was refused', value)).toBe('denied: [redacted] was refused')
  })

  it.each([
    ['postgres://app:hunter@db.example.com:5432/app', 'postgres://[redacted]@db.example.com:5432/app'],
    ['https://h.example.com/services/T0AB3CD/xYz12Qw', 'https://h.example.com/services/T0AB3CD/xYz12Qw'],
    ['https://h.example.com/services/xYz12QwErT5678zz', 'https://h.example.com/[redacted]'],
    ['https://h.example.com/v1/k?api=plain#x', 'https://h.example.com/v1/k?[redacted]'],
    ['login with password=plainword failed', 'login with password=[redacted] failed'],
    ['{"token":"plainword"}', '{"token":"[redacted]"}'],
    ['Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl', 'Bearer [redacted]'],
    ['try Xy7#kQ2!mm9 now', 'try [redacted] now'],
    ['AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', '[redacted] [redacted]'],
  ])('holds nothing that looks like a secret: %j', (message, kept) => {
    expect(redacted(message, { password: 'another-one' })).toBe(kept)
  })

  it('a public value that is also the value of another member is a secret', () => {
    const value = { engine: 'postgres', host: 'db.example.com', username: 'app_user', password: 'app_user' }
    expect(redacted('user "app_user" at db.example.com', value)).toBe('user "[redacted]" at db.example.com')
    expect(redacted('user "app_user"', { username: 'app_user' }, { password: 'app_user' })).toBe('user "[redacted]"')
  })

  it('a part of a public value that is a secret takes the word with it', () => {
    expect(redacted('as user "sommer_app"', { username: 'sommer_app', password: 'sommer' })).toBe(
      'as user "[redacted]"',
    )
  })

  const shown = {
    engine: 'mariadb',
    host: 'prod-DB-2b.cluster-c9akciq32.eu-west-1.rds.example.com',
    port: 27803,
    dbname: 'orders_2026_q4',
    username: 'app_user_17_clone',
    password: 'sommerregen',
    masterarn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:my/admin-AbCdEf',
    dbInstanceIdentifier: 'database-1-instance-2B',
    ssl: true,
  }
  const SERVER = `${shown.engine} at ${shown.host}:${shown.port} as user "${shown.username}"`
  it.each([
    'Settings of the managed rotation (ExternalSecretRotationMetadata): webhookUrl leads to http://127.0.0.1:27803, which is not among the origins that may be called.',
    'Settings of the managed rotation (ExternalSecretRotationMetadata): webhookUrl leads to https://hooks-eu-2.example.com:8443, which is not among the origins that may be called.',
    'The webhook at https://x.example.com failed in setSecret: it answered 503.',
    'The value has no text "password" among its members; say by the setting `field` which member to renew.',
    `No connection to ${SERVER}: ECONNREFUSED, nothing listens there.`,
    `No connection to ${SERVER}: the server offers no TLS.`,
    `Neither the new password nor the ones before are taken by ${SERVER}. Has it been changed elsewhere? Put the password that works into the secret.`,
    `The admin secret is not usable: ${shown.masterarn} has no tag coffer:rotation-admin-for. Tag it with coffer:rotation-admin-for and the value "my/rep", or a beginning of names such as "app/".`,
    `Refused by ${SERVER}: SQLSTATE 3D000, there is no such database; see \`dbname\` of the secret.`,
    `Refused by ${SERVER}: error NOPERM, the user lacks the right to do this; it takes +acl|setuser, +acl|getuser, +acl|list and +acl|save.`,
    'The AWSCURRENT value says `"ssl": false`, and connections without TLS are not allowed here.',
    'User: arn:aws:sts::123456789012:assumed-role/rotation/rotate-node is not authorized to perform: secretsmanager:DescribeSecret on resource: arn:aws:secretsmanager:us-east-1:123456789012:secret:app/db-nkXyCL because no identity-based policy allows the secretsmanager:DescribeSecret action',
    "Unable to import module 'rotate_mariadb': No module named 'pgdb'",
    "Unable to import module 'rotate_postgres_v2': No module named 'psycopg2_binary'",
    'RequestId: c0f5abd0-47c2-4a19-993e-4123b09cb739 Error: Runtime exited with error: exit status 3',
    'Response payload size (7000002 bytes) exceeded maximum allowed payload size (6291556 bytes).',
    'Could not load credentials from any providers',
    'connect ECONNREFUSED ::1:5432',
    'connect ECONNREFUSED 10.0.0.5:5432',
    'could not translate host name "postgres-primary:5432" to address',
    'File "/var/task/rotate_postgres.py", line 17; /opt/python/lib/python3.12/site-packages/psycopg/errors.py:10:5',
    `Could not connect to the endpoint URL: "https://secretsmanager.us-east-1.amazonaws.com/"`,
    `no instance ${shown.dbInstanceIdentifier} and no database ${shown.dbname}`,
  ])('can be read: %s', (message) => {
    expect(redacted(message, shown)).toBe(message)
  })

  it('is no longer than 500 characters, and nothing is at the edge of what is looked at', () => {
    const value = 'sommerregen'.repeat(40)
    for (const before of [0, 490, 16_000, 16_300, 16_380, 20_000]) {
      const message = redacted(`${'. '.repeat(before / 2)}${value} ${value}`, value)
      expect(message.length).toBeLessThanOrEqual(500)
      expect(message).not.toContain('sommerregen')
    }
    // What is cut out before makes room for it.
    const long = 'winterschnee '.repeat(1250)
    expect(redacted(`${long}: ${value} and more`, long, value)).toBe('[redacted]')
  })

  it('takes no long time, however many parts the value has', () => {
    const many = JSON.stringify(Array.from({ length: 9000 }, (_, index) => `yyyyyyyy${index}`)).slice(0, 65_000) + '"]'
    const start = performance.now()
    for (const message of [
      'y'.repeat(6_000_000),
      ' '.repeat(100_000),
      '\\'.repeat(100_000),
      '%41'.repeat(50_000),
      'pass'.repeat(30_000),
      '://'.repeat(30_000),
    ])
      redacted(message, many)
    expect(performance.now() - start).toBeLessThan(15_000)
  })
})

describe('what is kept of the name of an error', () => {
  it.each(['ValueError', 'Runtime.ExitError', 'botocore.errorfactory.ResourceNotFoundException'])('%s', (type) => {
    expect(redactErrorType(type, ['sommerregen'])).toBe(type)
  })

  it.each(['sommerregen', 'SommerRegen', 'aSommerregenError', 'Xy7kQ2mm9P0', 'no name', ''])(
    'nothing of %j',
    (type) => {
      expect(redactErrorType(type, ['sommerregen'])).toBeUndefined()
    },
  )
})
