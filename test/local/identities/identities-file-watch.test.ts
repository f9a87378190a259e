import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { wallClock } from '../../../local/clock.ts'
import { ConfigProblem } from '../../../local/config.ts'
import { IdentitiesFileWatch, type Timer } from '../../../local/identities/identities-file-watch.ts'
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

/** Looks again at once, and never of its own accord. */
const hurried: Timer = (work, milliseconds) => {
  if (milliseconds > 500) return () => undefined
  const timer = setTimeout(work, 5)
  return () => clearTimeout(timer)
}

/** Time that a test moves on. */
class ManualTimer {
  #now = 0
  #due: { readonly at: number; readonly work: () => void }[] = []

  readonly after: Timer = (work, milliseconds) => {
    const entry = { at: this.#now + milliseconds, work }
    this.#due.push(entry)
    return () => {
      this.#due = this.#due.filter((one) => one !== entry)
    }
  }

  advance(milliseconds: number): void {
    const end = this.#now + milliseconds
    for (;;) {
      const [next] = this.#due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
      if (next === undefined) break
      this.#due = this.#due.filter((one) => one !== next)
      this.#now = next.at
      next.work()
    }
    this.#now = end
  }
}

/** What waits for promises and for the file system has run. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

let open: IdentitiesFileWatch[] = []
afterEach(() => {
  for (const watch of open) watch.close()
  open = []
})

function setUp(text: string, path = join(newDirectory(), 'identities.yaml'), timer = hurried) {
  writeFileSync(path, text)
  const { store } = openIdentities()
  const output = new HeardOutput()
  const log = new Log({ format: 'json', output, wallClock })
  const watch = new IdentitiesFileWatch({ path, store, log, variable: () => undefined, timer })
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

  it('what the API has made already is left out and told at its place, and the server starts', async () => {
    const { watch, path, store, output } = setUp(
      `accounts:\n  "${ACCOUNT}":\n    users:\n      Alice: { accessKeys: [] }\n      bob: {}\n`,
    )
    const alice = userOf('alice')
    await put(store, 'users', alice)
    await watch.load()
    expect(store.account(ACCOUNT).users.get('alice')).toBe(alice)
    expect(store.account(ACCOUNT).users.has('bob')).toBe(true)
    const [line = ''] = output.lines
    expect(JSON.parse(line)).toMatchObject({ level: 'error', event: 'identities', outcome: 'left out', file: path })
    expect(line).toContain(
      `${path}:4:14: accounts.${ACCOUNT}.users.Alice: User \\"Alice\\" was made by the API already`,
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
    ['schema', 'accounts:\n  "1": {}', ':2:3: accounts: expected an account id'],
    [
      'policies',
      `accounts:\n  "${ACCOUNT}":\n    policies: { p: { document: "{}" } }`,
      `:3:32: accounts.${ACCOUNT}.policies.p.document: `,
    ],
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

  it('takes away what the file no longer has, whatever the API has made beside and on it', async () => {
    const text = (document: object): string => JSON.stringify({ accounts: { [ACCOUNT]: document } })
    const { watch, path, store, names, output } = setUp(text({ users: { alice: {} }, groups: { readers: {} } }))
    await watch.load()
    await put(store, 'users', userOf('eve', { groups: ['readers'] }))
    await put(store, 'users', userOf('mallory'))
    writeFileSync(path, text({ users: { Mallory: {}, carol: {} } }))
    await watch.reload()
    expect(names().sort()).toEqual(['carol', 'eve', 'mallory'])
    expect(output.lines.map((line) => (JSON.parse(line) as { level: string; outcome: string }).outcome)).toEqual([
      'left out',
      'lost',
      'reloaded',
    ])
  })

  it('gives another unique id to what comes back after it was gone, and the same to what stays', async () => {
    const { watch, path, store } = setUp(users('alice', 'bob'))
    const ids = (): (string | undefined)[] => ['alice', 'bob'].map((name) => store.account(ACCOUNT).users.get(name)?.id)
    await watch.load()
    const [alice, bob] = ids()
    expect(alice).toMatch(/^AIDA[A-Z2-7]{16}$/)
    await watch.reload(true)
    expect(ids()).toEqual([alice, bob])
    writeFileSync(path, users('bob'))
    await watch.reload()
    writeFileSync(path, users('alice', 'bob'))
    await watch.reload()
    const [again, same] = ids()
    expect(same).toBe(bob)
    expect(again).toMatch(/^AIDA[A-Z2-7]{16}$/)
    expect(again).not.toBe(alice)
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
    const watch = new IdentitiesFileWatch({
      path: join(directory, 'link.yaml'),
      store,
      log,
      variable: () => undefined,
      timer: hurried,
    })
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

describe('where the file system tells nothing,', () => {
  it('a change of what a link leads to is noticed within three seconds, however it is made', async () => {
    const [there, here] = [newDirectory(), newDirectory()]
    const target = join(there, 'identities.yaml')
    const link = join(here, 'identities.yaml')
    writeFileSync(target, users('alice', 'bob'))
    symlinkSync(target, link)
    const timer = new ManualTimer()
    const { store } = openIdentities()
    const output = new HeardOutput()
    const log = new Log({ format: 'json', output, wallClock })
    const watch = new IdentitiesFileWatch({ path: link, store, log, variable: () => undefined, timer: timer.after })
    open.push(watch)
    await watch.load()
    watch.watch()
    const changes: [string, () => void][] = [
      ['carol', () => writeFileSync(target, users('carol'))],
      [
        'dave',
        () => {
          writeFileSync(`${target}.new`, users('dave'))
          renameSync(`${target}.new`, target)
        },
      ],
    ]
    for (const [name, change] of changes) {
      timer.advance(2000)
      const heard = output.hears('"outcome":"reloaded"')
      change()
      timer.advance(2500)
      await heard
      expect([...store.account(ACCOUNT).users.keys()]).toEqual([name])
    }
  })

  it('a change between loading and watching is noticed', async () => {
    const timer = new ManualTimer()
    const { watch, path, output, names } = setUp(users('alice'), undefined, timer.after)
    await watch.load()
    writeFileSync(path, users('bob'))
    watch.watch()
    const heard = output.hears('"outcome":"reloaded"')
    timer.advance(500)
    await heard
    expect(names()).toEqual(['bob'])
  })

  it('a file that is being written is left until it is the same in two looks half a second apart', async () => {
    const timer = new ManualTimer()
    const { watch, path, output, names } = setUp(users('alice', 'bob'), undefined, timer.after)
    await watch.load()
    watch.watch()
    timer.advance(1000)
    await turn()
    for (const half of ['', '{"accounts":{}}', users('a'), users('aa'), users('alice'), users('alice', 'b')]) {
      writeFileSync(path, half)
      await turn()
      timer.advance(400)
      await turn()
    }
    expect(names()).toEqual(['alice', 'bob'])
    const heard = output.hears('"outcome":"reloaded"')
    writeFileSync(path, users('carol'))
    await turn()
    timer.advance(3000)
    await heard
    expect(names()).toEqual(['carol'])
    expect(output.lines).toHaveLength(1)
  })

  it('nothing is done after it is closed', async () => {
    const timer = new ManualTimer()
    const { watch, path, output } = setUp(users('alice'), undefined, timer.after)
    await watch.load()
    watch.watch()
    watch.close()
    writeFileSync(path, users('bob'))
    timer.advance(10_000)
    expect(output.lines).toEqual([])
  })
})
