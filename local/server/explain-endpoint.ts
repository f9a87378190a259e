/**
 * `/_coffer/explain` and `/_coffer/who-can`, for the admin.
 * @module
 */
import type { ExplainMeans } from '../../lambda/core/explain-access.ts'
import {
  answerExplain,
  EXPLAIN_PATHS,
  ExplainProblem,
  parseExplainRequest,
  refuseExplain,
  type ExplainCall,
} from '../../lambda/protocol/explain-call.ts'
import type { WireService } from '../../lambda/protocol/wire.ts'
import type { SignedEndpoint } from './endpoint.ts'
import { adminEndpoint } from './plain-json.ts'

/** By path. */
export function explainEndpoints(means: ExplainMeans): readonly (readonly [path: string, endpoint: SignedEndpoint])[] {
  return (Object.keys(EXPLAIN_PATHS) as ExplainCall[]).map((call) => [EXPLAIN_PATHS[call], endpointOf(means, call)])
}

// The command line signs as for a deployment on AWS, whose gateway knows no other name.
const endpointOf = (means: ExplainMeans, call: ExplainCall): SignedEndpoint =>
  adminEndpoint(serviceOf(means, call), ['coffer', 'execute-api'])

function serviceOf(means: ExplainMeans, call: ExplainCall): WireService {
  return async (request) => {
    try {
      return await answerExplain(means, call, parseExplainRequest(call, request))
    } catch (error) {
      if (error instanceof ExplainProblem) return refuseExplain(call, 'ValidationException', error.message)
      throw error
    }
  }
}
