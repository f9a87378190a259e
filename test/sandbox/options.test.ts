import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readCommandLine } from '../../sandbox/options.ts'
import { suiteDirectories } from '../support/suite-directories.ts'

const makeDirectory = suiteDirectories()

it('has defaults that serve two Regions', () => {
  expect(readCommandLine([])).toMatchObject({
    port: 4510,
    out: undefined,
    regions: ['eu-central-1', 'us-west-2'],
    keyMode: 'per-secret',
    json: false,
    help: false,
  })
  expect(readCommandLine(['--out', 'x'])).toMatchObject({ out: 'x', config: undefined })
  expect(readCommandLine(['-h'])).toMatchObject({ help: true })
  expect(readCommandLine(['--config', 'a.ts'])).toMatchObject({ config: 'a.ts', out: undefined })
  expect(readCommandLine(['--regions', 'eu-west-1', '--port', '0', '--json'])).toMatchObject({
    regions: ['eu-west-1'],
    port: 0,
    json: true,
  })
})

it.each([
  [['--colour', 'blue'], "Unknown option '--colour'. See --help."],
  [['--out'], "Option '--out <value>' argument missing. See --help."],
  [['--out', '--json'], "Option '--out' argument is ambiguous. See --help."],
  [['--port', 'high'], '--port takes a whole number from 0 to 65535, not high. See --help.'],
  [['--port', '65536'], 'from 0 to 65535'],
  [['--threads', '0'], '--threads takes a whole number from 1 to 64, not 0. See --help.'],
  [['--threads', '65'], 'from 1 to 64'],
  [['--config', 'a.ts', '--regions', 'eu-west-1'], 'Give only one of --config and --regions. See --help.'],
  [['--out', 'cdk.out', '--config', 'a.ts'], 'Give only one of --out and --config. See --help.'],
  [['--out', 'cdk.out', '--key-mode', 'shared'], 'Give only one of --out and --key-mode. See --help.'],
  [['cdk.out'], "Unexpected argument 'cdk.out'. See --help."],
  [['--key-mode', 'none'], '--key-mode is per-secret or shared, not none. See --help.'],
  [['--users', '/nowhere/users.json'], '--users is /nowhere/users.json'],
  [['--functions', '/nowhere/functions.json'], '--functions is /nowhere/functions.json'],
  [['--identities', '/nowhere/identities.yaml'], '--identities is /nowhere/identities.yaml, which cannot be read'],
])('%j is refused with what is wrong', (args, message) => {
  expect(() => readCommandLine(args)).toThrow(message)
})

it('reads more users from a file', () => {
  const path = join(makeDirectory(), 'users.json')
  const user = { userName: 'u', accessKeyId: 'AKIAU', secretAccessKey: 's', policy: { Statement: [] } }
  writeFileSync(path, JSON.stringify([user]))
  expect(readCommandLine(['--users', path]).users).toEqual([
    { userName: 'u', accessKey: { accessKeyId: 'AKIAU', secretAccessKey: 's' }, policy: { Statement: [] } },
  ])
  writeFileSync(path, JSON.stringify([{ ...user, policy: undefined }]))
  expect(() => readCommandLine(['--users', path])).toThrow('users[0].policy')
})

it('reads accounts from an identities file, and tells where it is wrong', () => {
  const path = join(makeDirectory(), 'identities.yaml')
  writeFileSync(path, 'accounts:\n  "111122223333":\n    users:\n      alice: { tags: { team: red } }\n')
  const [account] = readCommandLine(['--identities', path]).accounts
  expect(account?.users.get('alice')).toMatchObject({ name: 'alice', tags: [{ key: 'team', value: 'red' }] })
  writeFileSync(path, 'accounts:\n  "111122223333":\n    users:\n      alice: { colour: blue }\n')
  expect(() => readCommandLine(['--identities', path])).toThrow(/--identities: .*4/)
})

it('takes functions from a file, and their code from where it is', () => {
  const folder = makeDirectory()
  const path = join(folder, 'functions.json')
  const write = (functions: unknown): void => writeFileSync(path, JSON.stringify(functions))
  write([{ name: 'rotate', file: 'code/rotate.js', timeoutSeconds: 60 }])
  expect(readCommandLine(['--functions', path]).functions).toMatchObject([
    { name: 'rotate', file: join(folder, 'code/rotate.js'), handler: 'handler', timeoutMs: 60_000 },
  ])
  write([{ name: 'rotate' }])
  expect(() => readCommandLine(['--functions', path])).toThrow('functions[0] has a code or a file')
  write({})
  expect(() => readCommandLine(['--functions', path])).toThrow('functions: expected a list')
})
