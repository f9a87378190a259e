/**
 * Identities as JSON, for the database, and back.
 * @module
 */
import { z } from 'zod'
import type { Account } from './model.ts'

/** The members of an account that hold its entities. */
export const ENTITY_KINDS = ['users', 'groups', 'roles', 'policies', 'mfaDevices'] as const
export type EntityKind = (typeof ENTITY_KINDS)[number]

export type EntityOf<Kind extends EntityKind> = Account[Kind] extends ReadonlyMap<string, infer Entity> ? Entity : never
export type AnyEntity = EntityOf<EntityKind>

export function recordOf(entity: AnyEntity): string {
  return JSON.stringify(entity, (_, value: unknown) => (value instanceof Map ? [...value] : value))
}

/** @throws {z.ZodError} for what {@link recordOf} has not made */
export function entityOf<Kind extends EntityKind>(kind: Kind, record: string): EntityOf<Kind> {
  const schema: z.ZodType<EntityOf<Kind>> = schemas[kind]
  return schema.parse(JSON.parse(record))
}

const origin = z.enum(['file', 'api'])
const text = z.string()
const time = z.number()
const entity = { origin, id: text, name: text, path: text, arn: text, createdAt: time }
const texts = z.array(z.tuple([text, text])).transform((entries): ReadonlyMap<string, string> => new Map(entries))
const policies = {
  inline: texts,
  attached: z.array(text),
}
const tags = z.array(z.strictObject({ key: text, value: text }))

const schemas: { readonly [Kind in EntityKind]: z.ZodType<EntityOf<Kind>> } = {
  users: z.strictObject({
    ...entity,
    ...policies,
    boundary: text.exactOptional(),
    tags,
    groups: z.array(text),
    accessKeys: z.array(
      z.strictObject({
        accessKeyId: text,
        secretAccessKey: text,
        status: z.enum(['Active', 'Inactive']),
        createdAt: time,
        origin,
        isAdmin: z.boolean().exactOptional(),
      }),
    ),
    passwordHash: text.exactOptional(),
    mfaDevices: z.array(text),
  }),
  groups: z.strictObject({ ...entity, ...policies }),
  roles: z.strictObject({
    ...entity,
    ...policies,
    trustPolicy: text,
    trustedIds: texts.exactOptional(),
    boundary: text.exactOptional(),
    tags,
    description: text.exactOptional(),
    maxSessionSeconds: time,
  }),
  policies: z.strictObject({
    ...entity,
    description: text.exactOptional(),
    tags,
    versions: z.array(z.strictObject({ id: text, document: text, createdAt: time })),
    defaultVersionId: text,
  }),
  mfaDevices: z.strictObject({
    serialNumber: text,
    name: text,
    path: text,
    origin,
    seed: text,
    user: text.exactOptional(),
    enabledAt: time.exactOptional(),
    lastStep: time.exactOptional(),
  }),
}
