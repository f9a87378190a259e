/**
 * BatchGetSecretValue (behaviour 5.4, SM-BATCH-02, SM-BATCH-04).
 * @module
 */
import { requireAccess } from '../access.ts'
import { batchMaxResults, batchSelectors, serverFault, ServiceError, type ErrorCode } from '../domain/errors.ts'
import { compileFilters } from '../domain/filters.ts'
import { arnOf } from '../domain/names.ts'
import { decodeNextToken, encodeNextToken } from '../domain/next-token.ts'
import { selectVersion } from '../domain/staging-labels.ts'
import { findReadable, homeOf } from '../execute.ts'
import { onFreshState } from '../fresh-state.ts'
import { listSecretsMatching } from '../list-secrets-matching.ts'
import type { APIErrorType, SecretValueEntry } from '../model/secrets-manager.types.generated.ts'
import { accountOperation, type Call, type Output } from '../operation.ts'
import { readValue } from '../present-value.ts'

type BatchCall = Call<'BatchGetSecretValue'>

const DEFAULT_PAGE = 20

export const batchGetSecretValue = accountOperation('BatchGetSecretValue', {
  needs: ['store:read', 'store:touch', 'store:list', 'values:read', 'keys:open'],
  async run(call) {
    const { SecretIdList, Filters, MaxResults } = call.input
    if ((SecretIdList === undefined) === (Filters === undefined)) throw batchSelectors()
    if (MaxResults !== undefined && Filters === undefined) throw batchMaxResults()
    return SecretIdList ? byIds(call, SecretIdList) : byFilters(call)
  },
})

async function byIds(call: BatchCall, secretIds: readonly string[]): Promise<Output<'BatchGetSecretValue'>> {
  return collect(secretIds.map((secretId) => readOne(call, secretId)))
}

async function byFilters(call: BatchCall): Promise<Output<'BatchGetSecretValue'>> {
  const { context, services, input } = call
  const { Filters = [], MaxResults = DEFAULT_PAGE, NextToken } = input
  await requireAccess(call, {
    action: 'ListSecrets',
    target: { account: context.principal.account, meansOwnAccount: true },
  })
  const query = [homeOf(context), Filters, 'batch']
  const { secrets, next } = await listSecretsMatching(services.store, {
    ...homeOf(context),
    order: 'created',
    descending: false,
    after: NextToken === undefined ? undefined : decodeNextToken(query, NextToken),
    count: MaxResults,
    matches: compileFilters(Filters),
    includeScheduled: false,
  })
  const arns = secrets.map(({ head }) => arnOf(head))
  const values = await byIds(call, arns)
  return { ...values, ...(next && { NextToken: encodeNextToken(query, next) }) }
}

type Read = { readonly value: SecretValueEntry } | { readonly error: APIErrorType }

/** SM-BATCH-03: trouble with one secret is reported beside the others' values. */
async function readOne(call: BatchCall, secretId: string): Promise<Read> {
  try {
    return await onFreshState(async () => {
      const secret = await findReadable(call, secretId, 'GetSecretValue')
      return { value: await readValue(call, secret, selectVersion(secret.head.versions, {})) }
    })
  } catch (error) {
    const shown = error instanceof ServiceError ? error : serverFault(error)
    // A throttled store or key is trouble with the call: it shall be made again as a whole.
    if (shown.code === 'ThrottlingException') throw shown
    if (shown.code === 'InternalServiceError') call.noteFault(shown)
    return { error: { SecretId: secretId, ErrorCode: nameOf(shown.code), Message: shown.message } }
  }
}

async function collect(reads: readonly Promise<Read>[]): Promise<Output<'BatchGetSecretValue'>> {
  const results = await Promise.all(reads)
  return {
    SecretValues: results.flatMap((read) => ('value' in read ? [read.value] : [])),
    Errors: results.flatMap((read) => ('error' in read ? [read.error] : [])),
  }
}

/** UNK: a bad name inside the list; ValidationException is not among the codes that the model names for an entry. */
const nameOf = (code: ErrorCode): ErrorCode => (code === 'ValidationException' ? 'InvalidParameterException' : code)
