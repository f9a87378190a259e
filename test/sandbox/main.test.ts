import { run } from '../support/other-programs.ts'
import { suiteDirectories } from '../support/suite-directories.ts'

const makeDirectory = suiteDirectories()
const sandbox = (args: readonly string[], environment = {}) =>
  run(process.execPath, ['sandbox/main.ts', ...args], { environment })

it('--help tells every option', async () => {
  const { code, stdout } = await sandbox(['--help'])
  expect(code).toBe(0)
  for (const option of ['--port', '--config', '--out', '--regions', '--users', '--json', '-h', 'Exit codes'])
    expect(stdout).toContain(option)
})

it.each<[string, string[], Record<string, string>, string]>([
  ['an option that there is not', ['--colour'], {}, "Unknown option '--colour'"],
  [
    'a Region that there is not',
    ['--regions', 'eu-west-1,eu-west-9'],
    {},
    '--regions names "eu-west-9"; the CDK knows',
  ],
  ['a config file that there is not', ['--config', 'nowhere.ts'], {}, 'nowhere.ts cannot be read'],
  ['half an access key', ['--out', '.'], { COFFER_ADMIN_ACCESS_KEY_ID: 'AKIA' }, 'both or none'],
])('%s is told in one line', async (_, args, environment, message) => {
  const { code, stderr } = await sandbox(args, environment)
  expect(code).toBe(1)
  expect(stderr).toContain(message)
  expect(stderr).not.toContain('    at ')
})

it('a folder that is no cdk.out is told in one line', async () => {
  const { code, stderr } = await sandbox(['--out', makeDirectory()])
  expect([code, stderr.trim().split('\n')]).toEqual([1, [expect.stringContaining('cdk synth')]])
})
