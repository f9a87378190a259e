/**
 * The calls under `/_coffer/rotation/`: JSON in, JSON out, beside the API of Secrets Manager. The same embedded and on AWS.
 * @module
 */
import { abortRotation, resumeRotation, showRotation } from '../core/rotation/administer.ts'
import type { AdministrationCall, AdministrationMeans } from '../core/rotation/administered-secret.ts'
import { answerOwnCall } from './own-call.ts'
import type { WireRequest, WireResponse } from './wire.ts'

export const ROTATION_PATHS = {
  show: '/_coffer/rotation/show',
  resume: '/_coffer/rotation/resume',
  abort: '/_coffer/rotation/abort',
} as const

export type RotationCall = keyof typeof ROTATION_PATHS

export interface RotationCallPlace {
  readonly services: AdministrationMeans
  /** The only Region that is served; absent: all are. */
  readonly region?: string
}

export async function answerRotationCall(
  { services, region }: RotationCallPlace,
  call: RotationCall,
  request: WireRequest,
): Promise<WireResponse> {
  const { name, run } = OPERATIONS[call]
  const { principal, origin, requestId } = request
  return answerOwnCall(
    { region, subject: 'rotations' },
    {
      name,
      run: ({ secretId, region: where }) =>
        run({ services, context: { principal, origin, requestId, region: where }, secretId }),
    },
    request,
  )
}

interface Operation {
  readonly name: string
  readonly run: (call: AdministrationCall) => Promise<{ readonly secret: string }>
}

const OPERATIONS: Readonly<Record<RotationCall, Operation>> = {
  show: { name: 'ShowRotation', run: showRotation },
  resume: { name: 'ResumeRotation', run: resumeRotation },
  abort: { name: 'AbortRotation', run: abortRotation },
}
