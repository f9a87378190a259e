/**
 * Functions are made, looked at, changed and deleted.
 * @module
 */
import { hash } from 'node:crypto'
import { z } from 'zod'
import { randomUuid } from '../../../../lambda/core/domain/random-id.ts'
import { UNKNOWN, type KeyValue } from '../../../../lambda/auth/condition-context.ts'
import { UNPACKED_LIMIT } from '../../code-store.ts'
import { assumableRole, LAMBDA_SERVICE, roleByArn } from '../../execution-role.ts'
import { functionArn, type FunctionKey } from '../../function-name.ts'
import type { FunctionRecord } from '../../function-record.ts'
import { ZipProblem } from '../../zip-reader.ts'
import { operation, tagsOf, type LambdaCall } from '../call.ts'
import {
  codeUpdateInput,
  configurationInput,
  createInput,
  environmentOf,
  inertOf,
  requireOffered,
  runtimeOf,
  type CodeInput,
  type Settings,
} from '../function-input.ts'
import { functionExists, invalid, LambdaError, notAssumable, notOffered, otherRevision } from '../lambda-error.ts'
import { presentConcurrency, presentFunction } from '../present.ts'

const PATH = '/2015-03-31/functions'

/** Of requests with code: 50 MB of zip file, in base64, and the rest (Lambda quotas). */
export const CODE_REQUEST_LIMIT = 70_167_211
const ZIP_LIMIT = 52_428_800

/** Of Coffer's own: a function may do without a role if the request says so. Lambda's clients always send one. */
export const WITHOUT_ROLE = 'x-coffer-without-role'

export const createFunction = operation({
  method: 'POST',
  path: PATH,
  input: createInput,
  bodyLimit: CODE_REQUEST_LIMIT,
  async run(call) {
    const { input, means } = call
    const { key, resource, isVersion } = call.key(input.FunctionName)
    const tags = input.Tags ?? {}
    const requestTags = tagsOf({ tags })
    const { VpcConfig } = input
    const keys: Record<string, KeyValue> = {
      'lambda:SubnetIds': VpcConfig?.SubnetIds,
      'lambda:SecurityGroupIds': VpcConfig?.SecurityGroupIds,
      'lambda:VpcIds': VpcConfig === undefined ? undefined : UNKNOWN,
      'lambda:Layer': input.Layers,
    }
    const asked = { resource, account: key.account, requestTags }
    await call.require({ action: 'lambda:CreateFunction', ...asked, keys })
    if (requestTags.length > 0) await call.require({ action: 'lambda:TagResource', ...asked })
    if (isVersion) throw invalid('A version cannot be created by name.')
    if (key.name === means.managedName)
      throw invalid(`The name ${key.name} is that of managed rotation, which is built in.`)
    requireOffered(input)
    const { Runtime, Handler } = input
    if (Runtime === undefined || Handler === undefined)
      throw invalid('Runtime and Handler are mandatory parameters for functions created with deployment packages.')
    const role = await roleOf(call, key)
    const base = {
      version: 1 as const,
      ...key,
      runtime: runtimeOf(Runtime),
      handler: Handler,
      ...(role !== undefined && { role }),
      description: input.Description ?? '',
      timeoutSeconds: input.Timeout ?? 3,
      memoryMb: input.MemorySize ?? 128,
      environment: environmentOf(input),
      tags,
      statements: [],
      principals: [],
      inert: inertOf(input),
    }
    if (means.registry.find(key)) throw functionExists(key.name)
    const code = await addCode(call, input.Code)
    const record: FunctionRecord = { ...base, ...code, ...newRevision(call) }
    try {
      await means.registry.change(key, (present) => {
        if (present !== undefined) throw functionExists(key.name)
        return record
      })
    } catch (error) {
      await means.code.remove(code.codeId)
      throw error
    }
    return { status: 201, body: presentFunction(record) }
  },
})

