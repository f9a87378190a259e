/**
 * IAM as the functions call it: the embedded Coffer's own IAM API over the callers' identities and the roles of the templates. It is a global service, whose signatures are for us-east-1.
 * @module
 */
import { asUuid } from '../../lambda/adapters/embedded/keyring/key-names.ts'
import { iamApi } from '../../local/iam/iam-service.ts'
import { answersOf } from '../../local/query/answers.ts'
import type { AwsAnswer, AwsOperation, AwsRequest, AwsService } from './service.ts'
import { performOnWire, type WireCallOptions } from './wire-call.ts'

const OPERATION = 'GetAccountAuthorizationDetails'

const answers = answersOf(iamApi.namespace)

export class IamService implements AwsService {
  readonly signingName = 'iam'
  readonly actionPrefix = 'iam'
  readonly operations = [OPERATION]
  readonly deniedStatus = 403
  readonly signingRegions = ['us-east-1']
  readonly #options: WireCallOptions

  constructor(options: WireCallOptions) {
    this.#options = options
  }

  error(status: number, code: string, message: string): AwsAnswer {
    const requestId = asUuid(this.#options.entropy.bytes(16).toString('hex'))
    // The query protocol has a name of its own for it.
    const given = code === 'AccessDeniedException' ? 'AccessDenied' : code
    return answers.failure({ status, code: given, message }, requestId)
  }

  read(request: AwsRequest): AwsOperation | undefined {
    const parameters = new URLSearchParams(request.body.toString('utf8'))
    if (request.method !== 'POST' || parameters.get('Action') !== OPERATION) return undefined
    return {
      name: OPERATION,
      // It has no resource type.
      needs: [{ action: `iam:${OPERATION}`, resource: '*' }],
      perform: () => performOnWire(request, this.#options),
    }
  }
}
