import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { wallClock } from '../../../local/clock.ts'
import { ConfigProblem } from '../../../local/config.ts'
import { IdentitiesFileWatch } from '../../../local/identities/identities-file-watch.ts'
import { Log } from '../../../local/log/log.ts'
import { MemoryOutput } from '../support/memory-output.ts'
import { temporaryDirectories } from '../support/temporary-directory.ts'
import { ACCOUNT, openIdentities, put, userOf } from './support/identity-fixture.ts'

const newDirectory = temporaryDirectories()
const users = (...names: string[]): string =>
  JSON.stringify({ accounts: { [ACCOUNT]: { users: Object.fromEntries(names.map((name) => [name, {}])) } } })

/** Resolves what waits for a line when it is logged. */
class HeardOutput extends MemoryOutput {
  readonly #waiting: { readonly words: string; readonly resolve: () => void }[] = []

  override line(line: string): void {
    super.line(line)
    for (const { words, resolve } of this.#waiting) if (line.includes(words)) resolve()
  }

  /** From now on. */
  hears(words: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ words, resolve }))
  }
}

let open: IdentitiesFileWatch[] = []
afterEach(() => {
  for (const watch of open) watch.close()
  open = []
})

function setUp(text: string, path = join(newDirectory(), 'identities.yaml')) {
  writeFileSync(path, text)
  const { store } = openIdentities()
  const output = new HeardOutput()
  const log = new Log({ format: 'json', output, wallClock })
  const watch = new IdentitiesFileWatch({ path, store, log, variable: () => undefined })
  open.push(watch)
  return { path, store, output, watch, names: () => [...store.account(ACCOUNT).users.keys()] }
}

describe('at the start', () => {
  it('the file is in force when it is loaded', async () => {
    const { watch, names } = setUp(users('alice'))
    await watch.load()
    expect(names()).toEqual(['alice'])
  })

  it('an error is refused, with file, line and column', async () => {
    const { watch, path, names } = setUp(`accounts:\n  "${ACCOUNT}":\n    users: { a: { groups: [x] } }`)
    const refused: unknown = await watch.load().catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(ConfigProblem)
    expect(String(refused)).toBe(
      `ConfigProblem: ${path}:3:28: accounts.${ACCOUNT}.users.a.groups[0]: there is no group "x" in this account of the file`,
    )
    expect(names()).toEqual([])
  })

  it('a file that is not there, or is no file, is refused by the name of the option', async () => {
    const { watch, path } = setUp('')
    unlinkSync(path)
    await expect(watch.load()).rejects.toThrow(`--identities (COFFER_IDENTITIES) is ${path}, which cannot be read`)
    mkdirSync(path)
    await expect(watch.load()).rejects.toThrow('which cannot be read')
  })

  it('a huge file is refused before it is read', async () => {
    const { watch } = setUp(`#${' '.repeat(16 * 1024 * 1024)}`)
    await expect(watch.load()).rejects.toThrow('has 16777217 bytes, expected 16777216 at most')
  })

  it('a clash with what the API has made is refused at its place', async () => {
    const { watch, path, store } = setUp(`accounts:\n  "${ACCOUNT}":\n    users:\n      Alice: {}\n`)
    await put(store, 'users', userOf('alice'))
    await expect(watch.load()).rejects.toThrow(
      `${path}:4:14: accounts.${ACCOUNT}.users.Alice: User "Alice" was made by the API already`,
    )
  })
})

