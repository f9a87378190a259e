/**
 * `/_coffer/rotation/show`, `resume` and `abort`: for everybody whom policies let, as on AWS.
 * @module
 */
import type { AdministrationMeans } from '../../lambda/core/rotation/administered-secret.ts'
import { answerRotationCall, ROTATION_PATHS, type RotationCall } from '../../lambda/protocol/rotation-call.ts'
import { jsonError, type SignedEndpoint } from './endpoint.ts'

/** By path. */
export function rotationEndpoints(
  services: AdministrationMeans,
): readonly (readonly [path: string, endpoint: SignedEndpoint])[] {
  return (Object.keys(ROTATION_PATHS) as RotationCall[]).map((call) => [
    ROTATION_PATHS[call],
    {
      kind: 'signed',
      name: 'coffer',
      // The command line signs as for a deployment on AWS, whose gateway knows no other name.
      signingNames: ['coffer', 'execute-api'],
      renderError: jsonError,
      serve: (request) => answerRotationCall({ services }, call, request),
    },
  ])
}
