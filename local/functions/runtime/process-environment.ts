/**
 * The environment of a function's process: what Lambda sets and what the function asks for. Nothing of the server's own environment is in it: that may hold its
 * master key.
 * @module
 */
import { delimiter, dirname } from 'node:path'
import type { FunctionCredentials, RunnableFunction } from './runnable-function.ts'

export interface ProcessPlace {
  /** Host, port and path of the Runtime API, the process's own. */
  readonly runtimeApi: string
  readonly runtimeFolder: string
  /** Full path of the Node or the Python. */
  readonly program: string
  readonly logStream: string
  /** Where `pip install --user` installs, if that is used. */
  readonly pythonUserBase?: string | undefined
}

export const logGroupOf = (fn: RunnableFunction): string => `/aws/lambda/${fn.name}`

export function environmentOf(
  fn: RunnableFunction,
  place: ProcessPlace,
  credentials: FunctionCredentials | undefined,
): Record<string, string> {
  return {
    ...defaults(place),
    ...fn.environment,
    ...reserved(fn, place),
    // A function without a role may bring keys of its own.
    ...(credentials === undefined ? {} : keysOf(credentials)),
  }
}

/** A function may set them differently. */
function defaults({ program, pythonUserBase }: ProcessPlace): Record<string, string> {
  return {
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    PATH: [dirname(program), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    // No folder, as in Lambda: an SDK must not find credentials of the person who runs the server in ~/.aws, nor those of the machine.
    HOME: '/nonexistent',
    AWS_EC2_METADATA_DISABLED: 'true',
    PYTHONUTF8: '1',
    ...(pythonUserBase === undefined ? {} : { PYTHONUSERBASE: pythonUserBase }),
  }
}

function reserved(fn: RunnableFunction, place: ProcessPlace): Record<string, string> {
  return {
    _HANDLER: fn.handler,
    AWS_REGION: fn.region,
    AWS_DEFAULT_REGION: fn.region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${fn.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: fn.name,
    AWS_LAMBDA_FUNCTION_VERSION: fn.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(fn.memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: logGroupOf(fn),
    AWS_LAMBDA_LOG_STREAM_NAME: place.logStream,
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_RUNTIME_API: place.runtimeApi,
    LAMBDA_TASK_ROOT: fn.folder,
    LAMBDA_RUNTIME_DIR: place.runtimeFolder,
  }
}

const keysOf = ({ accessKeyId, secretAccessKey, sessionToken }: FunctionCredentials): Record<string, string> => ({
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  AWS_SESSION_TOKEN: sessionToken,
})
