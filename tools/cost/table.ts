/**
 * The tables of docs/cost.md.
 * @module
 */
import type { KeyMode } from '../../lambda/core/ports/key-service.ts'
import { cheaperFrom, fixedMonth, millionChanges, millionReads, secretMonth, sum, theirs, type Share } from './cost.ts'
import { PRICED_ON, PRICED_REGION } from './prices.ts'

export function costTables(): string {
  return [
    `List prices of ${PRICED_REGION} on ${PRICED_ON}, without free tiers.`,
    table(
      ['A million GetSecretValue', ...millionReads('operation').map(({ part }) => part), 'Sum'],
      [
        readRow('Coffer, `POST /GetSecretValue`', 'operation'),
        readRow('Coffer, `POST /` (front door)', 'front door'),
        theirRow(),
      ],
    ),
    table(
      ['A million PutSecretValue', ...millionChanges({ regions: 1, replicas: 0 }).map(({ part }) => part), 'Sum'],
      [
        sharesRow('One Region', millionChanges({ regions: 1, replicas: 0 })),
        sharesRow('Two Regions, no replica', millionChanges({ regions: 2, replicas: 0 })),
        sharesRow('Two Regions, one replica', millionChanges({ regions: 2, replicas: 1 })),
        sharesRow('Three Regions, two replicas', millionChanges({ regions: 3, replicas: 2 })),
      ],
    ),
    table(
      ['A secret for a month', 'No replica', 'One replica', 'Two replicas'],
      [
        monthRow('Coffer, `keyMode: shared`', (replicas) => sum(secretMonth('shared', replicas))),
        monthRow('Coffer, `keyMode: per-secret`', (replicas) => sum(secretMonth('per-secret', replicas))),
        monthRow('AWS Secrets Manager', theirs.secretMonth),
      ],
    ),
    `Without any secret: ${money(fixedMonth(1))} a month for alarms, the dashboard and the snapshot of identities, ${money(fixedMonth(2) - fixedMonth(1))} more for each further Region.`,
    table(
      ['Cheaper than AWS Secrets Manager from', '1,000 reads per secret and month', '10,000', '100,000', '1,000,000'],
      [thresholdRow('shared'), thresholdRow('per-secret')],
    ),
  ].join('\n\n')
}

const readRow = (name: string, path: Parameters<typeof millionReads>[0]): string[] =>
  sharesRow(name, millionReads(path))

const sharesRow = (name: string, shares: readonly Share[]): string[] => [
  name,
  ...shares.map(({ dollars }) => money(dollars)),
  `**${money(sum(shares))}**`,
]

const theirRow = (): string[] => ['AWS Secrets Manager', '', '', '', '', '', `**${money(theirs.millionReads)}**`]

const monthRow = (name: string, of: (replicas: number) => number): string[] => [
  name,
  ...[0, 1, 2].map((replicas) => money(of(replicas))),
]

const thresholdRow = (keyMode: KeyMode): string[] => [
  `\`keyMode: ${keyMode}\``,
  ...[1_000, 10_000, 100_000, 1_000_000].map((reads) => {
    const secrets = cheaperFrom(keyMode, reads, fixedMonth(1))
    return secrets === undefined ? 'never' : `${secrets} secrets`
  }),
]

/** Small sums keep their first digits. */
const money = (dollars: number): string =>
  dollars !== 0 && dollars < 0.01 ? `$${dollars.toPrecision(1)}` : `$${dollars.toFixed(2)}`

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
