import { principalNameIn } from '../../../../lambda/adapters/aws/identity/principal-name.ts'

const A = '123456789012'

test.each([
  [`arn:aws:iam::${A}:user/alice`, ['aws', 'user', 'alice', undefined]],
  [`arn:aws:iam::${A}:user/a/b/alice`, ['aws', 'user', 'alice', undefined]],
  [`arn:aws-cn:iam::${A}:role/aws-service-role/x.amazonaws.com/Mine`, ['aws-cn', 'role', 'Mine', undefined]],
  [`arn:aws:sts::${A}:assumed-role/app/i-0123`, ['aws', 'role', 'app', 'i-0123']],
])('%s has a name', (arn, [partition, kind, name, session]) => {
  const expected = { partition, account: A, kind, name, ...(session !== undefined && { session }) }
  expect(principalNameIn(arn)).toEqual(expected)
})

test.each([
  '',
  `arn:aws:iam::${A}:root`,
  `arn:aws:iam::${A}:user/`,
  `arn:aws:iam::${A}:user//`,
  `arn:aws:iam::${A}:user/a b`,
  `arn:aws:iam::${A}:user/a#b`,
  `arn:aws:iam::${A}:user/alice\n`,
  `arn:aws:iam::${A}:group/devs`,
  'arn:aws:iam::1234:user/alice',
  `arn:aws:iam:us-east-1:${A}:user/alice`,
  `arn:aws:sts::${A}:assumed-role/app`,
  `arn:aws:sts::${A}:assumed-role/path/app/session`,
  `arn:aws:sts::${A}:federated-user/alice`,
  `arn:aws:s3::${A}:user/alice`,
])('%j has none', (arn) => {
  expect(principalNameIn(arn)).toBeUndefined()
})
