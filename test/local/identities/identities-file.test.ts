import { stringify } from 'yaml'
import { readIdentities } from '../../../local/identities/identities-file.ts'
import { SourceProblem } from '../../../local/identities/yaml-source.ts'
import { SEED } from './support/identity-fixture.ts'

const ACCOUNT = '000000000012'
const SECRET = 'a-secret-that-is-not-shown'
const HASH = `scrypt$32768$8$3$${'A'.repeat(22)}$${'A'.repeat(43)}`
const variables: Record<string, string> = { ALICE_SECRET: 'secret-of-the-environment', ALICE_SEED: SEED, EMPTY: '' }
const read = (text: string) => readIdentities(text, { createdAt: 5, variable: (name) => variables[name] }).accounts

const GOOD = `
# who may do what
accounts:
  ${ACCOUNT}:
    organization: o-exampleorgid
    users:
      Alice:
        path: /team/
        groups: [Readers]
        policies:
          own:
            Version: 2012-10-17
            Statement:
              Effect: Allow
              Action: secretsmanager:GetSecretValue
              Resource: "*"
              Condition:
                Bool: { aws:MultiFactorAuthPresent: true }
                NumericLessThan: { aws:MultiFactorAuthAge: 3600 }
          text: |
            {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "a:b", "Resource": "*"}]}
        managedPolicies:
          - arn:aws:iam::aws:policy/SecretsManagerReadWrite
          - read
        boundary: arn:aws:iam::${ACCOUNT}:policy/read
        tags: { team: blue, on: no }
        accessKeys:
          - { id: AKIAALICEALICEALICE1, secret: ${SECRET} }
          - { id: AKIAALICEALICEALICE2, secretFrom: ALICE_SECRET, status: Inactive }
        passwordHash: ${HASH}
        mfaDevices:
          phone: { seedFrom: ALICE_SEED }
      bob: {}
    groups:
      readers: { managedPolicies: [Read] }
    roles:
      app:
        trust: { Version: 2012-10-17, Statement: [{ Effect: Allow, Principal: { AWS: "${ACCOUNT}" }, Action: sts:AssumeRole }] }
        description: of the app
        maxSessionSeconds: 7200
    policies:
      read:
        document: { Version: 2012-10-17, Statement: [{ Effect: Allow, Action: a:Get*, Resource: "*" }] }
`

describe('an identities file', () => {
  const account = read(GOOD).get(ACCOUNT)!

  it('makes users, with keys and seeds of its own or of the environment', () => {
    const { id, ...alice } = account.users.get('alice')!
    expect(id).toMatch(/^AIDA[A-Z2-7]{16}$/)
    expect(alice).toMatchObject({
      origin: 'file',
      name: 'Alice',
      path: '/team/',
      arn: `arn:aws:iam::${ACCOUNT}:user/team/Alice`,
      createdAt: 5,
      attached: ['arn:aws:iam::aws:policy/SecretsManagerReadWrite', `arn:aws:iam::${ACCOUNT}:policy/read`],
      boundary: `arn:aws:iam::${ACCOUNT}:policy/read`,
      groups: ['readers'],
      tags: [
        { key: 'team', value: 'blue' },
        { key: 'on', value: 'no' },
      ],
      accessKeys: [
        { accessKeyId: 'AKIAALICEALICEALICE1', secretAccessKey: SECRET, status: 'Active', origin: 'file' },
        { accessKeyId: 'AKIAALICEALICEALICE2', secretAccessKey: 'secret-of-the-environment', status: 'Inactive' },
      ],
      passwordHash: HASH,
      mfaDevices: [`arn:aws:iam::${ACCOUNT}:mfa/phone`],
    })
    expect(account.mfaDevices.get('phone')).toMatchObject({ seed: SEED, user: 'Alice', origin: 'file' })
    expect(account.users.get('bob')).toMatchObject({ path: '/', attached: [], groups: [], accessKeys: [] })
  })

  it('has policies as objects or as texts of JSON', () => {
    const { inline } = account.users.get('alice')!
    expect(JSON.parse(inline.get('own')!)).toMatchObject({
      Statement: { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } },
    })
    expect(JSON.parse(inline.get('text')!)).toMatchObject({ Statement: [{ Effect: 'Deny' }] })
  })

  it('makes groups, roles, managed policies and the organization', () => {
    expect(account.organization).toBe('o-exampleorgid')
    expect(account.groups.get('readers')?.attached).toEqual([`arn:aws:iam::${ACCOUNT}:policy/read`])
    expect(account.roles.get('app')).toMatchObject({ maxSessionSeconds: 7200, description: 'of the app' })
    expect(account.policies.get('read')).toMatchObject({ defaultVersionId: 'v1', versions: [{ id: 'v1' }] })
  })

  it('takes the unique ids that it is given', () => {
    const { accounts } = readIdentities(GOOD, {
      createdAt: 5,
      variable: (name) => variables[name],
      idOf: (id, kind, { prefix, name }) => `${prefix}/${id}/${kind}/${name}`,
    })
    expect(accounts.get(ACCOUNT)?.users.get('alice')?.id).toBe(`AIDA/${ACCOUNT}/users/Alice`)
    expect(accounts.get(ACCOUNT)?.policies.get('read')?.id).toBe(`ANPA/${ACCOUNT}/policies/read`)
  })

  it('gives the same ids each time, to every entity its own', () => {
    const ids = (text: string) => {
      const { users, groups, roles, policies } = read(text).get(ACCOUNT)!
      return [...users.values(), ...groups.values(), ...roles.values(), ...policies.values()].map(({ id }) => id)
    }
    expect(ids(GOOD)).toEqual(ids(GOOD))
    expect(new Set(ids(GOOD)).size).toBe(5)
  })

  it('may be JSON', () => {
    const json = JSON.stringify({ accounts: { [ACCOUNT]: { users: { bob: { path: '/x/' } } } } })
    expect(read(json).get(ACCOUNT)?.users.get('bob')?.arn).toBe(`arn:aws:iam::${ACCOUNT}:user/x/bob`)
  })
})