describe('a reload', () => {
  it('puts the new file in force and keeps what the API has made', async () => {
    const { watch, path, store, names, output } = setUp(users('alice'))
    await watch.load()
    await put(store, 'users', userOf('bob'))
    writeFileSync(path, users('carol'))
    await watch.reload()
    expect(names().sort()).toEqual(['bob', 'carol'])
    expect(output.text).toContain('"outcome":"reloaded"')
  })

  it.each<[string, string, string]>([
    ['syntax', 'accounts: [', ':1:12: the indentation does not fit, or a bracket is not closed'],
    ['schema', 'accounts:\n  "1": {}', ':2:3: accounts.1: expected an account id'],
    [
      'policies',
      `accounts:\n  "${ACCOUNT}":\n    policies: { p: { document: "{}" } }`,
      `:3:32: accounts.${ACCOUNT}.policies.p.document: `,
    ],
    ['names', users('alice', 'Bob'), `User \\"Bob\\" was made by the API already`],
    ['emptiness', '', ':1:1: expected accounts: at the top'],
  ])('with an error of %s leaves everything as it was and logs line and column', async (_, text, message) => {
    const { watch, path, store, output } = setUp(users('alice'))
    await watch.load()
    await put(store, 'users', userOf('bob'))
    const before = store.account(ACCOUNT)
    writeFileSync(path, text)
    await watch.reload()
    expect(store.account(ACCOUNT)).toBe(before)
    const [line = ''] = output.lines
    expect(JSON.parse(line)).toMatchObject({ level: 'error', event: 'identities', outcome: 'refused', file: path })
    expect(line).toContain(message)
  })

  it('of a file that is gone leaves everything as it was', async () => {
    const { watch, path, names, output } = setUp(users('alice'))
    await watch.load()
    rmSync(path)
    await watch.reload()
    expect(names()).toEqual(['alice'])
    expect(output.text).toContain('which cannot be read')
  })

  it('does nothing for a file that is as it was, unless it is asked to', async () => {
    const { watch, output } = setUp(users('alice'))
    await watch.load()
    await watch.reload()
    expect(output.lines).toEqual([])
    await watch.reload(true)
    expect(output.text).toContain('"outcome":"reloaded"')
  })
})

describe('a change is noticed', () => {
  it.each<[string, (path: string, text: string) => void]>([
    ['when the file is written', (path, text) => writeFileSync(path, text)],
    [
      'when another file is renamed to it',
      (path, text) => {
        writeFileSync(`${path}.new`, text)
        renameSync(`${path}.new`, path)
      },
    ],
    [
      'when it goes and comes again',
      (path, text) => {
        rmSync(path)
        writeFileSync(path, text)
      },
    ],
  ])('%s', async (_, change) => {
    const { watch, path, output, names } = setUp(users('alice'))
    await watch.load()
    watch.watch()
    const heard = output.hears('"outcome":"reloaded"')
    change(path, users('bob'))
    await heard
    expect(names()).toEqual(['bob'])
  })

  it('when a link beside it changes, as Kubernetes does', async () => {
    const directory = newDirectory()
    for (const [name, user] of [
      ['v1', 'alice'],
      ['v2', 'bob'],
    ] as const) {
      mkdirSync(join(directory, name))
      writeFileSync(join(directory, name, 'identities.yaml'), users(user))
    }
    symlinkSync('v1', join(directory, '..data'))
    symlinkSync('..data/identities.yaml', join(directory, 'link.yaml'))
    const { store } = openIdentities()
    const output = new HeardOutput()
    const log = new Log({ format: 'json', output, wallClock })
    const watch = new IdentitiesFileWatch({ path: join(directory, 'link.yaml'), store, log, variable: () => undefined })
    open.push(watch)
    await watch.load()
    watch.watch()
    const heard = output.hears('"outcome":"reloaded"')
    symlinkSync('v2', join(directory, '..next'))
    renameSync(join(directory, '..next'), join(directory, '..data'))
    await heard
    expect([...store.account(ACCOUNT).users.keys()]).toEqual(['bob'])
  })

  it('with its error, and again when that is mended', async () => {
    const { watch, path, output, names } = setUp(users('alice'))
    await watch.load()
    watch.watch()
    const refused = output.hears(':1:13: ')
    writeFileSync(path, 'accounts: { ')
    await refused
    expect(names()).toEqual(['alice'])
    const reloaded = output.hears('"outcome":"reloaded"')
    writeFileSync(path, users('bob'))
    await reloaded
    expect(names()).toEqual(['bob'])
  })
})
