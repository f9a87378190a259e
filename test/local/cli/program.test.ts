import { run } from '../../../local/cli/program.ts'
import type { Environment } from '../../../local/config.ts'
import { serveOptions } from '../../../local/config.ts'
import { startForTest, ADMIN } from '../support/running-server.ts'
import { temporaryDirectories } from '../support/temporary-directory.ts'

const newDirectory = temporaryDirectories()

async function coffer(
  args: string[],
  environment: Environment = {},
): Promise<{ code: number | undefined; out: string; err: string }> {
  let out = ''
  let err = ''
  const code = await run(args, { environment, print: (text) => (out += text), complain: (text) => (err += text) })
  return { code, out, err }
}

const asAdmin = { AWS_ACCESS_KEY_ID: ADMIN.accessKeyId, AWS_SECRET_ACCESS_KEY: ADMIN.secretAccessKey }

describe('the command line', () => {
  it('tells its version', async () => {
    expect(await coffer(['--version'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
    })
  })

  it('names every option with its variable in the help of serve, secrets only as variables', async () => {
    const { code, out } = await coffer(['serve', '--help'])
    expect(code).toBe(0)
    const text = out.replace(/\s+/g, ' ')
    for (const { flag, env } of Object.values(serveOptions)) {
      expect(text).toContain(`${flag} <`)
      expect(text).toContain(`env: ${env}`)
    }
    expect(text).toContain('COFFER_MASTER_PASSPHRASE')
    expect(text).not.toMatch(/--(master|admin)/)
  })

  it.each([
    [['nonsense'], "unknown command 'nonsense'"],
    [['serve', '--prot', '1'], "unknown option '--prot'"],
    [['serve', '--port'], 'argument missing'],
    [['serve', 'extra'], 'too many arguments'],
    [['serve', '--port', 'x'], 'coffer: --port is "x", expected a number from 0 to 65535'],
    [['clock', '--advance', 'soon'], 'coffer: --advance is "soon", expected a duration'],
    [['clock', '--to', 'soon'], 'coffer: --to is "soon", expected an ISO 8601 time'],
    [['clock', '--to', '2030-01-01', '--advance', '1d'], '--advance and --to were both given'],
    [['clock', '--url', 'ftp://a'], '--url (AWS_ENDPOINT_URL) is "ftp://a"'],
    [['clock'], 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set'],
    [[], 'Usage: coffer'],
  ])('%j is an error of the caller: code 2, no stack', async (args, message) => {
    const { code, out, err } = await coffer(args)
    expect(code).toBe(2)
    expect(err).toContain(message)
    expect(err).not.toContain('    at ')
    expect(out).toBe('')
  })

  it('refuses a wrong variable by its name', async () => {
    expect(await coffer(['serve'], { COFFER_PORT: '-1' })).toMatchObject({
      code: 2,
      err: 'coffer: COFFER_PORT is "-1", expected a number from 0 to 65535\n',
    })
  })

  it('admin-key needs a directory that is there', async () => {
    const { code, err } = await coffer(['admin-key', '--data-dir', newDirectory()])
    expect([code, err]).toEqual([1, expect.stringContaining('There is no Coffer data in')])
  })
})

describe('coffer clock', () => {
  it('tells and moves the clock of a running server', async () => {
    const { coffer: server } = await startForTest(newDirectory(), { clock: '2030-01-01' })
    try {
      const environment = { ...asAdmin, AWS_ENDPOINT_URL: server.url }
      expect(await coffer(['clock'], environment)).toMatchObject({
        code: 0,
        out: expect.stringMatching(/^2030-01-01T00:0/) as string,
      })
      expect((await coffer(['clock', '--advance', '30d'], environment)).out).toMatch(/^2030-01-31T00:0/)
      expect((await coffer(['clock', '--to', '2030-03-01', '--url', `${server.url}/`], asAdmin)).out).toMatch(
        /^2030-03-01T00:0/,
      )
      const back = await coffer(['clock', '--to', '2030-01-01'], environment)
      expect(back).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringContaining('ValidationException: The clock never goes back') as string,
      })
    } finally {
      await server.close()
    }
  })

  it('says when nothing answers', async () => {
    const { code, err } = await coffer(['clock', '--url', 'http://127.0.0.1:1'], asAdmin)
    expect([code, err]).toEqual([
      1,
      'coffer: http://127.0.0.1:1 cannot be reached. Name a running Coffer with --url or AWS_ENDPOINT_URL.\n',
    ])
  })
})
