/**
 * The function behind `/_coffer/replication/`: shows replication, says beforehand whether it will work here, and has this Region step down, for whoever policies let.
 * @module
 */
import { unknownOperation } from '../../core/domain/errors.ts'
import { answerReplicationCall, REPLICATION_PATHS, type ReplicationCall } from '../../protocol/replication-call.ts'
import { errorAnswer } from '../../protocol/service.ts'
import type { WireResponse } from '../../protocol/wire.ts'
import { attempt, composeOnAws, type Composing, type Made } from './compose-on-aws.ts'
import { edge, type EdgeHandler } from './edge.ts'
import { wireRequestOf, type ProxyRequest } from './proxy-event.ts'

const OPERATION = 'AdministerReplication'

export function replicationAdminHandler({
  environment = process.env,
  compose = composeOnAws,
}: Composing = {}): EdgeHandler {
  const made = attempt(() => compose(environment))
  return edge({ operation: OPERATION, answer: async (request) => answer(made(), request) })
}

async function answer({ services, region }: Made, request: ProxyRequest): Promise<WireResponse> {
  const calls = Object.keys(REPLICATION_PATHS) as ReplicationCall[]
  const call = calls.find((each) => REPLICATION_PATHS[each] === request.resource)
  if (call === undefined)
    return errorAnswer(unknownOperation('There is nothing at this path.'), { operation: OPERATION })
  return answerReplicationCall({ services, region }, call, wireRequestOf(request, { target: `coffer.${call}`, region }))
}
