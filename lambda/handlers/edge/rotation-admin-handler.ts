/**
 * The function behind `/_coffer/rotation/`: shows, resumes and aborts rotations of this Region's secrets, for whoever policies let.
 * @module
 */
import { answerRotationCall, ROTATION_PATHS, type RotationCall } from '../../protocol/rotation-call.ts'
import { errorAnswer } from '../../protocol/service.ts'
import { unknownOperation } from '../../core/domain/errors.ts'
import type { WireResponse } from '../../protocol/wire.ts'
import { attempt, composeOnAws, type Composing, type Made } from './compose-on-aws.ts'
import { edge, type EdgeHandler } from './edge.ts'
import { wireRequestOf, type ProxyRequest } from './proxy-event.ts'

const OPERATION = 'AdministerRotation'

export function rotationAdminHandler({
  environment = process.env,
  compose = composeOnAws,
}: Composing = {}): EdgeHandler {
  const made = attempt(() => compose(environment))
  return edge({ operation: OPERATION, answer: async (request) => answer(made(), request) })
}

async function answer({ services, region }: Made, request: ProxyRequest): Promise<WireResponse> {
  const call = (Object.keys(ROTATION_PATHS) as RotationCall[]).find((each) => ROTATION_PATHS[each] === request.resource)
  if (call === undefined)
    return errorAnswer(unknownOperation('There is nothing at this path.'), { operation: OPERATION })
  return answerRotationCall({ services, region }, call, wireRequestOf(request, { target: `coffer.${call}`, region }))
}
