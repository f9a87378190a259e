import fc from 'fast-check'
import { UNKNOWN, type KeyValue } from '../../lambda/auth/condition-context.ts'
import { decide } from '../../lambda/auth/decide.ts'
import { explainDecision } from '../../lambda/auth/explain-decision.ts'
import { questionOf, settings, statementOf, statements, type Setting } from './support/arbitraries.ts'
import type { Json } from './support/questions.ts'

const RUNS = { numRuns: 1000 }
const verdictOf = (setting: Setting) => decide(questionOf(setting)).verdict
const isAllowed = (setting: Setting) => verdictOf(setting) === 'allow'

const LAYERS = ['identity', 'resourcePolicy', 'boundary', 'session'] as const
type Layer = (typeof LAYERS)[number]
const kindOf = (layer: Layer) => (layer === 'resourcePolicy' ? 'resource' : 'identity')
const layerAndStatement = (effect?: 'Allow' | 'Deny'): fc.Arbitrary<readonly [Layer, Json]> =>
  fc.constantFrom(...LAYERS).chain((layer) => statementOf(kindOf(layer), effect).map((one) => [layer, one] as const))

/** Where there is no such policy, none is made: it would limit by being there. */
const adding = (setting: Setting, layer: Layer, statement: Json): Setting =>
  setting[layer] === undefined ? setting : { ...setting, [layer]: [...setting[layer], statement] }

it('decisions at random are of every verdict and layer', () => {
  const seen = new Set<string>()
  for (const setting of fc.sample(settings, { numRuns: 3000, seed: 7 })) {
    const { verdict, layer } = decide(questionOf(setting))
    seen.add(`${verdict} ${layer}`)
  }
  expect([...seen].sort()).toEqual([
    'allow identity',
    'allow resource',
    'explicit-deny boundary',
    'explicit-deny identity',
    'explicit-deny resource',
    'explicit-deny session',
    'implicit-deny boundary',
    'implicit-deny identity',
    'implicit-deny resource',
    'implicit-deny session',
  ])
})

it('a Deny of everything wins, in whatever policy it stands', () => {
  fc.assert(
    fc.property(settings, fc.constantFrom(...LAYERS), (setting, layer) => {
      const everything: Json = { Effect: 'Deny', Action: '*', Resource: '*' }
      const statement = layer === 'resourcePolicy' ? { ...everything, Principal: '*' } : everything
      const denied = adding(setting, layer, statement)
      const takesPart = layer === 'resourcePolicy' || typeof setting.caller === 'object'
      if (denied !== setting && takesPart && setting.caller !== 'represented')
        expect(verdictOf(denied)).toBe('explicit-deny')
    }),
    RUNS,
  )
})

it('the order of statements is irrelevant', () => {
  fc.assert(
    fc.property(settings, (setting) => {
      const reversed = Object.fromEntries(
        LAYERS.flatMap((layer) => (setting[layer] ? [[layer, [...setting[layer]].reverse()]] : [])),
      )
      expect(pick(decide(questionOf({ ...setting, ...reversed })))).toEqual(pick(decide(questionOf(setting))))
    }),
    RUNS,
  )
})

const pick = ({ verdict, layer }: ReturnType<typeof decide>) => ({ verdict, layer })

it('a statement about something else changes nothing', () => {
  const elsewhere = fc.constantFrom<Json>(
    { Action: 'other:Thing', Resource: '*' },
    { Action: '*', Resource: 'arn:aws:s3:::elsewhere' },
    { Action: '*', Resource: '*', Condition: { Null: { 'aws:nowhere': 'false' } } },
    { Action: '*', NotResource: ['*'] },
    { NotAction: '*', Resource: '*' },
  )
  fc.assert(
    fc.property(
      settings,
      fc.constantFrom(...LAYERS),
      elsewhere,
      fc.constantFrom('Allow', 'Deny'),
      (setting, layer, one, Effect) => {
        const statement = { ...one, Effect, ...(layer === 'resourcePolicy' ? { Principal: '*' } : {}) }
        expect(decide(questionOf(adding(setting, layer, statement)))).toEqual(decide(questionOf(setting)))
      },
    ),
    RUNS,
  )
})

it('another Allow never takes access away', () => {
  fc.assert(
    fc.property(settings, layerAndStatement('Allow'), (setting, [layer, statement]) => {
      if (isAllowed(setting)) expect(isAllowed(adding(setting, layer, statement))).toBe(true)
    }),
    RUNS,
  )
})

it('another Deny never adds access', () => {
  fc.assert(
    fc.property(settings, layerAndStatement('Deny'), (setting, [layer, statement]) => {
      if (!isAllowed(setting)) expect(isAllowed(adding(setting, layer, statement))).toBe(false)
    }),
    RUNS,
  )
})