const inAccount = (text: string): string => `accounts:\n  "${ACCOUNT}":\n${text.replaceAll(/^/gm, '    ')}`
const PATH = `accounts.${ACCOUNT}`
const policy = 'Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "a:b", Resource: "*" }]'

describe('what is wrong in an identities file is told with line and column:', () => {
  it.each<[string, string, string]>([
    ['nothing', '', '1:1: expected accounts: at the top'],
    ['a list', '- a', '1:1: expected accounts: at the top'],
    ['an open quote', 'accounts:\n  "1', '2:5: a character is missing here, such as a closing quote, bracket or comma'],
    ['a tab', 'accounts:\n\tx: 1', '2:1: tabs do not indent: use blanks'],
    ['a key that is given twice', 'accounts: {}\naccounts: {}', '2:1: this key was given before'],
    ['two documents', 'accounts: {}\n---\naccounts: {}', '2:1: one file holds one document'],
    ['an anchor', 'accounts: &a {}', '1:14: anchors (&) are not taken: quote a text that begins with &'],
    ['an alias', 'accounts: *a', '1:11: aliases (*) are not taken: write it out, or quote a text that begins with *'],
    ['a tag', 'accounts: !!map {}\nx: !js/function a', '2:4: tags (!) are not taken'],
    ['a prototype', '__proto__: {}', '1:1: a key is a plain text'],
    ['an unknown member', 'accounts: {}\nusers: {}', '2:1: users: there is no such member'],
    ['a wrong account', 'accounts:\n  12: {}', '2:3: accounts: expected an account id of 12 digits'],
    [
      'a misspelt member',
      inAccount('users:\n  bob:\n    polices: {}'),
      `5:9: ${PATH}.users.bob.polices: there is no such member`,
    ],
    ['an empty user', inAccount('users:\n  bob:'), `4:11: ${PATH}.users.bob: expected a user (an empty one is {})`],
    [
      'a wrong name',
      inAccount('users:\n  "b b": {}'),
      `4:7: ${PATH}.users: expected a name of 1 to 64 letters, digits and +=,.@-_`,
    ],
    [
      'a wrong path',
      inAccount('users:\n  bob: { path: x }'),
      `4:20: ${PATH}.users.bob.path: expected a path that begins and ends with a slash`,
    ],
    [
      'a name in two cases',
      inAccount('groups: { A: {}, a: {} }'),
      `3:25: ${PATH}.groups.a: this name was given before: names are not told apart by case`,
    ],
    [
      'a group that is not there',
      inAccount('users: { bob: { groups: [x, y] }}\ngroups: { x: {} }'),
      `3:33: ${PATH}.users.bob.groups[1]: there is no group "y" in this account of the file`,
    ],
    [
      'a policy that is not there',
      inAccount('roles: {}\ngroups: { g: { managedPolicies: [p] } }'),
      `4:38: ${PATH}.groups.g.managedPolicies[0]: there is no managed policy "p" in this account of the file`,
    ],
    [
      'an unknown policy of AWS',
      inAccount('users: { b: { boundary: arn:aws:iam::aws:policy/No } }'),
      `3:29: ${PATH}.users.b.boundary: this managed policy of AWS is not known here; known are AdministratorAccess`,
    ],
    [
      'a wrong effect',
      inAccount(
        'policies:\n  p:\n    document:\n      Version: "2012-10-17"\n      Statement:\n        - { Effect: Alow, Action: "a:b", Resource: "*" }',
      ),
      `8:25: ${PATH}.policies.p.document: Statement[1].Effect: `,
    ],
    [
      'a policy that is no JSON',
      inAccount('policies:\n  p:\n    document: "{"'),
      `5:19: ${PATH}.policies.p.document: `,
    ],
    [
      'a trust policy without a principal',
      inAccount(`roles: { r: { trust: { ${policy} } } }`),
      `3:63: ${PATH}.roles.r.trust: Statement[1]: Principal is missing`,
    ],
    [
      'a role without trust',
      inAccount('roles: { r: {} }'),
      `3:17: ${PATH}.roles.r.trust: expected a policy: an object, or a text of JSON`,
    ],
    [
      'a wrong session length',
      inAccount(`roles: { r: { trust: "", maxSessionSeconds: 60 } }`),
      `expected 3600 to 43200`,
    ],
    [
      'a key without a secret',
      inAccount('users: { b: { accessKeys: [{ id: AKIAEXAMPLEEXAMPLE }] } }'),
      `3:32: ${PATH}.users.b.accessKeys[0]: expected either secret or secretFrom`,
    ],
    [
      'a variable that is not set',
      inAccount('users: { b: { accessKeys: [{ id: AKIAEXAMPLEEXAMPLE, secretFrom: EMPTY }] } }'),
      `3:70: ${PATH}.users.b.accessKeys[0].secretFrom: the variable that is named here is not set to 8 to 128`,
    ],
    [
      'a short seed',
      inAccount('users: { b: { mfaDevices: { p: { seed: AAAA } } } }'),
      `3:44: ${PATH}.users.b.mfaDevices.p.seed: expected base32 of 128 bits or more`,
    ],
    [
      'a password in the clear',
      inAccount(`users: { b: { passwordHash: ${SECRET} } }`),
      `3:33: ${PATH}.users.b.passwordHash: expected what \`coffer hash-password\` prints`,
    ],
    [
      'a wrong organization',
      inAccount('organization: x'),
      `3:19: ${PATH}.organization: expected an organization id such as o-exampleorgid`,
    ],
    [
      'an access key of two users',
      `${inAccount('users: { a: { accessKeys: [{ id: AKIAEXAMPLEEXAMPLE, secret: 12345678 }] } }')}\n  "000000000013": { users: { b: { accessKeys: [{ id: AKIAEXAMPLEEXAMPLE, secret: 12345678 }] } } }`,
      `4:54: accounts.000000000013.users.b.accessKeys[0].id: this access key id was given before`,
    ],
    [
      'a device of two users',
      inAccount(`users:\n  a: { mfaDevices: { p: { seed: ${SEED} } } }\n  b: { mfaDevices: { p: { seed: ${SEED} } } }`),
      `another user has an MFA device of this name`,
    ],
  ])('%s', (_, text, message) => {
    expect(problemOf(text)).toContain(message)
  })

  it('several at once, in the order of the file', () => {
    const lines = problemOf(inAccount('users:\n  a: { groups: [x] }\n  b: { path: "" }\n  c: { groups: [y] }')).split(
      '\n',
    )
    expect(lines).toHaveLength(1)
    expect(
      problemOf(inAccount('users:\n  a: { groups: [x] }\n  c: { groups: [y] }'))
        .split('\n')
        .map((line) => line.split(': ')[0]),
    ).toEqual(['4:21', '5:21'])
  })

  it('and never with what stands there, for it may be a secret', () => {
    for (const text of [
      inAccount(`users: { b: { accessKeys: [{ id: AKIAEXAMPLEEXAMPLE, secret: "${SECRET} x" }] } }`),
      inAccount(`users: { b: { accessKeys: [{ id: AKIAEXAMPLEEXAMPLE, secret: *${SECRET} }] } }`),
      inAccount(`users: { b: { accessKeys: [{ id: AKIAEXAMPLEEXAMPLE, secret: !${SECRET} x }] } }`),
      inAccount(`users: { b: { accessKeys: [{ id: AKIAEXAMPLEEXAMPLE, secret: "${SECRET} }] } }`),
      inAccount(`users: { b: { accessKeys: [{ id: "${SECRET} ", secret: x }] } }`),
      inAccount(`users: { b: { mfaDevices: { p: { seed: ${SECRET} } } } }`),
      inAccount(`policies: { p: { document: '{"${SECRET}": "${SECRET}"' } }`),
      inAccount(`users: { b: { accessKeys: [{ id: AKIAEXAMPLEEXAMPLE, secret:${SECRET} }] } }`),
      inAccount(`users:\n  b:\n    passwordHash:${SECRET}: x`),
      inAccount(`users: { b: { mfaDevices: { seed:${SECRET} } } }`),
      inAccount(`users: { b: { mfaDevices: { p: { seed:${SECRET} } } } }`),
      inAccount(`users: { b: { policies: { "secret:${SECRET}": { Version: x } } } }`),
      inAccount(`users: { b: { policies: { p: { Version: 2012-10-17, secret:${SECRET} } } } }`),
      inAccount(`users: { b: { tags: { "s#${SECRET}": x } } }`),
      inAccount(`users: { b: { boundary: "p secret:${SECRET}" } }`),
      inAccount(`users: { "secret:${SECRET}": { path: x } }`),
      `accounts: { secret:${SECRET}: {} }`,
      `secret:${SECRET}: x`,
      inAccount(`users: { b: { secret=${SECRET}: x } }`),
      `accounts:\n  ${SECRET}\n ${SECRET}\n`,
      `accounts: }${SECRET}`,
    ])
      expect(problemOf(text)).not.toContain(SECRET)
    // It could be the name of a variable.
    expect(problemOf(inAccount(`users: { b: { mfaDevices: { p: { seedFrom: ${SEED}A } } } }`))).not.toContain(SEED)
  })
})

