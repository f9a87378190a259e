import { welcomeText } from '../../sandbox/welcome.ts'

it('what is to be pasted sets the Region for every program, and ends with a line that tells that it serves', () => {
  const sandbox = {
    url: 'http://127.0.0.1:1/v1',
    adminUrl: 'http://127.0.0.1:2',
    kmsUrl: 'http://127.0.0.1:3',
    account: '111122223333',
    regions: ['eu-west-1', 'eu-west-2'],
  }
  const admin = { accessKeyId: 'AKIA', secretAccessKey: 'secret' }
  const text = welcomeText({ sandbox, admin, isChosen: true })
  expect(text).toMatch(/^export AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1$/m)
  expect(text).toMatch(/\nready http:\/\/127\.0\.0\.1:1\/v1$/)
  expect(text).not.toContain('secret\n')
})
