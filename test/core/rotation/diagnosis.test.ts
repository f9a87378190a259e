/** What managed rotation's errors are diagnosed as; those of functions are in rotation.test.ts too. */
import { diagnose } from '../../../lambda/core/rotation/diagnosis.ts'
import { parseDatabaseSecret, type Login } from '../../../lambda/managed-rotation/database-secret.ts'
import { connectionTrouble, refused, unreachable } from '../../../lambda/managed-rotation/engines/engine.ts'
import { RotationError, type RotationErrorName } from '../../../lambda/managed-rotation/rotation-error.ts'
import { parseSettings } from '../../../lambda/managed-rotation/settings.ts'
import { thrownBy } from '../../managed-rotation/support/failure-of.ts'

const functionArn = 'arn:aws:lambda:us-east-1:123456789012:function:f'
const told = (errorType: string | undefined, message: string | undefined, more: object = {}): string =>
  diagnose({
    outcome: {
      kind: 'failed',
      ...(errorType !== undefined && { errorType }),
      ...(message !== undefined && { message }),
    },
    functionArn,
    step: 'setSecret',
    ...more,
  })
const managed = ({ name, message }: Error): string => told(name, message, { isManaged: true })

/** Names that hold words which are signs of something else. */
const login: Login = {
  kind: 'mysql',
  engine: 'mariadb',
  host: 'kms-tls-certificate.example.com',
  port: 3306,
  username: 'AccessDenied timeout expired',
  password: 'p',
  tls: {},
}
const value = { engine: 'postgres', host: 'db', username: 'app', password: 'p' }
const parsing = (json: object) => () =>
  parseDatabaseSecret(JSON.stringify(json), { what: 'The AWSCURRENT value', allowsPlaintext: false })
const broken = (code: string): Error => unreachable(login, connectionTrouble(code) ?? 'the connection broke')

