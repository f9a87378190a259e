/**
 * What is remembered of a head that goes for good: the requests that were acted on in it, which of the others' copies have not gone yet, and the key that may be wanted back. It stands in the link, which stays.
 * @module
 */
import { stampOf, type Answer, type Departed, type Link } from '../domain/replication.ts'
import type { SecretHead } from '../domain/secret.ts'
import type { Services } from '../services.ts'
import { changeLink } from './link-changes.ts'

/** For how long: check-again.ts. A no-op for a secret that never had to do with another Region. */
export async function rememberDeparted(
  services: Pick<Services, 'replication' | 'clock'>,
  head: SecretHead,
): Promise<void> {
  if (head.replication === undefined) return
  await changeLink(services, head.key, (link) => departed(link, head, services.clock.now()))
}

function departed(link: Link, head: SecretHead, now: number): Link {
  const { suffix, replication = {}, serviceKeyArn } = head
  const { replicas = [], leaving = [], source, acted = {} } = replication
  const waiting = [...leaving, ...replicas.map(({ region, at }) => ({ region, at }))]
  const answers: Record<string, Answer> = { ...link.answers }
  for (const [from, request] of Object.entries(acted)) {
    const told = answers[from]
    // What was made of a later request, or is told of another secret, stays; that this one was acted on counts all the same.
    const isOther = told !== undefined && (told.request > request || told.suffix !== suffix)
    const status = source?.region === from ? 'Removed' : 'Detached'
    answers[from] = isOther
      ? { ...told, acted: Math.max(told.acted, request) }
      : { suffix, request, acted: request, status, failures: 0 }
  }
  return {
    ...link,
    answers,
    departed: waiting.length > 0 ? withDeparted(link.departed, { suffix, waiting }) : link.departed,
    born: Math.max(link.born, stampOf(head).born),
    overAt: now,
    lastRevision: Math.max(link.lastRevision ?? 0, head.revision),
    ...(serviceKeyArn !== undefined && source && { keptKey: { suffix, keyArn: serviceKeyArn } }),
    // Somebody has to look at it again, if only to forget it.
    checkAt: Math.min(link.checkAt ?? Infinity, now + 60_000),
  }
}

/** Of a Region that is cut off for long while a name is made and purged time and again: a link must not outgrow its item. */
const MOST_DEPARTED = 100

const withDeparted = (all: readonly Departed[], departed: Departed): readonly Departed[] =>
  [...all.filter(({ suffix }) => suffix !== departed.suffix), departed].slice(-MOST_DEPARTED)
