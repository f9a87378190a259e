/**
 * The operations of the Lambda API that are offered here.
 * @module
 */
import type { AnyLambdaOperation } from './call.ts'
import * as functions from './operations/functions.ts'
import * as invocations from './operations/invocations.ts'
import * as permissions from './operations/permissions.ts'
import * as settings from './operations/settings.ts'

export const lambdaOperations: Readonly<Record<string, AnyLambdaOperation>> = {
  CreateFunction: functions.createFunction,
  DeleteFunction: functions.deleteFunction,
  GetFunction: functions.getFunction,
  GetFunctionConfiguration: functions.getFunctionConfiguration,
  ListFunctions: functions.listFunctions,
  UpdateFunctionCode: functions.updateFunctionCode,
  UpdateFunctionConfiguration: functions.updateFunctionConfiguration,
  Invoke: invocations.invoke,
  GetFunctionLogs: invocations.getFunctionLogs,
  AddPermission: permissions.addPermission,
  RemovePermission: permissions.removePermission,
  GetPolicy: permissions.getPolicy,
  ListTags: settings.listTags,
  TagResource: settings.tagResource,
  UntagResource: settings.untagResource,
  PutFunctionConcurrency: settings.putFunctionConcurrency,
  DeleteFunctionConcurrency: settings.deleteFunctionConcurrency,
  GetFunctionConcurrency: settings.getFunctionConcurrency,
  ListVersionsByFunction: settings.listVersionsByFunction,
  ListAliases: settings.listAliases,
  GetFunctionCodeSigningConfig: settings.getFunctionCodeSigningConfig,
  GetFunctionEventInvokeConfig: settings.getFunctionEventInvokeConfig,
  GetRuntimeManagementConfig: settings.getRuntimeManagementConfig,
  GetFunctionRecursionConfig: settings.getFunctionRecursionConfig,
}
