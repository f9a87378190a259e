/**
 * What every KeyService does for copies of secrets in other Regions. Run by each adapter with a factory of its own.
 */
import { KeyFailure, type KeyMode, type KeyScope, type KeyService } from '../../lambda/core/ports/key-service.ts'

/** The service as one Region has it, with the means to work for replication. */
export interface RegionalKeys {
  readonly service: KeyService
  readonly scope: KeyScope
}

export interface ReplicatedKeysUnderTest {
  /** The Region of the primaries. */
  readonly home: RegionalKeys
  readonly away: RegionalKeys
  readonly third: RegionalKeys
  /** A customer's multi-Region key at home. @returns its ARN */
  readonly createKey: () => Promise<string>
  readonly stateOf: (keyArn: string) => Promise<string>
  /** Lets the waiting period of every key that is pending deletion pass: it is destroyed. */
  readonly passWindow: () => Promise<void>
  readonly dispose: () => Promise<void>
}

export function keyReplicationContract(
  adapter: string,
  make: (mode: KeyMode) => Promise<ReplicatedKeysUnderTest>,
): void {
  describe(`the contract of keys for copies, ${adapter}`, () => {
    let subject: ReplicatedKeysUnderTest
    afterEach(() => subject.dispose())

    type Side = 'home' | 'away' | 'third'
    const arnIn = (side: Side, name = 'app/db'): string =>
      `arn:aws:secretsmanager:${subject[side].scope.region}:${subject[side].scope.account}:secret:${name}-AbCdEf`
    const contextIn = (side: Side) => ({
      SecretARN: arnIn(side),
      SecretVersionId: '11111111-2222-4333-8444-555555555555',
    })
    const serviceKey = (side: Side): Promise<string> => {
      const { service, scope } = subject[side]
      return service.serviceKey({ secretArn: arnIn(side), scope })
    }
    const replicaKey = (side: Side, sourceKeyArn: string | undefined): Promise<string> => {
      const { service, scope } = subject[side]
      return service.replicaKey({ sourceKeyArn, secretArn: arnIn(side), scope })
    }
    /** A value of the secret in the Region of `side`. */
    const seal = async (side: Side, keyId: string, owner: 'service' | 'customer' = 'service') => {
      const { service, scope } = subject[side]
      const context = contextIn(side)
      return { ...(await service.generateDataKey({ keyId, owner, context, scope })), context }
    }
    type Sealed = Awaited<ReturnType<typeof seal>>
    /** @param in_ the Region whose KMS is asked; by default the own one */
    const open = async (side: Side, keyId: string, { wrapped, context }: Sealed, asked: Side = side) => {
      const { service } = subject[side]
      const request = { keyId, wrapped, context, scope: subject[asked].scope, owner: 'service' } as const
      return Buffer.from(await service.unwrapDataKey(request))
    }
    const idOf = (keyArn: string): string => keyArn.replace(/^.*:key\//, '')
    const isIn = (keyArn: string, side: Side): boolean => keyArn.includes(`:${subject[side].scope.region}:`)

    describe('with a key for each secret', () => {
      beforeEach(async () => (subject = await make('per-secret')))

      it('a copy has a key related to that of its primary: each opens what the other has sealed', async () => {
        const source = await serviceKey('home')
        const copy = await replicaKey('away', source)
        expect(idOf(copy)).toBe(idOf(source))
        expect(isIn(copy, 'away')).toBe(true)
        const [there, here] = [await seal('home', source), await seal('away', copy)]
        expect(await open('away', copy, there)).toEqual(Buffer.from(there.key))
        expect(await open('home', source, here)).toEqual(Buffer.from(here.key))
      })

      it('still only under the context that it was sealed for', async () => {
        const source = await serviceKey('home')
        const copy = await replicaKey('away', source)
        const sealed = { ...(await seal('home', source)), context: contextIn('away') }
        expect(await failure(open('away', copy, sealed))).toMatchObject({ kind: 'unusable' })
      })

      it('asking again, and at once, gives the same key', async () => {
        const source = await serviceKey('home')
        const asked = await Promise.all([1, 2, 3].map(() => replicaKey('away', source)))
        expect(new Set([...asked, await replicaKey('away', source)]).size).toBe(1)
        expect(idOf(asked[0]!)).toBe(idOf(source))
      })

      it('each Region has a replica of its own', async () => {
        const source = await serviceKey('home')
        const [away, third] = [await replicaKey('away', source), await replicaKey('third', source)]
        expect([idOf(away), idOf(third)]).toEqual([idOf(source), idOf(source)])
        const sealed = await seal('third', third)
        expect(await open('away', away, sealed)).toEqual(Buffer.from(sealed.key))
      })

      it.each(['reviving it', 'asking for it again'])('takes a key back within its waiting period: %s', async (way) => {
        const source = await serviceKey('home')
        const copy = await replicaKey('away', source)
        const sealed = await seal('away', copy)
        await subject.away.service.retireServiceKey(copy)
        expect(await subject.stateOf(copy)).toBe('PendingDeletion')
        expect(await failure(open('away', copy, sealed))).toMatchObject({ kind: 'unusable' })
        if (way === 'reviving it') expect(await subject.away.service.reviveServiceKey(copy)).toBe(true)
        else expect(await replicaKey('away', source)).toBe(copy)
        expect(await subject.stateOf(copy)).toBe('Enabled')
        expect(await open('away', copy, sealed)).toEqual(Buffer.from(sealed.key))
        // It is not destroyed by the deletion that was scheduled before.
        await subject.passWindow()
        expect(await open('away', copy, sealed)).toEqual(Buffer.from(sealed.key))
        expect(await subject.away.service.reviveServiceKey(copy)).toBe(true)
      })

      it('after it the key is gone, and is made again from the same primary key', async () => {
        const source = await serviceKey('home')
        const copy = await replicaKey('away', source)
        await subject.away.service.retireServiceKey(copy)
        await subject.passWindow()
        expect(await subject.away.service.reviveServiceKey(copy)).toBe(false)
        expect(await replicaKey('away', source)).toBe(copy)
        const sealed = await seal('home', source)
        expect(await open('away', copy, sealed)).toEqual(Buffer.from(sealed.key))
      })

      it('revives no key but its own dedicated ones', async () => {
        const { service } = subject.home
        const customers = await subject.createKey()
        expect(await service.reviveServiceKey(customers)).toBe(false)
        expect(await service.reviveServiceKey(customers.replace(/.{12}$/, '000000000000'))).toBe(false)
        expect(await service.reviveServiceKey('alias/x')).toBe(false)
      })

      it.each(['no source', "a customer's key", 'a source that is gone', 'a source that is pending deletion'])(
        'makes a fresh key for a copy where there is %s',
        async (what) => {
          const source = what === "a customer's key" ? await subject.createKey() : await serviceKey('home')
          if (/gone|pending/.test(what)) await subject.home.service.retireServiceKey(source)
          if (what.endsWith('gone')) await subject.passWindow()
          const copy = await replicaKey('away', what === 'no source' ? undefined : source)
          expect(isIn(copy, 'away')).toBe(true)
          expect(idOf(copy)).not.toBe(idOf(source))
          const sealed = await seal('away', copy)
          expect(await open('away', copy, sealed)).toEqual(Buffer.from(sealed.key))
        },
      )

      it('makes a fresh key where the source is a replica itself, and opens nothing of it with that', async () => {
        const primary = await serviceKey('home')
        const source = await replicaKey('away', primary)
        const copy = await replicaKey('third', source)
        expect(isIn(copy, 'third')).toBe(true)
        expect(idOf(copy)).not.toBe(idOf(source))
        expect(await failure(open('third', copy, await seal('away', source)))).toMatchObject({ kind: 'unusable' })
      })

      it('gives a Region that steps down its own key, where the source is a replica of just that', async () => {
        const primary = await serviceKey('home')
        const source = await replicaKey('away', primary)
        expect(await replicaKey('home', source)).toBe(primary)
      })

      it('replicates no key of another secret', async () => {
        const { service, scope } = subject.home
        const others = await service.serviceKey({ secretArn: arnIn('home', 'other'), scope })
        expect(idOf(await replicaKey('away', others))).not.toBe(idOf(others))
        expect(idOf(await replicaKey('away', undefined))).not.toBe(idOf(others))
      })

      it('a Region without a key opens nothing', async () => {
        const source = await serviceKey('home')
        const sealed = await seal('home', source)
        const related = source.replace(subject.home.scope.region, subject.third.scope.region)
        for (const keyId of [related, source])
          expect(await failure(open('third', keyId, sealed))).toMatchObject({ kind: 'unusable' })
      })

      it("opens with another Region's key by asking there", async () => {
        const customers = await subject.createKey()
        const sealed = await seal('home', customers, 'customer')
        expect(await open('away', customers, sealed, 'home')).toEqual(Buffer.from(sealed.key))
        const source = await serviceKey('home')
        const own = await seal('home', source)
        expect(await open('away', source, own, 'home')).toEqual(Buffer.from(own.key))
      })

      it('a primary that is retired waits for its replicas, which go on; then its own waiting period starts', async () => {
        const source = await serviceKey('home')
        const copy = await replicaKey('away', source)
        const sealed = await seal('away', copy)
        await subject.home.service.retireServiceKey(source)
        await subject.home.service.retireServiceKey(source)
        expect(await subject.stateOf(source)).toBe('PendingReplicaDeletion')
        expect(await open('away', copy, sealed)).toEqual(Buffer.from(sealed.key))
        // Its replica is still there for who asks.
        expect(await replicaKey('away', source)).toBe(copy)
        await subject.away.service.retireServiceKey(copy)
        await subject.passWindow()
        expect(await subject.stateOf(source)).toBe('PendingDeletion')
        expect(await subject.home.service.reviveServiceKey(source)).toBe(true)
        expect(await subject.stateOf(source)).toBe('Enabled')
      })

      it('a primary that waits for its replicas can be had back', async () => {
        const source = await serviceKey('home')
        await replicaKey('away', source)
        await subject.home.service.retireServiceKey(source)
        expect(await subject.home.service.reviveServiceKey(source)).toBe(true)
        const sealed = await seal('home', source)
        expect(await open('home', source, sealed)).toEqual(Buffer.from(sealed.key))
      })
    })

    describe('with shared keys', () => {
      beforeEach(async () => (subject = await make('shared')))

      it("a copy has its Region's shared key, which is related to no other", async () => {
        const source = await serviceKey('home')
        const copy = await replicaKey('away', source)
        expect(isIn(copy, 'away')).toBe(true)
        expect(idOf(copy)).not.toBe(idOf(source))
        expect(await replicaKey('away', source)).toBe(copy)
        expect(await serviceKey('away')).toBe(copy)
        const sealed = await seal('home', source)
        expect(await failure(open('away', copy, sealed))).toMatchObject({ kind: 'unusable' })
        expect(await open('away', source, sealed, 'home')).toEqual(Buffer.from(sealed.key))
      })

      it('is never revived, nor retired', async () => {
        const copy = await replicaKey('away', await serviceKey('home'))
        await subject.away.service.retireServiceKey(copy)
        expect(await subject.stateOf(copy)).toBe('Enabled')
        expect(await subject.away.service.reviveServiceKey(copy)).toBe(false)
      })
    })
  })
}

async function failure(work: Promise<unknown>): Promise<KeyFailure> {
  try {
    await work
  } catch (error) {
    if (error instanceof KeyFailure) return error
    throw error
  }
  throw new Error('a KeyFailure was expected')
}
