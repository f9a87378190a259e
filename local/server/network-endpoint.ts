/**
 * `/_coffer/replication/network`: GET tells what the network between Regions is like, POST changes it and answers once everything that it lets through has arrived. For tests of what happens when it breaks.
 * @module
 */
import { z } from 'zod'
import type { WireResponse } from '../../lambda/protocol/wire.ts'
import type { ReplicationNetwork } from '../replication/network.ts'
import type { SignedEndpoint } from './endpoint.ts'
import { adminEndpoint, answersOf, parseJson } from './plain-json.ts'

const PATH = '/_coffer/replication/network'

const { answer, refuse } = answersOf('ReplicationNetwork')

/** Ten years: nobody waits for that, and times stay numbers. */
const MOST_LAG_SECONDS = 315_360_000

const inputSchema = z.strictObject({
  lagSeconds: z.number().min(0).max(MOST_LAG_SECONDS).optional(),
  cut: z.array(z.string()).optional(),
})

export interface NetworkEndpointOptions {
  readonly network: ReplicationNetwork
  /** Messages that are on their way, by the Region that they are for. */
  readonly pending: () => ReadonlyMap<string, number>
  /** Delivers what can be, and waits for what comes of it. */
  readonly drain: () => Promise<void>
}

/** By path. */
export const networkEndpoints = (
  options: NetworkEndpointOptions,
): readonly (readonly [path: string, endpoint: SignedEndpoint])[] => [[PATH, networkEndpoint(options)]]

function networkEndpoint(options: NetworkEndpointOptions): SignedEndpoint {
  return adminEndpoint(async ({ method, body }) => {
    if (method === 'GET') return tell(options)
    if (method === 'POST') return change(options, body)
    return refuse('UnknownOperationException', 'The network takes GET and POST.')
  })
}

async function change(options: NetworkEndpointOptions, body: Buffer): Promise<WireResponse> {
  const { network, drain } = options
  const input = inputSchema.safeParse(parseJson(body))
  if (!input.success)
    return refuse(
      'ValidationException',
      'Expected {"lagSeconds": 5, "cut": ["eu-west-1"]}, with a number of seconds and the Regions that are cut off from all others; what is left out stays as it is.',
    )
  const { lagSeconds, cut } = input.data
  const unknown = cut?.find((region) => !network.serves(region))
  if (unknown !== undefined)
    return refuse(
      'ValidationException',
      `This Coffer does not serve the Region ${JSON.stringify(unknown.slice(0, 64))}.`,
    )
  network.change({
    ...(lagSeconds !== undefined && { lagMs: Math.round(lagSeconds * 1000) }),
    ...(cut !== undefined && { cut }),
  })
  await drain()
  return tell(options)
}

function tell({ network, pending }: NetworkEndpointOptions): WireResponse {
  const { lagMs, cut } = network.state
  return answer({ lagSeconds: lagMs / 1000, cut, pending: Object.fromEntries(pending()) })
}