export const getFunction = operation({
  method: 'GET',
  path: `${PATH}/:FunctionName`,
  async run(call) {
    const record = await call.function()
    const { tags, reservedConcurrency } = record
    return {
      body: {
        Configuration: presentFunction(record),
        // There is no address to load the code from: whoever made it has it.
        Code: { RepositoryType: 'Coffer' },
        ...(Object.keys(tags).length > 0 && { Tags: tags }),
        ...(reservedConcurrency !== undefined && { Concurrency: presentConcurrency(record) }),
      },
    }
  },
})

export const getFunctionConfiguration = operation({
  method: 'GET',
  path: `${PATH}/:FunctionName/configuration`,
  run: async (call) => ({ body: presentFunction(await call.function()) }),
})

export const updateFunctionCode = operation({
  method: 'PUT',
  path: `${PATH}/:FunctionName/code`,
  input: codeUpdateInput,
  bodyLimit: CODE_REQUEST_LIMIT,
  async run(call) {
    const { input, means } = call
    const present = await call.function()
    requireOffered({ Publish: input.Publish })
    if (input.RevisionId !== undefined && input.RevisionId !== present.revisionId) throw otherRevision()
    const { Architectures } = input
    const code = await addCode(call, input)
    const inert = Architectures === undefined ? {} : { Architectures }
    const changed = (record: FunctionRecord): FunctionRecord => ({
      ...record,
      ...code,
      inert: { ...record.inert, ...inert },
      ...newRevision(call),
    })
    if (input.DryRun === true) {
      await means.code.remove(code.codeId)
      return { body: presentFunction(changed(present)) }
    }
    try {
      const after = await call.change(present, changed, input.RevisionId)
      return { body: presentFunction(after ?? present) }
    } catch (error) {
      await means.code.remove(code.codeId)
      throw error
    }
  },
})

export const updateFunctionConfiguration = operation({
  method: 'PUT',
  path: `${PATH}/:FunctionName/configuration`,
  input: configurationInput,
  async run(call) {
    const { input } = call
    const present = await call.function()
    requireOffered(input)
    const role = input.Role === undefined ? undefined : await roleOf(call, present)
    const settings = settingsOf(input, role)
    const inert = inertOf(input)
    const after = await call.change(
      present,
      (record) => ({ ...record, ...settings, inert: { ...record.inert, ...inert }, ...newRevision(call) }),
      input.RevisionId,
    )
    return { body: presentFunction(after ?? present) }
  },
})

export const deleteFunction = operation({
  method: 'DELETE',
  path: `${PATH}/:FunctionName`,
  async run(call) {
    const record = await call.function()
    await call.change(record, () => undefined)
    await call.means.runner.forget(functionArn(record))
    return { status: 204 }
  },
})

export const listFunctions = operation({
  method: 'GET',
  path: PATH,
  async run(call) {
    await call.require({ action: 'lambda:ListFunctions', resource: undefined, account: call.place.account })
    return { body: page(call, call.means.registry.list(call.place)) }
  },
})

/** The most that Lambda returns at once, and by default. */
const MOST_ITEMS = 50

function page(call: LambdaCall<undefined>, functions: readonly FunctionRecord[]): object {
  const items = z.coerce.number().int().min(1).max(10_000).optional().safeParse(call.query('MaxItems'))
  if (!items.success) throw invalid('MaxItems: expected a number from 1 to 10000')
  const size = Math.min(items.data ?? MOST_ITEMS, MOST_ITEMS)
  const marker = call.query('Marker')
  const rest = marker === undefined ? functions : functions.filter(({ name }) => name > nameIn(marker))
  const shown = rest.slice(0, size)
  const last = rest.length > size ? shown.at(-1)?.name : undefined
  return {
    Functions: shown.map(presentFunction),
    ...(last !== undefined && { NextMarker: Buffer.from(last, 'utf8').toString('base64url') }),
  }
}