describe('a hostile identities file is refused, soon:', () => {
  const bomb = `a: &a [x, x]\n${Array.from({ length: 30 }, (_, i) => `b${i}: &b${i} [*a, *a]`).join('\n')}`
  it.each<[string, string]>([
    ['aliases that multiply', bomb],
    ['merge keys', 'a: &a { b: 1 }\naccounts:\n  <<: *a'],
    ['brackets without end', '['.repeat(20_000)],
    ['braces without end', '{a: '.repeat(20_000)],
    ['lists without end', '- '.repeat(20_000)],
    ['a staircase', Array.from({ length: 3000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
    ['complex keys', '? '.repeat(5000)],
    ['deep policies', inAccount(`policies: { p: { document: ${'{ a: '.repeat(60)}1${' }'.repeat(60)} } }`)],
    ['bytes', String.fromCharCode(...Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256))],
    ['a long line', `accounts: "${'x'.repeat(1_000_000)}`],
  ])('%s', (_, text) => {
    expect(problemOf(text)).toMatch(/^\d+:\d+: /)
  })

  it('any text gives accounts or problems, and nothing else', () => {
    const words = [
      'accounts',
      ':',
      ' ',
      '\n',
      '  ',
      '"',
      "'",
      '{',
      '}',
      '[',
      ']',
      '- ',
      '? ',
      '|',
      '>',
      '&a',
      '*a',
      '!',
      '#',
      '%',
      '@',
      '`',
      ACCOUNT,
      'users',
      '\t',
      '\r',
      '---',
      '...',
      '\u0000',
      '\ufeff',
    ]
    let seed = 1
    const next = (): number => (seed = (seed * 48_271) % 2_147_483_647)
    for (let round = 0; round < 1500; round++) {
      const text = Array.from({ length: next() % 40 }, () => words[next() % words.length]).join('')
      try {
        read(text)
      } catch (error) {
        if (!(error instanceof SourceProblem))
          throw new Error(`${JSON.stringify(text)} fails with ${String(error)}`, { cause: error })
      }
    }
  })
})

it('an identities file of 1,000 users is read as it was written', () => {
  const users = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`u${i}`, { tags: { n: String(i) } }]))
  expect(read(stringify({ accounts: { [ACCOUNT]: { users } } })).get(ACCOUNT)?.users.size).toBe(1000)
})

function problemOf(text: string): string {
  try {
    read(text)
  } catch (error) {
    if (error instanceof SourceProblem) return error.message
    throw error
  }
  throw new Error('it was expected to be refused')
}