it('an Allow that is taken away never adds access', () => {
  fc.assert(
    fc.property(settings, fc.constantFrom(...LAYERS), fc.nat(3), (setting, layer, at) => {
      const list = setting[layer]
      if (list?.[at]?.Effect !== 'Allow' || list.length === 1) return
      const without = { ...setting, [layer]: list.filter((_, index) => index !== at) }
      if (isAllowed(without)) expect(isAllowed(setting)).toBe(true)
    }),
    RUNS,
  )
})

it('a boundary or session policies never add access', () => {
  fc.assert(
    fc.property(
      settings,
      fc.constantFrom('boundary' as const, 'session' as const),
      statements('identity'),
      (setting, layer, list) => {
        const free = { ...setting, [layer]: undefined }
        if (isAllowed({ ...setting, [layer]: list })) expect(isAllowed(free)).toBe(true)
      },
    ),
    RUNS,
  )
})

it('to know less never adds access: whatever an unknown key may turn out to be, what is allowed without it is allowed with it', () => {
  const value = fc.oneof(fc.constantFrom<KeyValue>('a', 'b', 'true', '2', undefined), fc.subarray(['a', 'b']))
  fc.assert(
    fc.property(
      settings,
      value,
      fc.constantFrom('aws:username', 'aws:RequestTag/a', 'aws:TagKeys'),
      (setting, known, key) => {
        const withKey = (has: KeyValue): Setting => ({ ...setting, keys: { ...setting.keys, [key]: has } })
        if (isAllowed(withKey(UNKNOWN))) expect(isAllowed(withKey(known))).toBe(true)
      },
    ),
    { numRuns: 2500 },
  )
})

it('no Allow counts whose every condition is on something unknown', () => {
  fc.assert(
    fc.property(
      settings,
      fc.constantFrom('StringEquals', 'StringNotEqualsIfExists', 'Null', 'ForAllValues:StringLike', 'StringOdd'),
      (setting, operator) => {
        if (typeof setting.caller !== 'object') return
        const guarded = (list: readonly Json[] | undefined) =>
          list?.map((one) =>
            one.Effect === 'Allow' ? { ...one, Condition: { [operator]: { 'aws:unseen': 'true' } } } : one,
          )
        const keys: Record<string, KeyValue> = { ...setting.keys, 'aws:unseen': UNKNOWN }
        const { identity, resourcePolicy } = setting
        expect(
          isAllowed({ ...setting, keys, identity: guarded(identity) ?? [], resourcePolicy: guarded(resourcePolicy) }),
        ).toBe(false)
      },
    ),
    RUNS,
  )
})

it('IfExists on a key that is not there is as good as no condition', () => {
  const operator = fc.constantFrom(
    'StringEquals',
    'StringNotLike',
    'NumericLessThan',
    'Bool',
    'IpAddress',
    'ArnLike',
    'DateEquals',
    'BinaryEquals',
  )
  fc.assert(
    fc.property(settings, operator, layerAndStatement(), (setting, name, [layer, statement]) => {
      const { Condition: _, ...free } = statement
      const values = {
        Bool: 'true',
        NumericLessThan: '1',
        IpAddress: '10.0.0.1',
        ArnLike: '*',
        DateEquals: '2020-01-01',
      }
      const value = Object.entries(values).find(([one]) => one === name)?.[1] ?? 'QQ=='
      const guarded = { ...free, Condition: { [`${name}IfExists`]: { 'aws:nowhere': value } } }
      expect(decide(questionOf(adding(setting, layer, guarded)))).toEqual(
        decide(questionOf(adding(setting, layer, free))),
      )
    }),
    RUNS,
  )
})

it('an explanation agrees with the decision', () => {
  fc.assert(
    fc.property(settings, (setting) => {
      const question = questionOf(setting)
      const { decision, statements: reports } = explainDecision(question)
      expect(decision).toEqual(decide(question))
      const { statement } = decision
      const named = reports.find(({ layer, number }) => layer === statement?.layer && number === statement.number)
      if (decision.verdict === 'explicit-deny') {
        expect(named?.effect).toBe('Deny')
        expect(named?.applies).not.toBe(false)
      } else {
        if (statement !== undefined) expect(named).toMatchObject({ effect: 'Allow', applies: true })
        // Of a foreign principal in its own account nothing is asked any more.
        if (setting.caller !== 'represented')
          expect(reports.filter(({ effect, applies }) => effect === 'Deny' && applies !== false)).toEqual([])
      }
    }),
    RUNS,
  )
})
