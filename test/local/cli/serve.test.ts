import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { callSigned } from '../support/running-server.ts'
import { childProcesses, COFFER, SERVE_WITH_STUB, type Child } from '../support/child.ts'
import { temporaryDirectories } from '../support/temporary-directory.ts'

const newDirectory = temporaryDirectories()
const run = childProcesses()
const CHOSEN = {
  COFFER_ADMIN_ACCESS_KEY_ID: 'AKIACHOSENCHOSENCHOS',
  COFFER_ADMIN_SECRET_ACCESS_KEY: 'chosen-secret-of-ours',
}

const serve = (dataDir: string, environment: Record<string, string> = {}) =>
  run([COFFER, 'serve', '--port', '0', '--data-dir', dataDir], environment)

async function stop(child: Child): Promise<number | string | null> {
  child.process.kill('SIGTERM')
  return child.exit
}

const contentOf = (path: string) =>
  readdirSync(path).map((name) => [name, readFileSync(join(path, name)).toString('base64')])

describe('the first start', () => {
  it('makes a private directory and key, prints a block that works, then one ready line, and ends cleanly', async () => {
    const dataDir = join(newDirectory(), 'data')
    const child = serve(dataDir)
    const url = await child.ready
    const block = Object.fromEntries(
      [...child.text().matchAll(/^export (\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
    )
    expect(block).toEqual({
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: expect.stringMatching(/^AKIA[A-Z2-7]{16}$/) as string,
      AWS_SECRET_ACCESS_KEY: expect.stringMatching(/^[A-Za-z0-9+/]{40}$/) as string,
      AWS_DEFAULT_REGION: 'us-east-1',
    })
    expect(child.text()).toContain('aws secretsmanager create-secret --name')
    expect(child.text().match(/^ready /gm)).toHaveLength(1)
    const told = execFileSync(process.execPath, [COFFER, 'clock'], {
      env: { ...process.env, ...block } as NodeJS.ProcessEnv,
    })
    expect(told.toString()).toMatch(/^\d{4}-\d\d-\d\dT/)
    expect(statSync(dataDir).mode & 0o777).toBe(0o700)
    for (const name of readdirSync(dataDir))
      expect([name, statSync(join(dataDir, name)).mode & 0o777]).toEqual([name, 0o600])
    expect(await stop(child)).toBe(0)
    expect(child.text()).toMatch(/INFO stop\n$/)
  })

  it('with a chosen admin key does not print its secret', async () => {
    const child = serve(newDirectory(), CHOSEN)
    await child.ready
    expect(child.text()).toContain('export AWS_ACCESS_KEY_ID=AKIACHOSENCHOSENCHOS')
    expect(child.text()).toContain('export AWS_SECRET_ACCESS_KEY="$COFFER_ADMIN_SECRET_ACCESS_KEY"')
    expect(child.text()).not.toContain('chosen-secret')
    expect(await stop(child)).toBe(0)
  })
})

describe('a later start', () => {
  it('has the same admin key, shows no secret, and takes a chosen key in its place', async () => {
    const dataDir = newDirectory()
    const first = serve(dataDir)
    await first.ready
    await stop(first)
    const secret = /AWS_SECRET_ACCESS_KEY=(\S+)/.exec(first.text())?.[1] ?? ''
    const shown = execFileSync(process.execPath, [COFFER, 'admin-key', '--data-dir', dataDir]).toString()
    expect(shown).toContain(`export AWS_SECRET_ACCESS_KEY=${secret}`)

    const second = serve(dataDir)
    await second.ready
    expect(second.text()).not.toContain(secret)
    expect(second.text()).toContain('admin-key')
    await stop(second)

    const third = serve(dataDir, CHOSEN)
    const url = await third.ready
    const credentials = {
      accessKeyId: CHOSEN.COFFER_ADMIN_ACCESS_KEY_ID,
      secretAccessKey: CHOSEN.COFFER_ADMIN_SECRET_ACCESS_KEY,
    }
    const answer = await callSigned(url, {
      method: 'GET',
      path: '/_coffer/clock',
      service: 'coffer',
      headers: {},
      credentials,
    })
    expect(answer.status).toBe(200)
    await stop(third)

    const renewed = execFileSync(process.execPath, [COFFER, 'admin-key', '--new', '--data-dir', dataDir]).toString()
    expect(renewed).toMatch(/export AWS_ACCESS_KEY_ID=AKIA[A-Z2-7]{16}\nexport AWS_SECRET_ACCESS_KEY=\S{40}\n/)
  })
})

describe('a data directory is refused, with what to do, and left as it is', () => {
  it('while another process serves it', async () => {
    const dataDir = newDirectory()
    const first = serve(dataDir)
    const url = await first.ready
    const second = serve(dataDir)
    expect(await second.exit).toBe(1)
    expect(second.text()).toBe(
      `coffer: ${dataDir} is in use by another process, most likely a Coffer that is running. Stop that one first, or name another directory with --data-dir.\n`,
    )
    const keys = run([COFFER, 'admin-key', '--data-dir', dataDir])
    expect(await keys.exit).toBe(1)
    expect(keys.text()).toContain('is in use by another process')
    expect((await fetch(`${url}/health`)).status).toBe(200)
  })

  it("when it is another program's", async () => {
    const dataDir = newDirectory()
    writeFileSync(join(dataDir, 'thesis.tex'), 'mine')
    const child = serve(dataDir)
    expect(await child.exit).toBe(1)
    expect(child.text()).toContain('was not made by Coffer: nothing was touched')
    expect(readdirSync(dataDir)).toEqual(['thesis.tex'])
  })

  it.each<[string, (dataDir: string) => void, Record<string, string>, string]>([
    [
      'when its database is damaged',
      (dataDir) => writeFileSync(join(dataDir, 'coffer.db'), 'x'.repeat(8192)),
      {},
      'coffer.db is damaged and cannot be read: nothing was changed',
    ],
    [
      'when its database is cut short',
      (dataDir) => {
        const path = join(dataDir, 'coffer.db')
        writeFileSync(path, readFileSync(path).subarray(0, 8192))
      },
      {},
      'coffer.db is damaged',
    ],
    [
      'with another master key in its file',
      (dataDir) => writeFileSync(join(dataDir, 'master.key'), `${'0'.repeat(64)}\n`),
      {},
      'is not the one that this data was written with',
    ],
    [
      'with another master key in the environment',
      () => undefined,
      { COFFER_MASTER_KEY: '0'.repeat(64) },
      'is not the one that this data was written with',
    ],
    [
      'with a passphrase instead of its key',
      () => undefined,
      { COFFER_MASTER_PASSPHRASE: 'correct horse battery' },
      'unset COFFER_MASTER_PASSPHRASE',
    ],
  ])('%s', async (_, change, environment, message) => {
    const dataDir = newDirectory()
    const first = serve(dataDir)
    await first.ready
    await stop(first)
    change(dataDir)
    const before = contentOf(dataDir)
    const child = serve(dataDir, environment)
    expect(await child.exit).toBe(1)
    expect(child.text()).toContain(message)
    expect(child.text()).not.toMatch(/ {4}at |correct horse/)
    expect(contentOf(dataDir)).toEqual(before)
  })
})

describe('what cannot be served', () => {
  it('a taken port is named before the first start makes anything', async () => {
    const first = serve(newDirectory())
    const port = new URL(await first.ready).port
    const dataDir = newDirectory()
    const second = run([COFFER, 'serve', '--port', port, '--data-dir', dataDir])
    expect(await second.exit).toBe(1)
    expect(second.text()).toBe(
      `coffer: 127.0.0.1 port ${port}: another program is listening there. Stop it, or choose a port with --port (0 takes a free one).\n`,
    )
    expect(readdirSync(dataDir)).not.toContain('master.key')
  })

  it('a certificate that is none', async () => {
    const file = join(newDirectory(), 'cert.pem')
    writeFileSync(file, 'no certificate')
    const child = run([COFFER, 'serve', '--tls-cert', file, '--tls-key', file, '--data-dir', newDirectory()])
    expect(await child.exit).toBe(2)
    expect(child.text()).toContain('do not make a TLS server: expected a PEM certificate chain')
    const missing = run([COFFER, 'serve', '--tls-cert', '/none', '--tls-key', file, '--data-dir', newDirectory()])
    expect(await missing.exit).toBe(2)
    expect(missing.text()).toBe('coffer: --tls-cert (COFFER_TLS_CERT) is /none, which cannot be read\n')
  })
})

describe('signals', () => {
  const stub = (environment: Record<string, string>) =>
    run([SERVE_WITH_STUB], { COFFER_DATA_DIR: newDirectory(), ...CHOSEN, ...environment })
  const credentials = {
    accessKeyId: CHOSEN.COFFER_ADMIN_ACCESS_KEY_ID,
    secretAccessKey: CHOSEN.COFFER_ADMIN_SECRET_ACCESS_KEY,
  }

  it.each(['SIGTERM', 'SIGINT'] as const)(
    '%s under load lets running requests finish and exits with 0',
    async (signal) => {
      const child = stub({ TEST_CALL_MS: '300' })
      const url = await child.ready
      const calls = Array.from({ length: 20 }, () =>
        callSigned(url, { credentials }).then((response) => response.status),
      )
      await child.says('arrived 20')
      child.process.kill(signal)
      expect(await Promise.all(calls)).toEqual(calls.map(() => 200))
      expect(await child.exit).toBe(0)
      expect(child.text().match(/operation=GetSecretValue/g)).toHaveLength(20)
    },
  )

  it('a second signal some time after the first ends the process at once', async () => {
    const child = stub({ TEST_CALL_MS: '9000' })
    const url = await child.ready
    const call = callSigned(url, { credentials }).catch(() => 'cut off')
    await child.says('arrived 1')
    // Signals that come at once count as one, since npm doubles them: go on until one counts as the second.
    const again = setInterval(() => child.process.kill('SIGTERM'), 50)
    expect(await child.exit).toBe(1)
    clearInterval(again)
    expect(await call).toBe('cut off')
  })

  it('to the whole process group of npm start ends it cleanly', async () => {
    const npm =
      process.env.npm_execpath ?? execFileSync('sh', ['-c', 'readlink -f "$(command -v npm)"']).toString().trim()
    const child = run([npm, 'start', '--', '--port', '0', '--data-dir', newDirectory()], {}, true)
    const url = await child.ready
    expect((await fetch(`${url}/health`)).status).toBe(200)
    process.kill(-child.pid, 'SIGTERM')
    await child.exit
    expect(child.text()).toMatch(/INFO stop\n/)
    expect(child.text()).not.toMatch(/fault|ERR!|npm error code/)
    await expect(fetch(`${url}/health`)).rejects.toThrow()
  })
})

describe('an identities file', () => {
  it('is read again on SIGHUP, which does not end the server; with an error nothing changes', async () => {
    const directory = newDirectory()
    const file = join(directory, 'identities.yaml')
    writeFileSync(file, 'accounts: {}\n')
    const child = run([COFFER, 'serve', '--port', '0', '--data-dir', join(directory, 'data'), '--identities', file])
    const url = await child.ready
    const reloaded = child.says('.* INFO identities .*outcome=reloaded.*')
    child.process.kill('SIGHUP')
    await reloaded
    const refused = child.says(
      '.* ERROR identities .*outcome=refused.*identities.yaml:2:1: more: there is no such member.*',
    )
    writeFileSync(file, 'accounts: {}\nmore: 1\n')
    child.process.kill('SIGHUP')
    await refused
    expect((await fetch(`${url}/health`)).status).toBe(200)
    expect(await stop(child)).toBe(0)
  })

  it('with an error refuses the start: code 2, line and column', async () => {
    const directory = newDirectory()
    const file = join(directory, 'identities.yaml')
    writeFileSync(file, 'accounts: {}\nmore: 1\n')
    const child = run([COFFER, 'serve', '--port', '0', '--data-dir', join(directory, 'data')], {
      COFFER_IDENTITIES: file,
    })
    expect(await child.exit).toBe(2)
    expect(child.text()).toContain(`coffer: ${file}:2:1: more: there is no such member\n`)
  })
})
