/**
 * ListSecrets (behaviour section 6, SM-LIST-01, SM-CROSS-04).
 * @module
 */
import { compileFilters } from '../domain/filters.ts'
import { decodeNextToken, encodeNextToken } from '../domain/next-token.ts'
import { homeOf } from '../execute.ts'
import { listSecretsMatching } from '../list-secrets-matching.ts'
import type { SecretListEntry } from '../model/secrets-manager.types.generated.ts'
import { accountOperation } from '../operation.ts'
import type { ListOrder, ListedSecret } from '../ports/secret-store.ts'
import { presentSecret, stagesByVersion } from '../present-secret.ts'

const DEFAULT_PAGE = 100
/** SM-LIST-08 */
const orders = {
  'created-date': 'created',
  'last-accessed-date': 'accessed',
  'last-changed-date': 'changed',
  name: 'name',
} as const satisfies Record<string, ListOrder>

export const listSecrets = accountOperation('ListSecrets', {
  needs: ['store:list'],
  meansOwnAccount: true,
  async run({ input, context, services }) {
    const { Filters = [], IncludePlannedDeletion = false, MaxResults = DEFAULT_PAGE, NextToken } = input
    // UNK: the default order; ascending by creation is what the recordings suggest.
    const { SortBy = 'created-date', SortOrder = 'asc' } = input
    const matches = Filters.length > 0 ? compileFilters(Filters) : undefined
    const query = [homeOf(context), Filters, IncludePlannedDeletion, SortBy, SortOrder]
    const { secrets, next } = await listSecretsMatching(services.store, {
      ...homeOf(context),
      order: orders[SortBy],
      descending: SortOrder === 'desc',
      after: NextToken === undefined ? undefined : decodeNextToken(query, NextToken),
      count: MaxResults,
      matches,
      includeScheduled: IncludePlannedDeletion,
    })
    return { SecretList: secrets.map(present), ...(next && { NextToken: encodeNextToken(query, next) }) }
  },
})

function present(secret: ListedSecret): SecretListEntry {
  const stages = stagesByVersion(secret.head.versions)
  return stages ? Object.assign(presentSecret(secret), { SecretVersionsToStages: stages }) : presentSecret(secret)
}
