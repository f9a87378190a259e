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
  })
  expect(readCommandLine(['--regions', 'eu-west-1', '--port', '0', '--out', 'x', '--json'])).toMatchObject({
    regions: ['eu-west-1'],
    port: 0,
    out: 'x',
    json: true,
  })
})

it.each([
  [['--colour', 'blue'], '--colour'],
  [['--port', 'high'], '--port takes a whole number'],
  [['--key-mode', 'none'], '--key-mode is per-secret or shared'],
  [['--users', '/nowhere/users.json'], '--users is /nowhere/users.json'],
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
