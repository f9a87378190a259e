/**
 * Who else may invoke a function.
 * @module
 */
import { z } from 'zod'
import { compilePolicy } from '../../../../lambda/auth/policy/compile-policy.ts'
import { pinPrincipals } from '../../../../lambda/auth/policy/pin-principals.ts'
import { PolicyProblem } from '../../../../lambda/auth/policy/policy.ts'
import { randomUuid } from '../../../../lambda/core/domain/random-id.ts'
import { policyText, statementFor } from '../../function-policy.ts'
import type { FunctionRecord } from '../../function-record.ts'
import { operation, type LambdaCall } from '../call.ts'
import {
  invalid,
  noSuchResource,
  noSuchStatement,
  notOffered,
  policyTooLong,
  statementExists,
} from '../lambda-error.ts'

const PATH = '/2015-03-31/functions/:FunctionName/policy'
/** Bytes ("Lambda quotas"). */
const POLICY_LIMIT = 20_480

const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined)

const permissionInput = z.object({
  StatementId: z.string().regex(/^[a-zA-Z0-9-_]{1,100}$/, 'expected up to 100 letters, digits, - and _'),
  Action: z
    .string()
    .regex(/^(?:lambda:\*|lambda:[a-zA-Z]+|\*)$/, 'expected an action of Lambda, such as lambda:InvokeFunction'),
  Principal: z
    .string()
    .max(2048)
    .regex(/^[^\s]+$/, 'expected a service such as secretsmanager.amazonaws.com, an account id, an ARN or *'),
  SourceArn: optional(z.string().regex(/^arn:aws[a-zA-Z0-9-]*:[^\s]{1,2000}$/, 'expected an ARN')),
  SourceAccount: optional(z.string().regex(/^\d{12}$/, 'expected twelve digits')),
  EventSourceToken: optional(z.string().regex(/^[a-zA-Z0-9._-]{1,256}$/, 'expected up to 256 characters')),
  PrincipalOrgID: optional(z.string().regex(/^o-[a-z0-9]{10,32}$/, 'expected the id of an organisation')),
  FunctionUrlAuthType: optional(z.string()),
  InvokedViaFunctionUrl: optional(z.boolean()),
  RevisionId: optional(z.string()),
})

export const addPermission = operation({
  method: 'POST',
  path: PATH,
  input: permissionInput,
  async run(call) {
    const { input } = call
    const record = await call.function({ keys: { 'lambda:Principal': input.Principal } })
    if (input.FunctionUrlAuthType !== undefined || input.InvokedViaFunctionUrl !== undefined)
      throw notOffered('A function URL')
    const statement = statementFor(input, record)
    const pinned = await pin(call, statement)
    await call.change(
      record,
      (present) => withStatement(call, present, { statement, id: input.StatementId, pinned }),
      input.RevisionId,
    )
    return { status: 201, body: { Statement: JSON.stringify(statement) } }
  },
})

export const removePermission = operation({
  method: 'DELETE',
  path: `${PATH}/:StatementId`,
  async run(call) {
    const record = await call.function()
    const id = call.part('StatementId')
    await call.change(
      record,
      (present) => {
        const statements = present.statements.filter(({ Sid }) => Sid !== id)
        if (statements.length === present.statements.length) throw noSuchStatement(id)
        return { ...present, statements, revisionId: randomUuid(call.means.entropy) }
      },
      call.query('RevisionId'),
    )
    return { status: 204 }
  },
})

export const getPolicy = operation({
  method: 'GET',
  path: PATH,
  async run(call) {
    const { statements, revisionId } = await call.function()
    if (statements.length === 0) throw noSuchResource()
    return { body: { Policy: policyText(statements), RevisionId: revisionId } }
  },
})

type Statement = FunctionRecord['statements'][number]
type Principals = FunctionRecord['principals']

interface Added {
  readonly statement: Statement
  readonly id: string
  readonly pinned: Principals
}

function withStatement(
  { means }: LambdaCall<unknown>,
  present: FunctionRecord,
  { statement, id, pinned }: Added,
): FunctionRecord {
  if (present.statements.some(({ Sid }) => Sid === id)) throw statementExists(id)
  const statements = [...present.statements, statement]
  const size = Buffer.byteLength(policyText(statements))
  if (size > POLICY_LIMIT) throw policyTooLong(size, POLICY_LIMIT)
  const principals: Principals = [...new Map([...present.principals, ...pinned])]
  return { ...present, statements, principals, revisionId: randomUuid(means.entropy) }
}

/** Whom it names, looked up. @throws {LambdaError} */
async function pin({ means }: LambdaCall<unknown>, statement: Statement): Promise<Principals> {
  const invalidPrincipal = (): Error =>
    invalid('The provided principal was invalid. Please check the principal and try again.')
  try {
    const policy = compilePolicy(policyText([statement]), 'resource')
    const { directory } = means.identities
    const ids = await pinPrincipals(policy, {
      directory,
      missing: invalidPrincipal,
      check: (one) => {
        if (one.type === 'service' && !/^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?$/.test(one.name))
          throw invalidPrincipal()
      },
    })
    return [...ids]
  } catch (error) {
    if (error instanceof PolicyProblem) throw error.area === 'principal' ? invalidPrincipal() : invalid(error.message)
    throw error
  }
}
