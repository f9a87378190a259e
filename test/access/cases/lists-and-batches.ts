/**
 * ListSecrets, GetRandomPassword and BatchGetSecretValue, which have no resource type, and the secrets of a batch, which have (behaviour 5.4).
 * @module
 */
import { admin, allow, answers, notAllowed, onAny, user, type AccessCase } from '../access-case.ts'

const batch: AccessCase['does'] = (client, { arn, second }) =>
  client.batchGetSecretValue({ SecretIdList: [arn, second] })
const batches = allow('BatchGetSecretValue', onAny)
const named: AccessCase['does'] = (client, { name }) =>
  client.listSecrets({ Filters: [{ Key: 'name', Values: [name] }] })
const noResource = (action: string) => notAllowed('identity', { action, on: undefined })

export const listsAndBatches: readonly AccessCase[] = [
  {
    title: 'ListSecrets shows secrets that the caller may not read',
    caller: user([allow('ListSecrets', onAny)]),
    secret: {},
    does: named,
    comes: answers(({ arn }) => ({ SecretList: [{ ARN: arn }] })),
  },
  {
    title: 'ListSecrets is not allowed on one secret',
    caller: user([allow('ListSecrets')]),
    secret: {},
    does: named,
    comes: noResource('ListSecrets'),
  },
  {
    title: 'ListSecrets is refused without a resource in the message',
    caller: user([allow('GetSecretValue')]),
    secret: {},
    does: named,
    comes: noResource('ListSecrets'),
  },
  {
    title: 'GetRandomPassword needs its own permission',
    caller: user([allow('GetSecretValue')]),
    does: (client) => client.getRandomPassword({}),
    comes: noResource('GetRandomPassword'),
  },
  {
    title: 'a batch gives both values to whom it may',
    caller: user([batches, allow('GetSecretValue', { Resource: ['{secret}', '{second}'] })]),
    secret: {},
    second: {},
    does: batch,
    comes: answers(({ arn, second, value }) => ({
      SecretValues: [{ ARN: arn, SecretString: value }, { ARN: second }],
      Errors: [],
    })),
  },
  {
    title: 'a batch reports what the caller may not read beside what they may',
    caller: user([batches, allow('GetSecretValue')]),
    secret: {},
    second: {},
    does: batch,
    comes: answers(({ arn, second, me }) => ({
      SecretValues: [{ ARN: arn }],
      Errors: [
        {
          SecretId: second,
          ErrorCode: 'AccessDeniedException',
          Message: `User: ${me} is not authorized to perform: secretsmanager:GetSecretValue on resource: ${second} because no identity-based policy allows the secretsmanager:GetSecretValue action`,
        },
      ],
    })),
  },
  {
    title: 'a batch does not tell what is missing from what may not be read',
    caller: user([batches, allow('GetSecretValue')]),
    secret: {},
    does: batch,
    comes: answers(({ arn, second }) => ({
      SecretValues: [{ ARN: arn }],
      Errors: [{ SecretId: second, ErrorCode: 'AccessDeniedException' }],
    })),
  },
  {
    title: 'a batch tells what is missing to whom it may',
    caller: admin,
    secret: {},
    does: (client, { arn, id }) => client.batchGetSecretValue({ SecretIdList: [arn, `missing/${id}`] }),
    comes: answers(({ arn, id }) => ({
      SecretValues: [{ ARN: arn }],
      Errors: [{ SecretId: `missing/${id}`, ErrorCode: 'ResourceNotFoundException' }],
    })),
  },
  {
    title: 'a batch needs a permission of its own',
    caller: user([allow('GetSecretValue', onAny)]),
    secret: {},
    second: {},
    does: batch,
    comes: noResource('BatchGetSecretValue'),
  },
  {
    title: 'a batch by filters needs ListSecrets',
    caller: user([batches, allow('GetSecretValue', onAny)]),
    secret: {},
    does: (client, { name }) => client.batchGetSecretValue({ Filters: [{ Key: 'name', Values: [name] }] }),
    comes: noResource('ListSecrets'),
  },
]
