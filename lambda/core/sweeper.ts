/**
 * Background work that no request waits for: purging secrets whose recovery window is over, and removing value items and keys that no
 * head names.
 * Every step may be repeated, so a crash between two of them loses nothing.
 * @module
 */
import { DAY } from './domain/dates.ts'
import { inTurn } from './in-turn.ts'
import { referenceOf } from './domain/names.ts'
import type { SecretHead, SecretKey } from './domain/secret.ts'
import type { ScannedKey } from './ports/key-service.ts'
import type { ScannedValue } from './ports/secret-store.ts'
import { rememberDeparted } from './replication/remember.ts'
import type { Services } from './services.ts'

type Means = Pick<Services, 'store' | 'keys' | 'clock'>
type PurgeMeans = Means & Pick<Services, 'replication'>

const PURGE_BATCH = 100
const SCAN_BATCH = 500
const AT_ONCE = 5

export interface SweepResult {
  readonly done: number
  /** What went wrong with single ones; the others were seen to. */
  readonly faults: readonly unknown[]
}

/** How to walk over everything there is, for whoever has minutes and not hours. */
export interface Walk {
  /** A position that an earlier walk ended at. */
  readonly after?: string | undefined
  /** Told each position that the walk has got to; false ends it there. */
  readonly reached?: (position: string) => Promise<boolean>
}

export interface Walked extends SweepResult {
  /** Where it ended before the end. */
  readonly position?: string
}

/** Purges the secrets whose time has come. What a conflict or a fault keeps back is for the next sweep, and does not keep back the others. */
export async function sweepPurges(means: PurgeMeans): Promise<SweepResult> {
  let done = 0
  const faults: unknown[] = []
  const tried = new Set<string>()
  for (;;) {
    const limit = PURGE_BATCH + tried.size
    const due = await means.store.duePurges(means.clock.now(), limit)
    const fresh = due.filter((key) => !tried.has(nameOf(key)))
    for (const key of fresh) tried.add(nameOf(key))
    const purged = await settled(fresh, (key) => purgeIfDue(means, key))
    faults.push(...purged.faults)
    done += purged.done
    if (due.length < limit || fresh.length === 0) return { done, faults }
  }
}

const nameOf = ({ account, region, name }: SecretKey): string => `${account}/${region}/${name}`

async function purgeIfDue(means: PurgeMeans, key: SecretKey): Promise<boolean> {
  const secret = await means.store.load(key)
  const isDue = secret?.head.deletion !== undefined && secret.head.deletion.purgeAt <= means.clock.now()
  return secret !== undefined && (isDue || secret.head.state === 'purging') && purge(means, secret.head)
}

/**
 * SM-DELETE-07: the head becomes `purging`, from where there is no way back; then the values go, then the key, the head last, so that the name stays
 * reserved until nothing is left.
 * @returns false when somebody changed the secret meanwhile: a restore has won
 */
export async function purge(means: PurgeMeans, due: SecretHead): Promise<boolean> {
  const { store, keys } = means
  const head = await condemn(store, due)
  if (!head) return false
  if (head.replication) return purgeReplicated(means, head)
  await store.dropValues((await store.valuesOf(head)).map((id) => ({ key: head.key, suffix: head.suffix, id })))
  if (head.serviceKeyArn !== undefined) await keys.retireServiceKey(head.serviceKeyArn)
  return (await store.remove(head)) === 'committed'
}

/**
 * A copy may come back under the suffix that it had, and with the key, while somebody else is still at its purge: so only values that this very head names go, and the key after it, by the one who has removed it. What a crash in
 * between leaves behind is found by the daily sweeps.
 */
async function purgeReplicated(means: PurgeMeans, head: SecretHead): Promise<boolean> {
  const { store, keys } = means
  const { key, suffix, serviceKeyArn } = head
  const named = head.versions.flatMap(({ value }) => (value.kind === 'item' ? [{ key, suffix, id: value.id }] : []))
  await store.dropValues(named)
  await rememberDeparted(means, head)
  if ((await store.remove(head)) !== 'committed') return false
  if (serviceKeyArn !== undefined) await retireUnused({ store, keys }, { key, keyArn: serviceKeyArn })
  return true
}

/** A head that came to be meanwhile may name the key: it is taken back then. */
async function retireUnused(
  { store, keys }: Pick<Means, 'store' | 'keys'>,
  { key, keyArn }: { readonly key: SecretKey; readonly keyArn: string },
): Promise<boolean> {
  const isNamed = async (): Promise<boolean> => (await store.load(key))?.head.serviceKeyArn === keyArn
  if (await isNamed()) return false
  await keys.retireServiceKey(keyArn)
  if (!(await isNamed())) return true
  await keys.reviveServiceKey(keyArn)
  return false
}

async function condemn(store: Means['store'], due: SecretHead): Promise<SecretHead | undefined> {
  if (due.state === 'purging') return due
  const head: SecretHead = { ...due, state: 'purging', revision: due.revision + 1 }
  return (await store.commit({ head, put: [], drop: [] })) === 'committed' ? head : undefined
}

