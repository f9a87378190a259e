/**
 * The end-to-end suite of access control: every case of the table against one target, started by whoever owns it.
 * @module
 */
import { CanaryHunt, type Sighting } from '../support/canary.ts'
import type { Json, Outcome } from './access-case.ts'
import { cases } from './cases.ts'
import { fill } from './names.ts'
import { Stage, type AccessTarget, type Played } from './stage.ts'

/** A deployment is synthesised, and the first call of each function takes its time. */
const START_MS = 240_000

export interface AccessSuiteOptions {
  readonly region: string
  /** @param identities what the identities file holds */
  readonly start: (identities: Json) => Promise<AccessTarget>
  /** @returns what was written meanwhile, by place; and where nothing of it may be in files */
  readonly stop: () => Promise<Traces>
}

export interface Traces {
  readonly texts: Readonly<Record<string, string>>
  readonly directories?: readonly string[]
}

export function accessSuite(targetName: string, { region, start, stop }: AccessSuiteOptions): void {
  const numbered = cases.map((each, index) => ({ ...each, id: `c${String(index + 1).padStart(3, '0')}` }))
  const stage = new Stage(numbered, region)
  let target: AccessTarget
  let played: ReadonlyMap<string, Played>
  let traces: Traces

  describe(`access to ${targetName}, by the stock SDK`, () => {
    beforeAll(async () => {
      target = await start(stage.identities.document)
      try {
        played = await stage.playAll(target)
      } finally {
        stage.close()
        traces = await stop()
      }
    }, START_MS)

    it.each(numbered.map((each) => [`${each.id} ${each.title}`, each] as const))('%s', (_, each) => {
      const expected = target.isAws && each.onAws ? each.onAws.comes : each.comes
      expectOutcome(played.get(each.id)!, expected)
    })

    it('no key, token, seed or value is in a log or a file in plain text', () => {
      const hunt = new CanaryHunt()
      for (const [name, secret] of stage.canaries) hunt.add(name, secret)
      const { texts, directories = [] } = traces
      const sightings: Sighting[] = [
        ...Object.entries(texts).flatMap(([place, text]) => hunt.inText(place, text)),
        ...directories.flatMap((directory) => hunt.inDirectory(directory)),
      ]
      expect(sightings).toEqual([])
    })

    it('every kind of canary was looked for, and something would have been found', () => {
      const kinds = [
        'value',
        'secret access key of c',
        'secret access key of the session',
        'session token of',
        'seed of',
      ]
      for (const kind of kinds) expect([...stage.canaries.keys()].some((name) => name.startsWith(kind))).toBe(true)
      const text = Object.values(traces.texts).join('\n')
      expect(text).toContain('secret:access/c001')
    })

    it('why somebody was refused is in the log', () => {
      const text = Object.values(traces.texts).join('\n')
      expect(text).toContain('implicit-deny (identity)')
      expect(text).toContain('explicit-deny (resource)')
    })

    it('nothing was a fault of the server', () => {
      expect([...played.values()].filter((one) => one.kind === 'refused' && one.status >= 500)).toEqual([])
    })
  })
}

function expectOutcome(played: Played, expected: Outcome): void {
  const { names } = played
  const came = played.kind === 'done' ? 'done' : `${played.code}: ${played.message}`
  if (expected.kind === 'refused') {
    const wanted = `${expected.code}: ${fill(expected.message, names)}`
    expect(expected.isPrefix === true ? came.slice(0, wanted.length) : came).toBe(wanted)
    return
  }
  expect(came).toBe('done')
  if (played.kind === 'done' && expected.answer) expect(played.answer).toMatchObject(expected.answer(names))
}
