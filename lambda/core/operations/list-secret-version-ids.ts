/**
 * ListSecretVersionIds (behaviour 5.8, SM-VERSIONS-01).
 * @module
 */
import { arnOf } from '../domain/names.ts'
import { decodeNextToken, encodeNextToken } from '../domain/next-token.ts'
import type { AccessRecord, Version } from '../domain/secret.ts'
import type { SecretVersionsListEntry } from '../model/secrets-manager.types.generated.ts'
import { secretOperation } from '../operation.ts'

const DEFAULT_PAGE = 100
/** SM-VERSIONS-03: what the service's own key is called here. */
const SERVICE_KEY = 'DefaultEncryptionKey'

export const listSecretVersionIds = secretOperation('ListSecretVersionIds', {
  needs: ['store:read'],
  // UNK for a secret that is scheduled for deletion: the model declares no error for it.
  accepts: 'any',
  async run({ input, secret: { head, access } }) {
    const { IncludeDeprecated = false, MaxResults = DEFAULT_PAGE, NextToken } = input
    const query = [arnOf(head), IncludeDeprecated]
    const after = NextToken === undefined ? undefined : decodeNextToken(query, NextToken)
    const listed = head.versions
      // SM-VERSIONS-02
      .filter(({ stages }) => IncludeDeprecated || stages.length > 0)
      .sort((a, b) => compare(a, placeOf(b)))
      .filter((version) => after === undefined || compare(version, after) > 0)
    const page = listed.slice(0, MaxResults)
    const last = page.at(-1)
    return {
      answer: {
        Versions: page.map((version) => present(version, access)),
        ...(last && listed.length > page.length && { NextToken: encodeNextToken(query, placeOf(last)) }),
        ARN: arnOf(head),
        Name: head.key.name,
      },
    }
  },
})

const placeOf = ({ createdAt, id }: Version) => ({ at: createdAt, name: id })

const compare = (version: Version, place: { at: number; name: string }): number =>
  version.createdAt - place.at || (version.id < place.name ? -1 : version.id > place.name ? 1 : 0)

function present({ id, stages, createdAt, keyArns }: Version, access: AccessRecord): SecretVersionsListEntry {
  const lastRead = access.versions.get(id)
  return {
    VersionId: id,
    ...(stages.length > 0 && { VersionStages: stages }),
    ...(lastRead !== undefined && { LastAccessedDate: lastRead }),
    CreatedDate: createdAt,
    KmsKeyIds: keyArns ?? [SERVICE_KEY],
  }
}
