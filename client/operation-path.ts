/**
 * `POST /` becomes `POST /{Operation}`: the API has a path per operation, each with its own function, and stock clients call `/` for all of them.
 * @module
 */
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'

const TARGET_PREFIX = 'secretsmanager.'

/** Adds the operation to the path of every request of this client, behind the stage or base path of its endpoint. */
export function useOperationPaths(client: SecretsManagerClient): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      addOperation(args.request)
      return next(args)
    },
    // After the request was made and once for all its attempts: signing comes later, per attempt.
    { step: 'build', name: 'cofferOperationPath', override: true },
  )
}

interface Call {
  path: string
  readonly headers: Readonly<Record<string, string>>
}

function addOperation(request: unknown): void {
  if (!isCall(request)) throw new TypeError('The client made a request that is not an HTTP request')
  const target = request.headers['x-amz-target'] ?? ''
  if (!target.startsWith(TARGET_PREFIX)) throw new TypeError('The client made a request that names no operation')
  request.path = `${request.path.replace(/\/+$/, '')}/${target.slice(TARGET_PREFIX.length)}`
}

function isCall(request: unknown): request is Call {
  return typeof request === 'object' && request !== null && 'path' in request && 'headers' in request
}
