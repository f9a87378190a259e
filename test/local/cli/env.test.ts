import { execFileSync, type StdioOptions } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { EXTRAS_FOLDER } from '../../../local/cli/env.ts'
import { run } from '../../../local/cli/program.ts'
import type { Environment } from '../../../local/config.ts'
import { temporaryDirectories } from '../support/temporary-directory.ts'

const newDirectory = temporaryDirectories()
const API = 'https://abc123.execute-api.eu-central-1.amazonaws.com/v1'

async function coffer(args: string[], environment: Environment = {}) {
  let out = ''
  let err = ''
  const stderr = jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true))
  const code = await run(['env', ...args], {
    environment: { SHELL: '/bin/bash', ...environment },
    print: (text) => (out += text),
    complain: (text) => (err += text),
  })
  stderr.mockRestore()
  return { code, out, err }
}

/** What the lines make of an environment, in a real shell. */
function evaluated(lines: string, environment: Record<string, string> = {}, shell = 'bash'): Record<string, string> {
  const env = { PATH: process.env.PATH ?? '', LINES_TO_EVALUATE: lines, ...environment }
  // With a pipe for standard input bash would take a socket for a login from afar, and read the developer's .bashrc.
  const stdio: StdioOptions = ['ignore', 'pipe', 'inherit']
  const printed = execFileSync(shell, ['-c', 'eval "$LINES_TO_EVALUATE"; env -0'], { env, stdio }).toString()
  const ours = printed.split('\0').filter((line) => /^(AWS|COFFER)_/.test(line))
  return Object.fromEntries(ours.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
}

describe('coffer env', () => {
  it('says where the API is, where botocore finds its files, and the Region in the host name', async () => {
    const { code, out, err } = await coffer(['--url', `${API}/`])
    expect([code, err]).toEqual([0, ''])
    expect(evaluated(out)).toEqual({
      AWS_ENDPOINT_URL_SECRETS_MANAGER: API,
      AWS_DATA_PATH: EXTRAS_FOLDER,
      AWS_REGION: 'eu-central-1',
      AWS_DEFAULT_REGION: 'eu-central-1',
      COFFER_SAVED_AWS_ENDPOINT_URL_SECRETS_MANAGER: '-',
      COFFER_SAVED_AWS_REGION: '-',
      COFFER_SAVED_AWS_DEFAULT_REGION: '-',
    })
    expect(statSync(join(EXTRAS_FOLDER, 'secretsmanager/2017-10-17/service-2.sdk-extras.json')).isFile()).toBe(true)
  })

  it('takes the URL from COFFER_URL, and a Region where the URL does not tell', async () => {
    const { out } = await coffer(['--region', 'eu-west-1'], { COFFER_URL: 'https://secrets.example.com' })
    expect(evaluated(out)).toMatchObject({
      AWS_ENDPOINT_URL_SECRETS_MANAGER: 'https://secrets.example.com',
      AWS_REGION: 'eu-west-1',
      AWS_DEFAULT_REGION: 'eu-west-1',
    })
  })

  it('leaves the Region alone when it is not known, as with an embedded Coffer', async () => {
    const { out } = await coffer(['--url', 'http://127.0.0.1:7766'])
    expect(evaluated(out, { AWS_REGION: 'us-west-2' })).toEqual({
      AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://127.0.0.1:7766',
      AWS_DATA_PATH: EXTRAS_FOLDER,
      AWS_REGION: 'us-west-2',
      COFFER_SAVED_AWS_ENDPOINT_URL_SECRETS_MANAGER: '-',
    })
  })

  it.each([
    ['no stage', 'https://abc123.execute-api.eu-central-1.amazonaws.com', [], 'coffer: there is no stage in https://'],
    ['no Region', 'https://secrets.example.com', [], 'coffer: the URL does not tell the Region'],
  ])(
    'notes on standard error that there is %s in the URL, and prints the lines all the same',
    async (_, url, args, note) => {
      const { code, out, err } = await coffer(['--url', url, ...args])
      expect(code).toBe(0)
      expect(err.split('\n')).toEqual([expect.stringContaining(note), ''])
      expect(evaluated(out).AWS_ENDPOINT_URL_SECRETS_MANAGER).toBe(url)
    },
  )

  it('notes nothing about a domain without a path whose Region is given', async () => {
    expect((await coffer(['--url', 'https://secrets.example.com', '--region', 'eu-west-1'])).err).toBe('')
  })

  it('keeps the folders that AWS_DATA_PATH has, and names its own once', async () => {
    const once = evaluated((await coffer(['--url', API], { AWS_DATA_PATH: '/mine:/yours' })).out)
    expect(once.AWS_DATA_PATH).toBe(`/mine:/yours:${EXTRAS_FOLDER}`)
    const twice = evaluated((await coffer(['--url', API], once)).out)
    expect(twice.AWS_DATA_PATH).toBe(`/mine:/yours:${EXTRAS_FOLDER}`)
  })

  it.each([
    ['nothing', {}],
    ['folders and a Region', { AWS_DATA_PATH: '/mine', AWS_REGION: 'us-west-2' }],
    ['a Region for boto3', { AWS_DEFAULT_REGION: 'us-west-2' }],
    ['another endpoint', { AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://127.0.0.1:7766' }],
  ])('--unset brings back %s, also after it was used twice', async (_, before: Record<string, string>) => {
    const first = evaluated((await coffer(['--url', API], before)).out, before)
    const other = ['--url', 'https://secrets.example.com', '--region', 'eu-west-1']
    const second = evaluated((await coffer(other, first)).out, first)
    expect(second.AWS_REGION).toBe('eu-west-1')
    const { code, out } = await coffer(['--unset'], second)
    expect(code).toBe(0)
    expect(evaluated(out, second)).toEqual(before)
  })

  it('forgets the Region of the API before, when the next one does not tell its own', async () => {
    const first = evaluated((await coffer(['--url', API])).out)
    const second = evaluated((await coffer(['--url', 'https://secrets.example.com'], first)).out, first)
    expect(second).toEqual({
      AWS_ENDPOINT_URL_SECRETS_MANAGER: 'https://secrets.example.com',
      AWS_DATA_PATH: EXTRAS_FOLDER,
      COFFER_SAVED_AWS_ENDPOINT_URL_SECRETS_MANAGER: '-',
    })
  })

  it('--unset changes nothing that it did not set', async () => {
    const before = { AWS_REGION: 'us-west-2', AWS_DATA_PATH: '/mine', AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://mine' }
    expect(evaluated((await coffer(['--unset'], before)).out, before)).toEqual(before)
  })
})

describe('a value is a value, whatever it looks like', () => {
  const hostile = (mark: string) => [
    `a'b`,
    `';touch ${mark};'`,
    `$(touch ${mark})`,
    `\`touch ${mark}\``,
    `"; touch ${mark} #`,
    `\\'; touch ${mark}; \\`,
    `a\ntouch ${mark}\n`,
    `$HOME !! %PATH% \u2019; touch ${mark}; \u2018`,
  ]

  it.each(['bash', 'sh'])('in %s: nothing in it runs, and it arrives whole', async (shell) => {
    const mark = join(newDirectory(), 'ran')
    for (const text of hostile(mark)) {
      const { out } = await coffer(['--url', API], { AWS_DATA_PATH: text, AWS_REGION: text })
      const result = evaluated(out, {}, shell)
      // The folders of a path are separated by colons.
      expect(result.AWS_DATA_PATH).toBe(`${text}:${EXTRAS_FOLDER}`)
      expect(result.COFFER_SAVED_AWS_REGION).toBe(text)
      const undone = await coffer(['--unset'], result)
      expect(evaluated(undone.out, {}, shell)).toEqual({ AWS_DATA_PATH: text, AWS_REGION: text })
    }
    expect(existsSync(mark)).toBe(false)
  })

  it.each(["https://a.example.com/it's", 'https://a.example.com/$(id)`id`', 'https://a.example.com/";id;"'])(
    'the URL %s stays one',
    async (url) => {
      const { out } = await coffer(['--url', url])
      expect(evaluated(out).AWS_ENDPOINT_URL_SECRETS_MANAGER).toBe(new URL(url).href)
    },
  )

  // Neither shell may be here: their rules for single quotes, read back.
  it.each([
    ['fish', /^set -gx (\w+) '((?:[^\\']|\\[\\'])*)';$/, (quoted: string) => quoted.replaceAll(/\\([\\'])/g, '$1')],
    [
      'powershell',
      /^\$env:(\w+) = '((?:[^'\u2018\u2019\u201a\u201b]|(['\u2018\u2019\u201a\u201b])\3)*)';$/,
      (quoted: string) => quoted.replaceAll(/(['\u2018\u2019\u201a\u201b])\1/g, '$1'),
    ],
  ])('in %s every line is a quoted assignment', async (shell, line, unquote) => {
    for (const text of hostile('/tmp/mark').filter((each) => !each.includes('\n'))) {
      const { out } = await coffer(['--url', `${API}/it's`, '--shell', shell], { AWS_DATA_PATH: text })
      const read = out
        .trimEnd()
        .split('\n')
        .map((each) => line.exec(each))
      expect(read).not.toContain(null)
      const values = Object.fromEntries(read.map((match) => [match?.[1], unquote(match?.[2] ?? '')]))
      expect(values).toMatchObject({
        AWS_ENDPOINT_URL_SECRETS_MANAGER: `${API}/it's`,
        AWS_DATA_PATH: `${text}:${EXTRAS_FOLDER}`,
      })
    }
  })
})

describe('the shell', () => {
  const lineFor = async (args: string[], environment: Environment): Promise<string> =>
    (await coffer(['--url', API, ...args], environment)).out.split('\n')[0] ?? ''

  it.each([
    [[], { SHELL: '/bin/bash' }, 'export '],
    [[], { SHELL: '/usr/bin/zsh' }, 'export '],
    [[], { SHELL: '/usr/bin/fish' }, 'set -gx '],
    [[], { SHELL: '/bin/dash' }, 'export '],
    [[], { SHELL: '', PSModulePath: 'C:\\' }, '$env:'],
    [['--shell', 'powershell'], { SHELL: '/bin/bash' }, '$env:'],
    [['--shell', 'zsh'], { SHELL: '/usr/bin/fish' }, 'export '],
  ])('%j in %j: %s', async (args, environment, beginning) => {
    expect(await lineFor(args, environment)).toMatch(new RegExp(`^${beginning.replace('$', String.raw`\$`)}`))
  })

  it('of powershell and fish are told to forget, too', async () => {
    const environment = { COFFER_SAVED_AWS_REGION: '-', COFFER_SAVED_AWS_ENDPOINT_URL_SECRETS_MANAGER: 'https://was' }
    expect((await coffer(['--unset', '--shell', 'fish'], environment)).out).toBe(
      "set -gx AWS_ENDPOINT_URL_SECRETS_MANAGER 'https://was';\nset -eg COFFER_SAVED_AWS_ENDPOINT_URL_SECRETS_MANAGER;\nset -eg AWS_DATA_PATH;\nset -eg AWS_REGION;\nset -eg COFFER_SAVED_AWS_REGION;\n",
    )
    expect((await coffer(['--unset', '--shell', 'powershell'], environment)).out).toContain(
      'Remove-Item Env:AWS_REGION -ErrorAction SilentlyContinue;\n',
    )
  })
})

describe('errors of the caller: code 2, no stack, nothing to evaluate', () => {
  it.each([
    [[], '--url (COFFER_URL) is missing'],
    [['--url', 'foo'], '"foo" is not an http(s) URL such as https://'],
    [['--url', 'ftp://a.example.com'], '"ftp://a.example.com" is not an http(s) URL'],
    [['--url', 'https://a.example.com?b'], 'a query or a fragment has no place in it'],
    [['--url', API, '--region', 'us-east-1'], 'The Region is us-east-1, but the API at'],
    [['--url', API, '--shell', 'tcsh'], '--shell is "tcsh", expected one of bash, zsh, fish, powershell'],
    [['--url', API, '--shell', 'toString'], '--shell is "toString", expected one of'],
    [['--url', API, '--unset'], '--url and --unset were both given: expected one of them'],
    [['--url'], 'argument missing'],
  ])('%j', async (args, message) => {
    const { code, out, err } = await coffer(args)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(message)
    expect(err).not.toContain('    at ')
  })

  it('--help shows how to use it', async () => {
    const { code, out } = await coffer(['--help'])
    expect([code, out]).toEqual([0, expect.stringContaining('eval "$(coffer env --url https://')])
  })
})
