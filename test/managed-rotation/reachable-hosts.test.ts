import { anywhere, outsideOnly } from '../../lambda/managed-rotation/reachable-hosts.ts'

const INSIDE = [
  '127.0.0.1',
  '127.255.255.254',
  '0.0.0.0',
  '0.1.2.3',
  '169.254.169.254',
  '169.254.170.2',
  '224.0.0.1',
  '239.255.255.255',
  '255.255.255.255',
  '::',
  '::1',
  '::127.0.0.1',
  '::ffff:127.0.0.1',
  '::ffff:a9fe:a9fe',
  '0:0:0:0:0:ffff:7f00:1',
  'fe80::1',
  'fe80::1%eth0',
  'febf::1',
  'ff02::1',
  'fd00:ec2::254',
  'no address',
]
const OUTSIDE = [
  '10.0.0.5',
  '172.16.0.1',
  '192.168.1.1',
  '126.255.255.255',
  '128.0.0.1',
  '169.253.0.1',
  '1.1.1.1',
  '223.255.255.255',
  '2001:db8::1',
  'fd12::1',
  '::ffff:10.0.0.5',
  'fec0::1',
]

describe('where managed rotation may connect to', () => {
  it.each(INSIDE)('is not %s', (address) => {
    expect(outsideOnly()({ host: 'db.example.com', address })).toBe(false)
    expect(anywhere({ host: 'db.example.com', address })).toBe(true)
  })

  it.each(OUTSIDE)('is %s', (address) => {
    expect(outsideOnly()({ host: 'db.example.com', address })).toBe(true)
  })

  it('is what is listed, and nothing that is called alike', () => {
    const mayReach = outsideOnly(['DB.local', '::1'])
    expect(mayReach({ host: 'db.local.', address: '127.0.0.1' })).toBe(true)
    expect(mayReach({ host: 'other.local', address: '::1' })).toBe(true)
    expect(mayReach({ host: 'evil.db.local', address: '127.0.0.1' })).toBe(false)
    expect(mayReach({ host: 'db.local.evil', address: '127.0.0.1' })).toBe(false)
  })
})
