import fc from 'fast-check'
import { copiedGrant } from '../../../lambda/managed-rotation/engines/mysql-grants.ts'

const copy = (grant: string, username = 'bob', host = '%'): string | undefined =>
  copiedGrant(grant, { from: { username, host }, to: "'new'@'%'" })

describe('a copied grant', () => {
  it.each([
    ['of a database', 'GRANT SELECT, INSERT ON `app`.* TO `bob`@`%`', "GRANT SELECT, INSERT ON `app`.* TO 'new'@'%'"],
    [
      'to be passed on',
      'GRANT SELECT ON *.* TO `bob`@`%` WITH GRANT OPTION',
      "GRANT SELECT ON *.* TO 'new'@'%' WITH GRANT OPTION",
    ],
    [
      'of columns',
      'GRANT SELECT (`a TO b`, `c`) ON `d`.`TO` TO `bob`@`%`',
      "GRANT SELECT (`a TO b`, `c`) ON `d`.`TO` TO 'new'@'%'",
    ],
    [
      'of roles, in MySQL',
      'GRANT `r`@`%`,`s`@`%` TO `bob`@`%` WITH ADMIN OPTION',
      "GRANT `r`@`%`,`s`@`%` TO 'new'@'%' WITH ADMIN OPTION",
    ],
    ['of a role, in MariaDB', 'GRANT `r` TO `bob`@`%`', "GRANT `r` TO 'new'@'%'"],
    ['of a default role', 'SET DEFAULT ROLE `r` FOR `bob`@`%`', "SET DEFAULT ROLE `r` FOR 'new'@'%'"],
    ['of older servers', "GRANT EXECUTE ON `d`.* TO 'bob'@'%'", "GRANT EXECUTE ON `d`.* TO 'new'@'%'"],
    [
      'of dynamic privileges',
      'GRANT BACKUP_ADMIN,XA_RECOVER_ADMIN ON *.* TO `bob`@`%`',
      "GRANT BACKUP_ADMIN,XA_RECOVER_ADMIN ON *.* TO 'new'@'%'",
    ],
    ['that is restricted', 'REVOKE SELECT ON `secret`.* FROM `bob`@`%`', "REVOKE SELECT ON `secret`.* FROM 'new'@'%'"],
    [
      'with a password and options, without them',
      "GRANT SELECT ON *.* TO `bob`@`%` IDENTIFIED BY PASSWORD '*0123' REQUIRE SSL WITH GRANT OPTION MAX_USER_CONNECTIONS 7",
      "GRANT SELECT ON *.* TO 'new'@'%' WITH GRANT OPTION",
    ],
  ])('is the same for the other user: %s', (_, grant, expected) => {
    expect(copy(grant)).toBe(expected)
  })

  it.each([
    ['that there is such a user', "GRANT USAGE ON *.* TO `bob`@`%` IDENTIFIED BY PASSWORD '*0123'"],
    ['of another user', 'GRANT SELECT ON *.* TO `alice`@`%`'],
    ['of another host', 'GRANT SELECT ON *.* TO `bob`@`10.%`'],
    ['of something unknown', 'DENY SELECT ON *.* TO `bob`@`%`'],
    ['of nothing', ''],
  ])('is none: %s', (_, grant) => {
    expect(copy(grant)).toBeUndefined()
  })

  it('finds the user whatever the names of databases and users are', () => {
    const name = fc.string({
      unit: fc.constantFrom('`', "'", '"', '\\', ' ', 'T', 'O', '@', 'x', 'é'),
      minLength: 1,
      maxLength: 8,
    })
    const quoted = (text: string): string => `\`${text.replaceAll('`', '``')}\``
    fc.assert(
      fc.property(name, name, name, (database, username, host) => {
        const beginning = `GRANT SELECT ON ${quoted(database)}.* TO`
        expect(copy(`${beginning} ${quoted(username)}@${quoted(host)}`, username, host)).toBe(`${beginning} 'new'@'%'`)
      }),
    )
  })
})
