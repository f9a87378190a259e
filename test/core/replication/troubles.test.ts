import { ServiceError, throttled, keyAccessDenied, serverFault } from '../../../lambda/core/domain/errors.ts'
import { KeyFailure } from '../../../lambda/core/ports/key-service.ts'
import { StoreFailure } from '../../../lambda/core/ports/secret-store.ts'
import { obstacleMessage, SourceKeyTrouble, tellTrouble } from '../../../lambda/core/replication/troubles.ts'
import { EU, HOME } from './support/regions.ts'

const place = { from: HOME, here: EU }
const disabled = new KeyFailure({
  kind: 'unusable',
  code: 'DisabledException',
  message: 'arn:k is disabled.',
  requestId: 'r',
})
const denied = new KeyFailure({
  kind: 'denied',
  code: 'AccessDeniedException',
  message: 'role/coffer/x is not authorized',
  requestId: 'r',
})
const busy = new KeyFailure({ kind: 'throttled', code: 'ThrottlingException', message: 'slow', requestId: 'r' })

describe('SM-REPLICA-03 the message of a failure', () => {
  it.each(Object.entries(obstacleMessage))('about %s says what to do', (obstacle, message) => {
    const whatToDo =
      /call (ReplicateSecretToRegions|StopReplicationToReplica)|[Rr]emove (this Region|them)|is made when that is done|with ReplicateSecretToRegions/
    expect(`${obstacle}: ${message}`).toMatch(whatToDo)
  })

  it("begins with the model's words where the name is taken", () => {
    expect(obstacleMessage['name-taken']).toMatch(/^Secret with this name already exists in this region\./)
  })

  it.each<[string, unknown, RegExp, { isPassing: boolean; isFault: boolean }]>([
    [
      'a key that is disabled',
      disabled,
      /arn:k is disabled\. \(DisabledException\) .*Enable it, or call ReplicateSecretToRegions again/,
      { isPassing: false, isFault: false },
    ],
    ['a key that is busy', busy, /tried again/, { isPassing: true, isFault: false }],
    [
      'a key that is not allowed',
      keyAccessDenied(),
      /Its key policy must let this account use it for secrets in eu-west-1/,
      { isPassing: false, isFault: false },
    ],
    [
      'a key that the API names unusable',
      new ServiceError('EncryptionFailure', 'the key is asymmetric.'),
      /the key is asymmetric\. The KMS key must be a symmetric/,
      { isPassing: false, isFault: false },
    ],
    [
      'a value of the primary that does not open',
      new SourceKeyTrouble(disabled),
      /^The value can't be opened with its key in us-east-1\. arn:k is disabled\. \(DisabledException\) Make that key usable/,
      { isPassing: false, isFault: false },
    ],
    [
      'a key of the primary that is denied',
      new SourceKeyTrouble(denied),
      /^The value can't be opened with its key in us-east-1\. Its key policy does not let this account/,
      { isPassing: false, isFault: false },
    ],
    [
      'a key that KMS denies',
      denied,
      /^Access to the KMS key is not allowed\. Its key policy must let/,
      { isPassing: false, isFault: false },
    ],
    [
      'a key of the primary that is busy',
      new SourceKeyTrouble(busy),
      /^Replication has met trouble/,
      { isPassing: true, isFault: false },
    ],
    [
      'a store that is throttled',
      new StoreFailure('throttled', 'x'),
      /tried again/,
      { isPassing: true, isFault: false },
    ],
    [
      'a store that is broken',
      new StoreFailure('unavailable', 'disk full'),
      /tried again/,
      { isPassing: true, isFault: true },
    ],
    ['throttling', throttled(), /tried again/, { isPassing: true, isFault: false }],
    ['damage', serverFault(new Error('x')), /see the log/, { isPassing: true, isFault: true }],
    [
      'another refusal',
      new ServiceError('InvalidRequestException', 'in its own words'),
      /^in its own words$/,
      { isPassing: false, isFault: false },
    ],
  ])('about %s', (_, error, message, expected) => {
    const told = tellTrouble(error, place)
    expect(told).toMatchObject(expected)
    expect(told.message).toMatch(message)
  })

  it.each([
    ['an unexpected fault', new TypeError('hunter2 is not a function')],
    ['something thrown that is no error', 'hunter2'],
    ['one while opening the value', new SourceKeyTrouble(new Error('hunter2'))],
    ['a fault of the store', new StoreFailure('unavailable', 'hunter2')],
    ['damage', serverFault(new Error('hunter2'))],
  ])('about %s has nothing of it in it', (_, error) => {
    const told = tellTrouble(error, place)
    expect(told).toMatchObject({ isPassing: true, isFault: true })
    expect(told.message).not.toContain('hunter2')
  })
})
