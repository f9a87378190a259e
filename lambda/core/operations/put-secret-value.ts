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
import { requireRunningRotation } from '../rotation/rotation-token.ts'
import { afterWriting, writeVersion } from '../write-version.ts'

export const putSecretValue = secretOperation('PutSecretValue', {
  needs: [
    'store:read',
    'store:write',
    'values:read',
    'values:write',
    'values:drop',
    'keys:open',
    'keys:seal',
    'rotation:read',
    'events:tell',
  ],
  precheck: requireToken,
  async run(call) {
    const { input, secret, services } = call
    const token = requireToken(input)
    const stages = input.VersionStages ?? [CURRENT]
    const { head } = secret
    const material = requireValue(input)
    if (input.RotationToken !== undefined)
      await requireRunningRotation(services, head, { token, given: input.RotationToken })
    const written = await writeVersion(call, { head, token, material, stages })
    // SM-PUT-01
    const held = versionById((written?.head ?? head).versions, token)?.stages ?? []
    const after = written && afterWriting(call, written)
    return {
      answer: {
        ARN: arnOf(head),
        Name: head.key.name,
        VersionId: token,
        ...(held.length > 0 && { VersionStages: held }),
      },
      ...(written && { change: written.head }),
      ...(after && { after }),
    }
  },
})

function requireValue(input: Input<'PutSecretValue'>): SecretMaterial {
  const material = materialOf(input)
  if (!material) throw noValue()
  return material
}
