import { isSameSecret, regionlessArn } from '../../lambda/adapters/regionless-arn.ts'

const arn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:app/us-east-1/db-AbCdEf'

it('leaves the Region of an ARN open, and nothing else', () => {
  expect(regionlessArn(arn)).toBe('arn:aws:secretsmanager:*:111122223333:secret:app/us-east-1/db-AbCdEf')
  const inChina = arn.replace('arn:aws', 'arn:aws-cn').replace('us-east-1:', 'cn-north-1:')
  expect(regionlessArn(inChina)).toBe('arn:aws-cn:secretsmanager:*:111122223333:secret:app/us-east-1/db-AbCdEf')
})

it('knows a secret and its copies', () => {
  expect(isSameSecret(arn, arn)).toBe(true)
  expect(isSameSecret(arn.replace('us-east-1:', 'eu-west-1:'), arn)).toBe(true)
})

it.each([
  undefined,
  arn.replace('111122223333', '999988887777'),
  arn.replace('AbCdEf', 'AbCdEg'),
  arn.replace('/us-east-1/', '/eu-west-1/'),
  arn.replace('arn:aws', 'arn:aws-cn'),
])('knows another secret: %s', (other) => {
  expect(isSameSecret(other, arn)).toBe(false)
})
