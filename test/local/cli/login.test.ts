import { Readable } from 'node:stream'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../../../local/cli/program.ts'
import { secretInput, type InputStream } from '../../../local/cli/secret-input.ts'
import type { Environment } from '../../../local/config.ts'
import { hashPassword, isPasswordHash, verifyPassword } from '../../../local/identities/passwords.ts'
import { codeAt, seedBytes, stepAt } from '../../../local/identities/totp.ts'
import { callSigned, startForTest } from '../support/running-server.ts'
import { temporaryDirectories } from '../support/temporary-directory.ts'

const newDirectory = temporaryDirectories()
const PASSWORD = 'correct horse battery'
const SEED = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

/** A terminal at which somebody types. */
function terminal(keys: string): InputStream & { readonly modes: boolean[] } {
  const modes: boolean[] = []
  return Object.assign(Readable.from([keys]), { isTTY: true, modes, setRawMode: (isRaw: boolean) => modes.push(isRaw) })
}

async function coffer(args: string[], stream: InputStream, environment: Environment = {}) {
  let [out, err] = ['', '']
  const complain = (text: string): void => void (err += text)
  const input = secretInput(complain, stream)
  const code = await run(args, { environment, print: (text) => (out += text), complain, input })
  return { code, out, err }
}

const piped = (text: string): InputStream => Readable.from([Buffer.from(text)])

describe('coffer hash-password', () => {
  it('prints a hash of what is piped in, with or without an end of line', async () => {
    for (const text of [`${PASSWORD}\n`, PASSWORD, `${PASSWORD}\r\nmore`]) {
      const { code, out } = await coffer(['hash-password'], piped(text))
      expect(code).toBe(0)
      expect(isPasswordHash(out.trim())).toBe(true)
      expect(await verifyPassword(PASSWORD, out.trim())).toBe(true)
    }
  })

  it('asks twice at a terminal, without an echo, and lets the keyboard correct', async () => {
    const stream = terminal(`wrong\u0015${PASSWORD}x\u007f\r${PASSWORD}\r`)
    const { code, out, err } = await coffer(['hash-password'], stream)
    expect([code, err]).toEqual([0, 'Password: \nAgain: \n'])
    expect(await verifyPassword(PASSWORD, out.trim())).toBe(true)
    expect(stream.modes).toEqual([true, false, true, false])
  })

  it.each<[InputStream, string]>([
    [piped('short\n'), 'The password has 5 characters, expected 12 to 256'],
    [piped(''), 'The input ended before a line was read'],
    [piped('x'.repeat(5000)), 'The input has more than 4096 characters in a line'],
    [terminal(`${PASSWORD}\r${PASSWORD}.\r`), 'The two passwords differ'],
    [terminal(`${PASSWORD}\u0003`), 'Cancelled'],
  ])('refuses %#, and gives the terminal back', async (stream, message) => {
    const { code, out, err } = await coffer(['hash-password'], stream)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(`coffer: ${message}\n`)
    if ('modes' in stream) expect((stream as ReturnType<typeof terminal>).modes.at(-1)).toBe(false)
  })

  it('takes no password as an argument', async () => {
    expect(await coffer(['hash-password', PASSWORD], piped(''))).toMatchObject({ code: 2 })
  })
})

describe('coffer login', () => {
  async function start() {
    const directory = newDirectory()
    const identities = join(directory, 'identities.json')
    const passwordHash = await hashPassword(PASSWORD)
    const users = { alice: { passwordHash }, bob: { passwordHash, mfaDevices: { phone: { seed: SEED } } } }
    writeFileSync(identities, JSON.stringify({ accounts: { '123456789012': { users } } }))
    return (await startForTest(join(directory, 'data'), { identities })).coffer
  }

  it('prints lines for the shell, with credentials that work', async () => {
    const server = await start()
    try {
      const environment = { AWS_ENDPOINT_URL: server.url, SHELL: '/bin/bash' }
      const { code, out, err } = await coffer(['login', '--user', 'alice'], piped(`${PASSWORD}\n`), environment)
      expect([code, err]).toEqual([0, ''])
      const lines: Record<string, string> = {}
      for (const [, name = '', value = ''] of out.matchAll(/^export (\w+)='(.*)';$/gm)) lines[name] = value
      expect(out).toContain('unset AWS_PROFILE;\n')
      expect(lines.AWS_ENDPOINT_URL).toBe(server.url)
      const answer = await callSigned(server.url, {
        credentials: {
          accessKeyId: lines.AWS_ACCESS_KEY_ID ?? '',
          secretAccessKey: lines.AWS_SECRET_ACCESS_KEY ?? '',
          sessionToken: lines.AWS_SESSION_TOKEN ?? '',
        },
      })
      expect(answer.status).toBe(200)

      const mfaCode = codeAt(seedBytes(SEED)!, stepAt(Date.now()))
      const withCode = await coffer(
        ['login', '--user', 'bob', '--mfa', '--account', '123456789012', '--url', server.url, '--shell', 'fish'],
        terminal(`${PASSWORD}\r${mfaCode}\r`),
      )
      expect(withCode.err).toBe('Password of "bob": \nMFA code: \n')
      expect(withCode.out).toContain("set -gx AWS_ACCESS_KEY_ID 'ASIA")

      const wrong = await coffer(['login', '--user', 'alice', '--url', server.url], piped('wrong-password\n'))
      expect(wrong).toEqual({
        code: 1,
        out: '',
        err: 'coffer: AccessDeniedException: The account, the user name, the password or the MFA code is wrong.\n',
      })
    } finally {
      await server.close()
    }
  }, 20_000)

  it.each([
    [['login'], "required option '--user <name>' not specified"],
    [['login', '--user', 'a', '--duration', '1'], '--duration is "1", expected 900 to 129600 seconds'],
    [['login', '--user', 'a', '--shell', 'x'], '--shell is "x", expected one of'],
    [['login', '--user', 'a', '--url', 'ftp://x'], '--url (AWS_ENDPOINT_URL) is "ftp://x"'],
    [['login', '--user', 'a', '--password', 'x'], "unknown option '--password'"],
  ])('%j is an error of the caller', async (args, message) => {
    const { code, err } = await coffer(args, piped(`${PASSWORD}\n`))
    expect(code).toBe(2)
    expect(err).toContain(message)
  })

  it('says when nothing answers', async () => {
    const { code, err } = await coffer(['login', '--user', 'a', '--url', 'http://127.0.0.1:1'], piped(`${PASSWORD}\n`))
    expect([code, err]).toEqual([1, expect.stringContaining('cannot be reached')])
  })
})
