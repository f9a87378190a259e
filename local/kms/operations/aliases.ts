/**
 * Aliases. A change of one needs permission twice: on the alias, by identity policies, and on each key that is concerned, by its policy.
 * @module
 */
import { aliasArn, RESERVED_ALIAS_PREFIX } from '../../../lambda/adapters/embedded/keyring/key-names.ts'
import { refused, reservedAlias } from '../../../lambda/adapters/embedded/keyring/kms-failure.ts'
import type { Alias } from '../../../lambda/adapters/embedded/keyring/aliases.ts'
import type { KmsOperations } from '../operations.ts'
import { pageOf } from '../paging.ts'

export const aliasOperations = {
  async CreateAlias({ input, place, keyring, access, keys }) {
    checkAliasName(input.AliasName)
    await access.toAccount({ resource: aliasArn(place, input.AliasName) })
    await keyring.createAlias(await keys.changed(targetIn(input)), input.AliasName)
  },

  async UpdateAlias({ input, place, keyring, access, keys }) {
    checkAliasName(input.AliasName)
    await access.toAccount({ resource: aliasArn(place, input.AliasName) })
    const target = await keys.changed(targetIn(input))
    await keys.behind(input.AliasName)
    await keyring.updateAlias(target, input.AliasName)
  },

  async DeleteAlias({ input, place, keyring, access, keys }) {
    checkAliasName(input.AliasName)
    await access.toAccount({ resource: aliasArn(place, input.AliasName) })
    await keys.behind(input.AliasName)
    await keyring.deleteAlias(place, input.AliasName)
  },

  async ListAliases({ input, place, keyring, access, keys }) {
    await access.toAccount()
    const keyId = input.KeyId === undefined ? undefined : keys.idOf(input.KeyId)
    const rule = { nameOf: ({ name }: Alias) => name, size: { default: 50, max: 100 } }
    const { items, ...page } = pageOf(input, rule, (after, limit) => keyring.aliases(place, { keyId, after, limit }))
    return {
      Aliases: items.map((alias) => ({
        AliasName: alias.name,
        AliasArn: aliasArn(alias, alias.name),
        TargetKeyId: alias.keyId,
        CreationDate: alias.createdAt,
        LastUpdatedDate: alias.updatedAt,
      })),
      ...page,
    }
  },
} satisfies Partial<KmsOperations>

function checkAliasName(name: string): void {
  if (!name.startsWith('alias/') || name === 'alias/') throw refused('Invalid identifier')
  if (name.includes(':')) throw refused(`${name} contains invalid characters for an alias`)
  if (name.startsWith(RESERVED_ALIAS_PREFIX)) throw reservedAlias()
}

function targetIn({ TargetKeyId: keyId }: { readonly TargetKeyId: string }): string {
  if (/^(?:alias\/|arn:[^/]*:alias\/)/.test(keyId)) throw refused('Aliases must refer to keys. Not aliases')
  return keyId
}
