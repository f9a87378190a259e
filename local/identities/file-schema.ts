/**
 * What an identities file may hold. All scalars arrive as texts (see yaml-source.ts).
 * @module
 */
import { z } from 'zod'
import { isPasswordHash } from './passwords.ts'
import { seedBytes } from './totp.ts'

const matching = (pattern: RegExp, expected: string): z.ZodString =>
  z.string(`expected ${expected}`).regex(pattern, `expected ${expected}`)

// Names and sizes: IAM user guide, "IAM and AWS STS quotas".
const userName = matching(/^[\w+=,.@-]{1,64}$/, 'a name of 1 to 64 letters, digits and +=,.@-_')
const groupName = matching(/^[\w+=,.@-]{1,128}$/, 'a name of 1 to 128 letters, digits and +=,.@-_')
const path = matching(/^\/(?:[\x21-\x7e]{1,510}\/)?$/, 'a path that begins and ends with a slash')
const text = (expected: string): z.ZodString => z.string(`expected ${expected}`)
const reference = text('the ARN of a managed policy, or the name of one of this account').min(1)

/** Bytes or a text of JSON: which of the two is told by compiling it. */
const document = z.custom<string | Readonly<Record<string, unknown>>>(
  (value) => typeof value === 'string' || (typeof value === 'object' && value !== null && !Array.isArray(value)),
  'expected a policy: an object, or a text of JSON',
)

const map = <Key extends z.ZodString, Value extends z.ZodType>(key: Key, value: Value, of: string) =>
  z.record(key, value, `expected ${of} by name`)

const list = <Item extends z.ZodType>(item: Item, of: string) => z.array(item, `expected a list of ${of}`)

const tags = z
  .record(
    matching(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u, 'a tag key of 1 to 128 characters'),
    matching(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u, 'a tag value of up to 256 characters'),
    'expected tags: values by key',
  )
  .refine((all) => Object.keys(all).length <= 50, 'expected 50 tags at most')

const variable = matching(/^[A-Z_][A-Z0-9_]*$/, 'the name of an environment variable')

/** What one member says, or an environment variable that the other names. */
const oneOf =
  (name: string) =>
  (value: Readonly<Record<string, unknown>>): boolean =>
    (value[name] === undefined) !== (value[`${name}From`] === undefined)

const accessKey = z
  .strictObject(
    {
      id: matching(/^[A-Za-z0-9_]{16,128}$/, 'an access key id of 16 to 128 letters, digits and underscores'),
      secret: matching(/^[\x21-\x7e]{8,128}$/, '8 to 128 printable ASCII characters without blanks').exactOptional(),
      secretFrom: variable.exactOptional(),
      status: z.enum(['Active', 'Inactive'], 'expected Active or Inactive').exactOptional(),
    },
    'expected an access key: id, and secret or secretFrom',
  )
  .refine(oneOf('secret'), 'expected either secret or secretFrom')

const mfaDevice = z
  .strictObject(
    {
      seed: text('base32 of 128 bits or more')
        .refine((seed) => seedBytes(seed) !== undefined, 'expected base32 of 128 bits or more')
        .exactOptional(),
      seedFrom: variable.exactOptional(),
    },
    'expected an MFA device: seed or seedFrom',
  )
  .refine(oneOf('seed'), 'expected either seed or seedFrom')

const policies = {
  path: path.exactOptional(),
  policies: map(groupName, document, 'inline policies').exactOptional(),
  managedPolicies: list(reference, 'managed policies').exactOptional(),
}

const user = z.strictObject(
  {
    ...policies,
    groups: list(groupName, 'names of groups').exactOptional(),
    boundary: reference.exactOptional(),
    tags: tags.exactOptional(),
    accessKeys: list(accessKey, 'access keys').exactOptional(),
    passwordHash: text('what `coffer hash-password` prints')
      .refine(isPasswordHash, 'expected what `coffer hash-password` prints')
      .exactOptional(),
    mfaDevices: map(userName, mfaDevice, 'MFA devices').exactOptional(),
  },
  'expected a user (an empty one is {})',
)

const group = z.strictObject(policies, 'expected a group (an empty one is {})')

const role = z.strictObject(
  {
    ...policies,
    trust: document,
    description: text('a description').max(1000, 'expected 1000 characters at most').exactOptional(),
    boundary: reference.exactOptional(),
    tags: tags.exactOptional(),
    maxSessionSeconds: matching(/^\d{4,5}$/, '3600 to 43200')
      .transform(Number)
      .refine((seconds) => seconds >= 3600 && seconds <= 43_200, 'expected 3600 to 43200')
      .exactOptional(),
  },
  'expected a role',
)

const managedPolicy = z.strictObject(
  {
    path: path.exactOptional(),
    description: text('a description').max(1000, 'expected 1000 characters at most').exactOptional(),
    document,
    tags: tags.exactOptional(),
  },
  'expected a managed policy',
)

const account = z.strictObject(
  {
    organization: matching(/^o-[a-z0-9]{10,32}$/, 'an organization id such as o-exampleorgid').exactOptional(),
    users: map(userName, user, 'users').exactOptional(),
    groups: map(groupName, group, 'groups').exactOptional(),
    roles: map(userName, role, 'roles').exactOptional(),
    policies: map(groupName, managedPolicy, 'managed policies').exactOptional(),
  },
  'expected an account',
)

export const fileSchema = z.strictObject(
  { accounts: z.record(matching(/^\d{12}$/, 'an account id of 12 digits'), account, 'expected accounts by id') },
  'expected accounts: at the top',
)

export type FileAccount = z.output<typeof account>
export type FileUser = z.output<typeof user>
export type FileDocument = z.output<typeof document>
export type FilePolicies = Pick<FileUser, 'policies' | 'managedPolicies'>
