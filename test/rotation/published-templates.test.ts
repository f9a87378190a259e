/**
 * AWS's published rotation templates in Python, as they are. They are not part of this repository: COFFER_TEST_ROTATION_TEMPLATES names a folder with a copy of
 * github.com/aws-samples/aws-secrets-manager-rotation-lambdas; those that are in it are run.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { lackingMariadb, MARIADB_ADMIN, MariadbServer } from '../support/databases/mariadb-server.ts'
import { lackingPostgres, POSTGRES_ADMIN, PostgresServer } from '../support/databases/postgres-server.ts'
import { describeUnless, lacking } from '../support/other-programs.ts'
import { PYTHON, startEmbedded, type Embedded } from '../support/rotation-embedded.ts'
import { suiteDirectories } from '../support/suite-directories.ts'

jest.setTimeout(200_000)
const makeDirectory = suiteDirectories()
const folder = process.env.COFFER_TEST_ROTATION_TEMPLATES

interface Database {
  readonly port: number
  readonly query: (sql: string, login?: { username: string; password: string }) => Promise<unknown>
  readonly stop: () => Promise<void>
}

interface Template {
  readonly name: string
  readonly engine: 'postgres' | 'mysql' | 'mariadb'
  readonly isAlternating: boolean
}

const templates: readonly Template[] = [
  { name: 'SecretsManagerRDSPostgreSQLRotationSingleUser', engine: 'postgres', isAlternating: false },
  { name: 'SecretsManagerRDSPostgreSQLRotationMultiUser', engine: 'postgres', isAlternating: true },
  { name: 'SecretsManagerRDSMySQLRotationSingleUser', engine: 'mysql', isAlternating: false },
  { name: 'SecretsManagerRDSMySQLRotationMultiUser', engine: 'mysql', isAlternating: true },
  { name: 'SecretsManagerRDSMariaDBRotationSingleUser', engine: 'mariadb', isAlternating: false },
  { name: 'SecretsManagerRDSMariaDBRotationMultiUser', engine: 'mariadb', isAlternating: true },
]

const codeOf = (name: string): string => join(folder ?? '', name, 'lambda_function.py')
const missing = (name: string): string | undefined =>
  folder === undefined
    ? 'COFFER_TEST_ROTATION_TEMPLATES names no folder with the templates'
    : existsSync(codeOf(name))
      ? undefined
      : `${codeOf(name)} is not there`

const servers = {
  postgres: {
    lacking: lackingPostgres,
    modules: 'boto3, pgdb',
    start: (): Promise<Database> => PostgresServer.start(),
    admin: POSTGRES_ADMIN,
  },
  mysql: {
    lacking: lackingMariadb,
    modules: 'boto3, pymysql',
    start: (): Promise<Database> => MariadbServer.start(),
    admin: MARIADB_ADMIN,
  },
}

describe.each(['postgres', 'mysql'] as const)('with the server of %s', (kind) => {
  const { start, admin, modules, lacking: lackingServer } = servers[kind]
  const ours = templates.filter(({ engine }) => (engine === 'postgres') === (kind === 'postgres'))
  const lacks =
    (ours.every(({ name }) => missing(name) !== undefined) ? missing(ours[0]!.name) : undefined) ??
    lackingServer() ??
    lacking(PYTHON, ['-c', `import ${modules}`], `a ${PYTHON} with ${modules}`)

  describeUnless(lacks, 'the published templates', () => {
    let database: Database
    let server: Embedded
    beforeAll(async () => {
      database = await start()
      server = await startEmbedded(join(makeDirectory(), 'data'))
      for (const engine of new Set(ours.map((template) => template.engine)))
        await server.client.create(`admin-${engine}`, { ...place(engine), ...admin })
    })
    afterAll(async () => {
      await server.close()
      await database.stop()
    })

    const place = (engine: string) => ({
      engine,
      host: '127.0.0.1',
      port: database.port,
      dbname: kind === 'postgres' ? 'postgres' : 'mysql',
    })

    const takes = async (login: { username: string; password: string }): Promise<boolean> =>
      database.query('SELECT 1', login).then(
        () => true,
        () => false,
      )

    for (const { name, engine, isAlternating } of ours)
      describeUnless(missing(name), name, () => {
        it('rotates by schedule, time and again, and every password logs in', async () => {
          const { client } = server
          const username = `${engine}_${isAlternating ? 'two' : 'one'}`
          const first = { ...place(engine), username, password: 'first-of-it' }
          await database.query(
            kind === 'postgres'
              ? `CREATE ROLE ${username} LOGIN PASSWORD '${first.password}'`
              : `CREATE USER '${username}'@'%' IDENTIFIED BY '${first.password}'`,
          )
          if (kind === 'mysql') await database.query(`GRANT SELECT ON mysql.* TO '${username}'@'%'`)
          const { ARN: masterarn } = await client.call('DescribeSecret', { SecretId: `admin-${engine}` })
          await client.create(name, { ...first, ...(isAlternating && { masterarn }) })
          const functionArn = await client.addFunction({
            name,
            runtime: 'python3.12',
            handler: 'lambda_function.lambda_handler',
            files: { 'lambda_function.py': readFileSync(codeOf(name)) },
          })
          await client.rotate(name, { RotationLambdaARN: functionArn, RotationRules: { AutomaticallyAfterDays: 5 } })
          await client.until(name, ({ rotations: [last] }) => last?.result !== undefined)
          let before = first
          for (let round = 0; round < 4; round++) {
            const now = await client.json<typeof first>(name)
            expect(now.password).not.toBe(before.password)
            expect(now.username).toBe(isAlternating && round % 2 === 0 ? `${username}_clone` : username)
            expect(await takes(now)).toBe(true)
            // The user whose password was not touched can still log in; of a single user the old one is refused.
            expect(await takes(before)).toBe(isAlternating)
            before = now
            if (round < 3) await client.advance('6d')
          }
          const { rotations } = await client.show(name)
          expect(rotations.map(({ result, attempts }) => [result, attempts.length])).toEqual(
            Array.from({ length: 4 }, () => ['succeeded', 1]),
          )
        })
      })
  })
})