function nameIn(marker: string): string {
  const name = Buffer.from(marker, 'base64url').toString('utf8')
  if (!/^[a-zA-Z0-9-_]{1,64}$/.test(name)) throw invalid('Marker: expected the NextMarker of an earlier answer')
  return name
}

const newRevision = ({ means: { entropy, now } }: Pick<LambdaCall<unknown>, 'means'>) => ({
  revisionId: randomUuid(entropy),
  processRevision: randomUuid(entropy),
  modifiedAt: now(),
})

/** What was given alone: the rest stays as it is. */
function settingsOf(input: Settings, role: string | undefined): Partial<FunctionRecord> {
  const { Runtime, Handler, Description, Timeout, MemorySize, Environment } = input
  return {
    ...(Runtime !== undefined && { runtime: runtimeOf(Runtime) }),
    ...(Handler !== undefined && { handler: Handler }),
    ...(role !== undefined && { role }),
    ...(Description !== undefined && { description: Description }),
    ...(Timeout !== undefined && { timeoutSeconds: Timeout }),
    ...(MemorySize !== undefined && { memoryMb: MemorySize }),
    ...(Environment !== undefined && { environment: environmentOf(input) }),
  }
}

/** The role, once the caller may hand it to the function and Lambda may assume it. @throws {LambdaError} */
async function roleOf(call: LambdaCall<Pick<Settings, 'Role'>>, fn: FunctionKey): Promise<string | undefined> {
  const { input, means } = call
  const { Role } = input
  if (Role === undefined) {
    if (call.header(WITHOUT_ROLE) === 'true') return undefined
    throw new LambdaError(
      'ValidationException',
      "1 validation error detected: Value null at 'role' failed to satisfy constraint: Member must not be null",
    )
  }
  const account = Role.split(':')[4] ?? ''
  if (account !== fn.account) throw new LambdaError('AccessDeniedException', 'Cross-account pass role is not allowed.')
  await call.require({
    action: 'iam:PassRole',
    resource: Role,
    account,
    resourceTags: [...(roleByArn(means.identities, account, Role)?.tags ?? [])],
    keys: { 'iam:PassedToService': LAMBDA_SERVICE, 'iam:AssociatedResourceArn': functionArn(fn) },
  })
  if (assumableRole(means.identities, { fn, role: Role }) === undefined) throw notAssumable()
  return Role
}

interface AddedCode {
  readonly codeId: string
  readonly codeSha256: string
  readonly codeSize: number
}

/** @throws {LambdaError} */
async function addCode({ means }: LambdaCall<unknown>, given: CodeInput): Promise<AddedCode> {
  const { ZipFile, S3Bucket, S3Key, ImageUri } = given
  if (ImageUri !== undefined) throw notOffered('A container image')
  if (S3Bucket !== undefined || S3Key !== undefined) throw notOffered('Code from S3, other than in ZipFile,')
  if (ZipFile === undefined) throw invalid('Please provide a source for function code: ZipFile, a zip file in base64.')
  const zip = Buffer.from(ZipFile, 'base64')
  if (zip.length === 0) throw invalid('Uploaded file must be a non-empty zip')
  if (zip.length > ZIP_LIMIT) throw invalid(`Zipped size must be smaller than ${ZIP_LIMIT} bytes`)
  try {
    const codeId = await means.code.add(zip)
    return { codeId, codeSha256: hash('sha256', zip, 'base64'), codeSize: zip.length }
  } catch (error) {
    if (error instanceof ZipProblem) throw refusalOf(error)
    throw error
  }
}

function refusalOf({ kind, message }: ZipProblem): LambdaError {
  if (kind === 'size') return invalid(`Unzipped size must be smaller than ${UNPACKED_LIMIT} bytes: ${message}.`)
  return invalid(`Could not unzip uploaded file. Please check your file, then try to upload again: ${message}.`)
}