describe('what managed rotation says', () => {
  it.each<[title: string, error: Error, advice: RegExp]>([
    [
      'a bad setting',
      thrownBy(() => parseSettings([{ Key: 'x', Value: 'y' }])),
      /^A setting of the rotation is not usable/,
    ],
    [
      'an origin that is not allowed',
      new RotationError(
        'BadSettings',
        'webhookUrl leads to https://a, which is not among the origins that may be called.',
      ),
      /--rotation-webhook-origins \(on AWS: managedRotation\.webhookOrigins\)/,
    ],
    [
      'plain text',
      thrownBy(parsing({ ...value, ssl: false })),
      /start Coffer with --rotation-allow-plaintext on \(on AWS: managedRotation\.allowPlaintext\)/,
    ],
    [
      'a missing member',
      thrownBy(parsing({ ...value, host: undefined })),
      /^The value of the secret is not usable as it is/,
    ],
    [
      'a value that names no database',
      new RotationError('BadSecretValue', 'x; for a value of anything else, set `strategy` to generic: y.'),
      /strategy=generic/,
    ],
    [
      'no admin',
      new RotationError('BadSecretValue', 'x has no `masterarn`; alternating users'),
      /put its ARN into the value/,
    ],
    ['an admin secret', new RotationError('AdminSecretNotUsable', 'has no tag'), /^The admin secret cannot be used/],
    ["the admin's password", new RotationError('AdminPasswordRefused', 'x'), /the secret that `masterarn` names/],
    ['the old password', new RotationError('OldPasswordRefused', 'x'), /^The database refused the stored password/],
    [
      'the new password',
      new RotationError('PendingPasswordRefused', 'x'),
      /^The new password was set and is not taken/,
    ],
    [
      'a right',
      refused(login, 'SQLSTATE 42501, the user lacks the right to do this'),
      /^The user lacks a right in the database/,
    ],
    [
      'a database',
      refused(login, 'error 1049, there is no such database; see `dbname` of the secret'),
      /`dbname` of the secret/,
    ],
    [
      'another refusal',
      refused(login, 'error 1040, it has too many connections'),
      /^The database was reached and refused/,
    ],
    [
      'no TLS',
      unreachable(login, 'the server offers no TLS'),
      /^The server offers no TLS.* --rotation-allow-plaintext on/,
    ],
    ['an authority', broken('SELF_SIGNED_CERT_IN_CHAIN'), /^The TLS connection failed.*sslrootcert/],
    ['an expired certificate', broken('CERT_HAS_EXPIRED'), /^The TLS connection failed/],
    ['a handshake', broken('ERR_TLS_HANDSHAKE'), /^The TLS connection failed/],
    ['another name', broken('ERR_TLS_CERT_ALTNAME_INVALID'), /^The TLS certificate of the server is for another name/],
    ['no host', broken('ENOTFOUND'), /^No connection came about: the name in `host`/],
    ['no listener', broken('ECONNREFUSED'), /^No connection came about: nothing listens/],
    ['no route', broken('ETIMEDOUT'), /^No connection came about. See the host and port/],
    ['a webhook', new RotationError('WebhookFailed', 'no answer in time'), /^The webhook did not take the call/],
    ['a Deny', new RotationError('AccessDeniedException', 'User: x is not authorized'), /see the Deny statements/],
    ['a fault', new RotationError('ManagedRotationFault', 'broke with TypeError.'), /^This is a fault of Coffer/],
    ['rotation that is off', new RotationError('RotationNotEnabled', 'x'), /^Rotation was turned off/],
    ['a version that is not pending', new RotationError('VersionNotPending', 'x'), /Nothing is to be done/],
    ['no secret of the admin', new RotationError('ResourceNotFoundException', 'x'), /`masterarn`/],
    ['a key', new RotationError('DecryptionFailure', 'x'), /^KMS refused/],
    [
      'the end of its process',
      Object.assign(new Error('x'), { name: 'Runtime.ExitError' }),
      /^The process of the function ended/,
    ],
  ])('is diagnosed by its name: %s', (_, error, advice) => {
    expect(managed(error)).toMatch(advice)
  })

  it.each<RotationErrorName>(['BadEvent', 'InvalidParameterException', 'InvalidRequestException'])(
    'has no log to look into: %s',
    (name) => {
      const advice = managed(new RotationError(name, 'certificate: ECONNREFUSED'))
      expect(advice).toBe('Managed rotation failed in setSecret: its message says why.')
    },
  )

  it('is nothing that another function says under the same name', () => {
    expect(told('BadSettings', 'x')).toBe(
      'The function failed in setSecret: its message says why. The log of the function, where it runs, may say more.',
    )
  })
})

describe('what functions say', () => {
  it.each<[errorType: string, message: string, advice: RegExp]>([
    [
      'CredentialsProviderError',
      'Could not load credentials from any providers',
      /has no role.*coffer functions add NAME --role/,
    ],
    ['NoCredentialsError', 'Unable to locate credentials', /has no role.*coffer functions add NAME --role/],
    [
      'RoleNotAssumable',
      'The role defined for the function cannot be assumed by Lambda.',
      /does not trust lambda\.amazonaws\.com/,
    ],
    ['Function.ResponseSizeTooLarge', 'Response payload size (7000002 bytes) exceeded', /returned more than 6 MB/],
    ['Runtime.ImportModuleError', "Unable to import module 'x_ssl': No module named 'pgdb'", /could not be loaded/],
    ['OperationalError', 'server does not support SSL, but SSL was required', /^The TLS connection failed/],
    ['ValueError', 'no way: ssl_helper', /its message says why/],
    ['ResourceNotFoundException', "can't find it", /^The function asked for a secret or a version that is not there/],
    ['Error', 'connect ENOTFOUND db', /^No connection came about/],
    [
      'AccessDeniedException',
      'not authorized to perform: secretsmanager:DescribeSecret',
      /^A call of the function was refused/,
    ],
  ])('%s: %s', (errorType, message, advice) => {
    expect(told(errorType, message)).toMatch(advice)
  })

  it('is said not to be there where it is not', () => {
    expect(told('ValueError', undefined)).toMatch(/^The function failed in setSecret and did not say why\./)
    expect(told('ValueError', 'x', { isKept: false })).toMatch(/What it said is not kept, since the values/)
  })
})
