import { principalsNamedIn } from '../../../lambda/auth/policy/principals-named.ts'
import { ABROAD, HOME, allow, compiled, deny } from '../support/questions.ts'

it('tells everybody that a policy names, once each, also those it leaves out', () => {
  const user = `arn:aws:iam::${HOME}:user/alice`
  const session = `arn:aws:sts::${HOME}:assumed-role/app/x`
  const policy = compiled(
    [
      allow({
        Principal: { AWS: [user, `arn:aws:iam::${ABROAD}:root`, 'AIDAEXAMPLE000000'], Service: 'a.amazonaws.com' },
      }),
      deny({ NotPrincipal: { AWS: [session, user], Federated: 'accounts.google.com', CanonicalUser: 'abc' } }),
      deny({ Principal: '*' }),
    ],
    'resource',
  )
  expect(principalsNamedIn(policy)).toEqual({
    aws: [user, ABROAD, 'AIDAEXAMPLE000000', session, '*'],
    services: ['a.amazonaws.com'],
    others: ['accounts.google.com', 'abc'],
  })
})
