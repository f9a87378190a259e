import fc from 'fast-check'
import { policyAuthorizer } from '../../lambda/auth/authorizer.ts'
import { tagKeys } from '../../lambda/auth/condition-context.ts'
import { isAllowed, type Decision } from '../../lambda/auth/decision.ts'
import type { Principal } from '../../lambda/auth/principal.ts'
import { storedPolicy } from '../../lambda/auth/policy/compiled-policy.ts'
import { embeddedDirectory } from '../../local/identities/embedded-directory.ts'
import {
  emptyAccount,
  type Account,
  type IdentityStore,
  type ManagedPolicy,
  type User,
} from '../../local/identities/model.ts'
import { policyMutations, type PolicyMutation } from './policy-mutations.ts'
import { policyTexts, withText, type PolicyTexts } from './policy-texts.ts'

const ACCOUNT = '111122223333'
const ARN = `arn:aws:iam::${ACCOUNT}:user/team/alice`
const SECRET = `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:db-AbCdEf`
const BOUNDARY = `arn:aws:iam::${ACCOUNT}:policy/limit`
const EVERYTHING = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
})
const RUNS = { seed: 20_260_301, numRuns: 1_000 }

const entity = { origin: 'api', path: '/team/', createdAt: 0, inline: new Map(), attached: [], tags: [] } as const

function accountOf({ identity, boundary }: PolicyTexts, change: Partial<User> = {}): Account {
  const alice: User = {
    ...entity,
    id: 'AIDAALICE',
    name: 'alice',
    arn: ARN,
    inline: new Map(identity.map((text, index) => [`p${index}`, text])),
    tags: [{ key: 'team', value: 'db' }],
    groups: [],
    accessKeys: [],
    mfaDevices: [],
    ...(boundary !== undefined && { boundary: BOUNDARY }),
    ...change,
  }
  const limit: ManagedPolicy = {
    ...entity,
    id: 'ANPALIMIT',
    name: 'limit',
    arn: BOUNDARY,
    versions: [{ id: 'v1', document: boundary ?? '', createdAt: 0 }],
    defaultVersionId: 'v1',
  }
  return {
    ...emptyAccount(ACCOUNT),
    users: new Map([['alice', alice]]),
    policies: boundary === undefined ? new Map() : new Map([['limit', limit]]),
  }
}

/** Reading `db`, as the core asks for it. */
async function decisionOn(texts: PolicyTexts, change: Partial<User> = {}): Promise<Decision> {
  const account = accountOf(texts, change)
  const store: IdentityStore = {
    accounts: () => [ACCOUNT],
    account: () => account,
    change: () => Promise.reject(new Error('nothing changes here')),
  }
  const principal: Principal = {
    account: ACCOUNT,
    arn: ARN,
    userId: 'AIDAALICE',
    accessKeyId: 'ASIAALICE',
    session: { issuedAt: 0, mfaAt: 0, ...(texts.session && { policies: texts.session }) },
  }
  return policyAuthorizer(embeddedDirectory(store)).decide({
    principal,
    origin: { receivedAt: 1_800_000_000_000, isSecure: true, sourceIp: '192.0.2.7' },
    action: 'secretsmanager:GetSecretValue',
    resource: SECRET,
    account: ACCOUNT,
    region: 'us-east-1',
    ...(texts.resource !== undefined && {
      resourcePolicy: {
        source: 'the policy of the secret',
        policy: storedPolicy(texts.resource, 'resource'),
        principalIds: new Map([[ARN, 'AIDAALICE']]),
      },
    }),
    keys: [tagKeys('aws:resourcetag/', [{ key: 'team', value: 'db' }])],
    now: 1_800_000_000_000,
  })
}

const mayRead = async (texts: PolicyTexts, change?: Partial<User>): Promise<boolean> =>
  isAllowed(await decisionOn(texts, change))

const numbers = fc.infiniteStream(fc.nat())
const picking =
  (stream: Iterator<number>) =>
  (count: number): number =>
    Number(stream.next().value) % Math.max(1, count)

/** Mutates generated policies, one thing at a time. @returns how often it was allowed before and after */
async function mutate(mutation: PolicyMutation) {
  const counts = { keptOut: 0, stillIn: 0, nowOut: 0 }
  await fc.assert(
    fc.asyncProperty(policyTexts, fc.nat(), numbers, async (texts, place, stream) => {
      const pick = picking(stream)
      const mutated = withText(texts, place, (text) => mutation.change(text, pick))
      if (mutated === undefined) return
      const [before, after] = [await mayRead(texts), await mayRead(mutated)]
      // Never gained.
      if (after) expect({ before, mutated }).toEqual({ before: true, mutated })
      if (mutation.kind === 'nonsense') expect({ after, mutated }).toEqual({ after: false, mutated })
      if (!before) counts.keptOut++
      else counts[after ? 'stillIn' : 'nowOut']++
    }),
    RUNS,
  )
  return counts
}

describe('policies of which one thing was changed', () => {
  it.each(policyMutations.map((mutation) => [`${mutation.kind}: ${mutation.name}`, mutation] as const))(
    'let nobody in who was kept out before: %s',
    async (_, mutation) => {
      const { keptOut, nowOut } = await mutate(mutation)
      // Both happened: it is about something.
      expect(keptOut).toBeGreaterThan(3)
      expect(nowOut).toBeGreaterThan(0)
    },
  )

  it('are of both kinds before: some let the caller in', async () => {
    const outcomes = await Promise.all(fc.sample(policyTexts, RUNS).map((texts) => mayRead(texts)))
    const allowed = outcomes.filter(Boolean).length
    expect(allowed).toBeGreaterThan(RUNS.numRuns / 20)
    expect(allowed).toBeLessThan(RUNS.numRuns / 1.5)
  })

  it('deny everything where one of them is cut off, at whatever character', async () => {
    const texts: PolicyTexts = {
      identity: [EVERYTHING, EVERYTHING],
      boundary: EVERYTHING,
      session: [EVERYTHING],
      resource: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { AWS: ARN }, Action: '*', Resource: '*' }],
      }),
    }
    expect(await mayRead(texts)).toBe(true)
    for (let place = 0; place < 5; place++)
      for (let length = 0; length < 200; length++) {
        const cut = withText(texts, place, (text) => (length < text.length ? text.slice(0, length) : undefined))
        if (cut) expect([place, length, await mayRead(cut)]).toEqual([place, length, false])
      }
  })

  it.each<[string, Partial<PolicyTexts>, Partial<User>]>([
    ['all policies of the user taken away', { identity: [] }, {}],
    ['the session policies taken away, not their limit', { session: [] }, {}],
    ['a boundary that does not exist', {}, { boundary: `arn:aws:iam::${ACCOUNT}:policy/gone` }],
    ['an attached policy that does not exist', {}, { attached: [`arn:aws:iam::${ACCOUNT}:policy/gone`] }],
    ['a group that does not exist', {}, { groups: ['gone'] }],
    ['a user of the same name that was made later', {}, { id: 'AIDALATER' }],
  ])('keep everybody out: %s', async (_, texts, change) => {
    const before: PolicyTexts = { identity: [EVERYTHING], session: [EVERYTHING], boundary: EVERYTHING }
    expect(await mayRead(before)).toBe(true)
    expect(await mayRead({ ...before, ...texts }, change)).toBe(false)
  })
})