/** SM-CLEAN-02: removes value items older than a day that their head does not name: what a crash between a value and its commit left behind. */
export async function sweepValues({ store, clock }: Means, walk: Walk = {}): Promise<Walked> {
  return walkPages(
    walk,
    (after) => store.scanValues(after, SCAN_BATCH),
    async (page) => {
      const orphans = await orphansAmong(store, page, clock.now() - DAY)
      await store.dropValues(orphans.map(({ ref }) => ref))
      return { done: orphans.length, faults: [] }
    },
  )
}

/**
 * SM-CLEAN-03: retires dedicated keys older than a day that no head names: what a crash between a key and its secret left behind. The key service keeps a
 * retired key for a week, unusable, before it is gone.
 */
export async function sweepKeys({ store, keys, clock }: Means, walk: Walk = {}): Promise<Walked> {
  return walkPages(
    walk,
    (after) => keys.scanServiceKeys(after, SCAN_BATCH),
    async (page) => {
      const old = page.filter(({ createdAt }) => createdAt <= clock.now() - DAY)
      const orphans = await keysWithoutHead(store, old)
      if (!isPlausible(orphans.length, old.length)) return { done: 0, faults: [new TooManyOrphans(orphans.length)] }
      return settled(orphans, (key) => retireOrphan({ store, keys }, key))
    },
  )
}

/**
 * Crashes leave a key behind now and then. Where many keys have no head, or most, it is the heads that are missing: a table that was made anew, or restored to an earlier
 * time, must not cost the keys of its backups.
 */
const isPlausible = (orphans: number, keys: number): boolean =>
  orphans < FEW || (orphans <= MANY ? orphans * 2 <= keys : orphans * 10 <= keys)
const FEW = 3
const MANY = 20

export class TooManyOrphans extends Error {
  override readonly name = 'TooManyOrphans'

  constructor(orphans: number) {
    super(
      `${orphans} keys were made for secrets that are not in the store, too many for leftovers of crashes: none of them was retired. Is the store the right one, and whole?`,
    )
  }
}

async function keysWithoutHead(store: Means['store'], keys: readonly ScannedKey[]): Promise<ScannedKey[]> {
  const heads = await store.loadHeads(keys.map(({ secretArn }) => referenceOf(secretArn).key))
  return keys.filter(({ keyArn }, index) => heads[index]?.serviceKeyArn !== keyArn)
}

/** Page after page until the end, or until the walk is told to stop. */
async function walkPages<T extends { readonly position: string }>(
  walk: Walk,
  fetch: (after: string | undefined) => Promise<readonly T[]>,
  work: (page: readonly T[]) => Promise<SweepResult>,
): Promise<Walked> {
  let done = 0
  const faults: unknown[] = []
  for (let after = walk.after; ;) {
    const page = await fetch(after)
    const last = page.at(-1)
    if (!last) return { done, faults }
    const result = await work(page)
    done += result.done
    faults.push(...result.faults)
    after = last.position
    if (walk.reached && !(await walk.reached(after))) return { done, faults, position: after }
  }
}

/**
 * What stops one must not stop the others: a walk that always ended at the same key would never see the rest. A few at a time, since KMS takes only some deletions of keys
 * in a second.
 */
async function settled<T>(all: readonly T[], work: (each: T) => Promise<boolean>): Promise<SweepResult> {
  const results: PromiseSettledResult<boolean>[] = []
  for (let index = 0; index < all.length; index += AT_ONCE)
    results.push(...(await Promise.allSettled(all.slice(index, index + AT_ONCE).map(work))))
  return {
    done: results.filter((result) => result.status === 'fulfilled' && result.value).length,
    faults: results.flatMap((result): unknown[] => (result.status === 'rejected' ? [result.reason] : [])),
  }
}

/** In the secret's turn: its creation may have made the key and not yet committed the head, however old the clock says that the key is. */
function retireOrphan({ store, keys }: Omit<Means, 'clock'>, { keyArn, secretArn }: ScannedKey): Promise<boolean> {
  const { key } = referenceOf(secretArn)
  return inTurn(key, () => retireUnused({ store, keys }, { key, keyArn }))
}

async function orphansAmong(
  store: Means['store'],
  page: readonly ScannedValue[],
  olderThan: number,
): Promise<ScannedValue[]> {
  const old = page.filter(({ writtenAt }) => writtenAt <= olderThan)
  const heads = await store.loadHeads(old.map(({ ref }) => ref.key))
  return old.filter(({ ref }, index) => !isNamed(heads[index], ref))
}

function isNamed(
  head: SecretHead | undefined,
  ref: { readonly key: SecretKey; readonly suffix: string; readonly id: string },
): boolean {
  if (head?.suffix !== ref.suffix) return false
  return head.versions.some(({ value }) => value.kind === 'item' && value.id === ref.id)
}
