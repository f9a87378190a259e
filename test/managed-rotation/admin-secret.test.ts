import fc from 'fast-check'
import { adminLogin, isAdminFor } from '../../lambda/managed-rotation/admin-secret.ts'
import { parseDatabaseSecret } from '../../lambda/managed-rotation/database-secret.ts'
import { MemorySecrets } from './support/memory-secrets.ts'

describe('the tag of an admin secret', () => {
  it.each([
    ['app/db', 'app/db', true],
    ['app/db', 'app/db2', false],
    ['app/db', 'app', false],
    ['app/', 'app/db', true],
    ['app/', 'app2/db', false],
    ['app-', 'app-db', true],
    ['other app/ third', 'app/db', true],
    ['  app/db  ', 'app/db', true],
    ['/', 'anything', true],
    ['', 'anything', false],
    ['-', 'anything', false],
  ])('of %j is for %j: %j', (tag, name, expected) => {
    expect(isAdminFor(tag, name)).toBe(expected)
  })

  it('is for no name that it neither holds nor begins', () => {
    const name = fc.stringMatching(/^[a-c/-]{1,6}$/)
    fc.assert(
      fc.property(fc.array(name, { maxLength: 4 }), name, (entries, asked) => {
        const isMeant = entries.some((e) => e === '/' || e === asked || (/[/-]$/.test(e) && asked.startsWith(e)))
        expect(isAdminFor(entries.join(' '), asked)).toBe(isMeant)
      }),
    )
  })
})

describe('the secret of an admin', () => {
  const secrets = new MemorySecrets()
  const database = { engine: 'mysql', host: 'db', username: 'app', password: 'p' }
  const secret = secrets.create('app/db', database)
  const admin = secrets.create(
    'admin',
    { ...database, username: 'root' },
    { tags: { 'coffer:rotation-admin-for': 'app/' } },
  )
  const use = (masterarn: string): Promise<unknown> =>
    adminLogin(secrets.access, {
      secret,
      database: parseDatabaseSecret(JSON.stringify({ ...database, masterarn }), { what: 'x', allowsPlaintext: false }),
      usernames: ['app'],
      allowsPlaintext: false,
    })

  it('is used when it is of the same server and says that it is for the secret', async () => {
    await expect(use(admin.arn)).resolves.toMatchObject({ username: 'root' })
  })

  it.each([
    ['another account', admin.arn.replace('123456789012', '210987654321')],
    ['another Region', admin.arn.replace('us-east-1', 'eu-west-1')],
    ['another service', admin.arn.replace('secretsmanager', 'iam')],
    ['no ARN', 'admin'],
    ['the secret itself', secret.arn],
  ])('is not looked up in %s', async (_, arn) => {
    await expect(use(arn)).rejects.toMatchObject({ name: 'AdminSecretNotUsable' })
  })

  it('counts by its own value for TLS, not by what the secret says', async () => {
    secrets.overwrite(admin, { ...database, username: 'root', ssl: false })
    await expect(use(admin.arn)).rejects.toMatchObject({ name: 'BadSecretValue' })
  })
})
