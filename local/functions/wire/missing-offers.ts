/**
 * Operations of Lambda that there are not here, told by method and path (Lambda API reference): who asks for one hears what cannot be had, and not that a path is wrong.
 * @module
 */

/** @returns what was asked for, such as `A published version`; undefined for what is no operation of Lambda either */
export function missingOffer(method: string, url: string): string | undefined {
  const [path = ''] = url.split('?')
  const asked = `${method} ${path.replace(/\/$/, '')}`
  return OFFERS.find(({ sign }) => sign.test(asked))?.what
}

const OFFERS: readonly { readonly sign: RegExp; readonly what: string }[] = [
  { sign: /^POST \/2015-03-31\/functions\/[^/]+\/versions$/, what: 'A published version' },
  { sign: /^[A-Z]+ \/2015-03-31\/functions\/[^/]+\/aliases(\/[^/]+)?$/, what: 'An alias' },
  { sign: /^[A-Z]+ \/2014-11-13\/functions\/[^/]+\/invoke-async$/, what: 'InvokeAsync, other than Invoke as Event,' },
  { sign: /^[A-Z]+ \/2015-03-31\/event-source-mappings(\/|$)/, what: 'An event source mapping' },
  { sign: /^[A-Z]+ \/2018-10-31\/layers(\/|$)/, what: 'A layer' },
  {
    sign: /^[A-Z]+ \/2019-09-25\/functions\/[^/]+\/event-invoke-config(\/|$)/,
    what: 'A destination or a number of retries',
  },
  { sign: /^[A-Z]+ \/2019-09-30\/functions\/[^/]+\/provisioned-concurrency(\/|$)/, what: 'Provisioned concurrency' },
  {
    sign: /^[A-Z]+ \/2020-(04-22|06-30)\/(code-signing-configs|functions\/[^/]+\/code-signing-config)(\/|$)/,
    what: 'Code signing',
  },
  { sign: /^[A-Z]+ \/2021-10-31\/functions\/[^/]+\/(url|urls)$/, what: 'A function URL' },
  { sign: /^[A-Z]+ \/2021-11-15\/functions\/[^/]+\/response-streaming-invocations$/, what: 'A streamed response' },
  { sign: /^PUT \/2021-07-20\/functions\/[^/]+\/runtime-management-config$/, what: 'A runtime version of choice' },
  { sign: /^PUT \/2024-08-31\/functions\/[^/]+\/recursion-config$/, what: 'A setting of recursion' },
  {
    sign: /^[A-Z]+ \/2025-11-30\/(capacity-providers|functions\/[^/]+\/function-scaling-config)(\/|$)/,
    what: 'A capacity provider',
  },
  { sign: /^[A-Z]+ \/2025-12-01\//, what: 'A durable execution' },
  { sign: /^[A-Z]+ \/2016-08-19\/account-settings$/, what: 'GetAccountSettings' },
]
