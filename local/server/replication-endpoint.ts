/**
 * `/_coffer/replication/status`, `preflight` and `reprimary`: for everybody whom policies let, as on AWS. All Regions are served here: the body says which one is asked, or else the signature.
 * @module
 */
import type { ReplicationAdministration } from '../../lambda/core/replication/administer.ts'
import {
  answerReplicationCall,
  REPLICATION_PATHS,
  type ReplicationCall,
} from '../../lambda/protocol/replication-call.ts'
import { jsonError, type SignedEndpoint } from './endpoint.ts'

/** By path. */
export function replicationEndpoints(
  services: ReplicationAdministration,
): readonly (readonly [path: string, endpoint: SignedEndpoint])[] {
  return (Object.keys(REPLICATION_PATHS) as ReplicationCall[]).map((call) => [
    REPLICATION_PATHS[call],
    {
      kind: 'signed',
      name: 'coffer',
      // The command line signs as for a deployment on AWS, whose gateway knows no other name.
      signingNames: ['coffer', 'execute-api'],
      renderError: jsonError,
      serve: (request) => answerReplicationCall({ services }, call, request),
    },
  ])
}
