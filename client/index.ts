/**
 * What a caller of a deployed Coffer needs.
 * @module
 */
export { createSecretsManager, createSecretsManagerClient, type ClientOptions } from './create-client.ts'
export { EndpointProblem } from './endpoint.ts'
export { ExecuteApiSigner } from './execute-api-signer.ts'
export { useOperationPaths } from './operation-path.ts'
