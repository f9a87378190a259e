/**
 * What managed rotation will do to a secret by its settings, as lines for people: which strategy, by which rule, and what that means to whoever uses the secret. Pure.
 * @module
 */

/** A member of ExternalSecretRotationMetadata. */
export interface Setting {
  readonly Key: string
  readonly Value: string
}

/** @param isKept they are those that the secret had before: somebody may have forgotten them */
export function meaningOf(settings: readonly Setting[], { isKept }: { readonly isKept: boolean }): readonly string[] {
  const strategy = settings.find(({ Key }) => Key === 'strategy')?.Value
  const keys = settings.map(({ Key }) => Key)
  const isSent = keys.includes('webhookUrl')
  const kept = isKept && settings.length > 0 ? ', kept from before: --no-settings clears them' : ''
  return [
    ...(strategy === undefined
      ? [
          'Strategy: by its JSON. With masterarn alternating-users, else single-user by its engine; what has neither is refused.',
        ]
      : [`Strategy: ${strategy}, by its setting: ${MEANINGS[strategy]?.(isSent) ?? 'as Coffer knows it'}.`]),
    ...(keys.length > (strategy === undefined || kept !== '' ? 0 : 1) ? [`Settings: ${keys.join(', ')}${kept}.`] : []),
  ]
}

const MEANINGS: Readonly<Record<string, (isSent: boolean) => string>> = {
  'single-user': () => 'the user of the secret gets another password, and the old one is void at once',
  'alternating-users': () => 'two users take turns, and the old password is good until the next rotation',
  generic: (isSent) =>
    isSent
      ? 'the value changes in the secret, and is sent to its webhook'
      : 'the value changes in the secret alone, and nothing is told to whatever it opens',
}
