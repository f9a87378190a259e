/**
 * The IAM API over the embedded identities: what `aws iam` and the SDKs speak, for the caller's own account. Each call is authorized by the same engine as those for secrets.
 * @module
 */
import { FileOwned, type Account } from '../identities/model.ts'
import { LaneFull } from '../identities/turns.ts'
import { QueryError } from '../query/query-error.ts'
import { queryEndpoint, type QueryApi, type QueryCall, type QueryOperations } from '../query/query-service.ts'
import type { SignedEndpoint } from '../server/endpoint.ts'
import { authorize, requireIamCredentials } from './authorize.ts'
import type { IamCall, IamMeans, IamOperation, Targets } from './call.ts'
import { changedMeanwhile, tooManyPasswords } from './failures.ts'
import { operationModels, shapes } from './model/iam.shapes.generated.ts'
import { iamOperations } from './operations.ts'

const VERSION = '2010-05-08'

export const iamApi: QueryApi = {
  name: 'iam',
  title: 'IAM',
  version: VERSION,
  namespace: `https://iam.amazonaws.com/doc/${VERSION}/`,
  shapes,
  models: operationModels,
}

export function iamEndpoint(means: IamMeans): SignedEndpoint {
  const rows: Record<string, IamOperation<never, unknown>> = iamOperations
  const operations: QueryOperations = Object.fromEntries(
    Object.entries(rows).map(([name, row]) => [name, (call: QueryCall<never>) => serve(call, { name, row, means })]),
  )
  return queryEndpoint(iamApi, operations)
}

interface Served {
  readonly name: string
  readonly row: IamOperation<never, unknown>
  readonly means: IamMeans
}

async function serve({ input, request, note }: QueryCall<never>, { name, row, means }: Served): Promise<unknown> {
  const { principal } = request
  requireIamCredentials(principal)
  const { call, targets } = callOf(input, { principal, means, row })
  note(targets[0].arn)
  const { authorizer } = means.identities
  const keys = row.keys?.(call) ?? {}
  const tags = row.tags?.(input) ?? { keys: [] }
  for (const action of [name, ...(row.also?.(input) ?? [])])
    for (const target of targets)
      await authorize(request, { authorizer, clock: means.clock }, { action, target, keys, tags })
  try {
    return await row.run(call)
  } catch (error) {
    if (error instanceof FileOwned) throw new QueryError('UnmodifiableEntity', `${error.message}.`)
    if (error instanceof LaneFull) throw tooManyPasswords()
    throw error
  }
}

function callOf(
  input: never,
  { principal, means, row }: Pick<Served, 'means' | 'row'> & Pick<IamCall<never>, 'principal'>,
): { readonly call: IamCall<never>; readonly targets: Targets } {
  const { store } = means.identities
  const { account: id } = principal
  const targetsIn = (account: Account): Targets => {
    const targets = row.on({ ...call, account })
    return 'arn' in targets ? [targets] : targets
  }
  const call: IamCall<never> = {
    input,
    principal,
    means,
    account: store.account(id),
    change: (work) =>
      store.change(id, (account) => {
        if (account !== call.account && !areSame(targetsIn(account), targets)) throw changedMeanwhile()
        return work(account)
      }),
  }
  const targets = targetsIn(call.account)
  return { call, targets }
}

/** Of the same names, and these of the same users, groups and roles. */
const areSame = (some: Targets, others: Targets): boolean =>
  some.length === others.length &&
  some.every(({ arn, id }, index) => arn === others[index]?.arn && id === others[index].id)
