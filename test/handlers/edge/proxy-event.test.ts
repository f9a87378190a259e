import { parseProxyEvent } from '../../../lambda/handlers/edge/proxy-event.ts'
import { IDENTITY, proxyEvent } from '../support/proxy-event.ts'

const principalOf = (identity: Record<string, unknown>) =>
  parseProxyEvent(proxyEvent({ identity: { ...IDENTITY, ...identity } })).principal

test.each([
  ['AKIATESTTESTTESTTEST', undefined],
  ['ASIATESTTESTTESTTEST', 'unseen'],
  ['AKIA', 'unseen'],
  ['akiatesttesttesttest', 'unseen'],
  ['', 'unseen'],
  [null, 'unseen'],
])('of the access key %j is known that it carries no session: %j', (accessKey, session) => {
  expect(principalOf({ accessKey }).session).toBe(session)
})

test.each([
  ['o-a1b2c3d4e5', 'o-a1b2c3d4e5'],
  [null, 'unseen'],
  [undefined, 'unseen'],
  ['', 'unseen'],
  ['o-*', 'unseen'],
  [7, 'unseen'],
])('the organisation %j is %j', (principalOrgId, organization) => {
  expect(principalOf({ principalOrgId }).organization).toBe(organization)
})
