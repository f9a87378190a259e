import { entityOf, recordOf } from '../../../local/identities/entity-record.ts'
import { ACCOUNT, roleOf } from './support/identity-fixture.ts'

describe('a role', () => {
  it('comes back as it was, with whom it trusts', () => {
    const trustedIds = new Map([[`arn:aws:iam::${ACCOUNT}:user/alice`, 'AIDAALICE']])
    const role = roleOf('reader', { inline: new Map([['read', '{}']]), trustedIds })
    expect(entityOf('roles', recordOf(role))).toEqual(role)
  })

  it('that was kept before that was, comes back without', () => {
    expect(entityOf('roles', recordOf(roleOf('reader')))).not.toHaveProperty('trustedIds')
  })
})
