import fc from 'fast-check'
import { sourceNetwork } from '../../../local/server/source-network.ts'

describe('where guesses are counted,', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['127.0.0.1', 'loopback'],
    ['127.9.8.7', 'loopback'],
    ['::ffff:127.0.0.2', 'loopback'],
    ['::1', 'loopback'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:0DB8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['', ''],
  ])('%s is of %s', (address, network) => {
    expect(sourceNetwork(address)).toBe(network)
  })

  it('all addresses of a /64 are one, and those of another are not', () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.ipV6(), (one, other) => {
        const firstHalf = (address: string): string => {
          const bytes = new URL(`http://[${address}]`).hostname.slice(1, -1)
          const [head = '', tail = ''] = bytes.split('::')
          const [first, last] = [head.split(':'), tail.split(':')].map((part) => part.filter((group) => group !== ''))
          const all = [...first!, ...Array<string>(8 - first!.length - last!.length).fill('0'), ...last!]
          return bytes.includes('::') ? all.slice(0, 4).join() : first!.slice(0, 4).join()
        }
        const isMapped = /^::ffff:\d+\./i.test(one) || /^::ffff:\d+\./i.test(other)
        fc.pre(!isMapped && ![one, other].some((address) => sourceNetwork(address) === 'loopback'))
        expect(sourceNetwork(one) === sourceNetwork(other)).toBe(firstHalf(one) === firstHalf(other))
      }),
    )
  })
})
