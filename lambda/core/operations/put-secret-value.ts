/**
 * PutSecretValue (behaviour 5.5).
 * @module
 */
import { noValue } from '../domain/errors.ts'
import { arnOf } from '../domain/names.ts'
import { CURRENT, versionById } from '../domain/staging-labels.ts'
import type { SecretMaterial } from '../domain/secret-material.ts'
import { materialOf, requireToken } from '../domain/value.ts'
import { secretOperation, type Input } from '../operation.ts'
import { writeVersion } from '../write-version.ts'

export const putSecretValue = secretOperation('PutSecretValue', {
  needs: ['store:read', 'store:write', 'values:read', 'values:write', 'values:drop', 'keys:open', 'keys:seal'],
  precheck: requireToken,
  async run(call) {
    const { input, secret } = call
    const token = requireToken(input)
    const stages = input.VersionStages ?? [CURRENT]
    const { head } = secret
    const change = await writeVersion(call, { head, token, material: requireValue(input), stages })
    // SM-PUT-01
    const held = versionById((change ?? head).versions, token)?.stages ?? []
    return {
      answer: {
        ARN: arnOf(head),
        Name: head.key.name,
        VersionId: token,
        ...(held.length > 0 && { VersionStages: held }),
      },
      ...(change && { change }),
    }
  },
})

function requireValue(input: Input<'PutSecretValue'>): SecretMaterial {
  const material = materialOf(input)
  if (!material) throw noValue()
  return material
}
