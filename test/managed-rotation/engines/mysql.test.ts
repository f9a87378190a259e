/**
 * What MySQL is told. There is no MySQL among the servers of the suites, whose MariaDB takes the rest.
 */
import type { Login } from '../../../lambda/managed-rotation/database-secret.ts'
import { mysqlEngine } from '../../../lambda/managed-rotation/engines/mysql.ts'

const login: Login = { kind: 'mysql', host: 'db', port: 3306, username: 'root', password: 'p', tls: {} }

const answers: readonly (readonly [question: RegExp, rows: readonly Record<string, string>[]])[] = [
  [/VERSION/, [{ version: '8.4.3' }]],
  [/mysql\.user/, [{ host: '%', tls: '' }]],
  [/^SHOW GRANTS/, [{ g: 'GRANT USAGE ON *.* TO `bob`@`%`' }, { g: 'GRANT `reader`@`%` TO `bob`@`%`' }]],
  [/information_schema/, [{ 1: '1' }]],
  [/default_roles/, [{ role: 'reader', host: '%' }]],
]

async function statementsOf(work: 'own' | 'other' | 'alternate'): Promise<string[]> {
  const said: string[] = []
  const engine = mysqlEngine(async () => ({
    query: async (sql) => {
      said.push(sql)
      return answers.find(([question]) => question.test(sql))?.[1] ?? []
    },
    close: async () => undefined,
  }))
  const session = await engine.connect(login)
  if (work === 'own') await session?.setPassword('root', "it's \\ new")
  if (work === 'other') await session?.setPassword("o'b", 'new')
  if (work === 'alternate') await session?.setAlternate({ username: 'bob', alternate: 'bob_clone', password: 'new' })
  return said.filter((sql) => !/^(SELECT|SHOW)/.test(sql))
}

const MODE = "SET SESSION sql_mode = '', SESSION sql_quote_show_create = 1"

it('gives a user a password of his own', async () => {
  expect(await statementsOf('own')).toEqual([MODE, `ALTER USER CURRENT_USER() IDENTIFIED BY 'it\\'s \\\\ new'`])
})

it('gives another user a password, by the accounts that there are', async () => {
  expect(await statementsOf('other')).toEqual([MODE, `ALTER USER 'o\\'b'@'%' IDENTIFIED BY 'new'`])
})

it('makes the other user with roles and default roles, and sets the password last', async () => {
  expect(await statementsOf('alternate')).toEqual([
    MODE,
    `CREATE USER IF NOT EXISTS 'bob_clone'@'%' IDENTIFIED BY 'new'`,
    "GRANT `reader`@`%` TO 'bob_clone'@'%'",
    `ALTER USER 'bob_clone'@'%' DEFAULT ROLE 'reader'@'%'`,
    `ALTER USER 'bob_clone'@'%' IDENTIFIED BY 'new'`,
  ])
})

it('takes over neither the words of an error nor a code that is none', async () => {
  const engine = mysqlEngine(async () => {
    throw Object.assign(new Error("near 'the-secret'"), { errno: 1064, sqlState: 'the-secret', code: 'the secret' })
  })
  await expect(engine.connect(login)).rejects.toMatchObject({
    name: 'DatabaseRefused',
    message: 'Refused by mysql at db:3306 as user "root": error 1064.',
  })
})
