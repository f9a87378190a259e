/**
 * How a function behind the API comes by what it works with: made when it starts, and what goes wrong then is told to whoever asks.
 * @module
 */
import type { Services } from '../../core/services.ts'
import { awsServices, type ServiceMeans } from './aws-services.ts'
import { endpointOf, readAccessSettings, readDeployment, type Environment } from './environment.ts'

export interface Composing {
  readonly environment?: Environment
  readonly compose?: (environment: Environment) => Made
}

export interface Made {
  readonly services: Services
  /** The deployment's own: what a name without an ARN is in. */
  readonly account: string
  readonly region: string
}

/** @param means for who has to do with functions that rotate secrets, or with keys of other Regions */
export function composeOnAws(environment: Environment, means: Omit<ServiceMeans, 'snsEndpoint'> = {}): Made {
  const deployment = readDeployment(environment)
  const { account, region } = deployment
  const snsEndpoint = endpointOf(environment, 'SNS')
  return {
    services: awsServices(deployment, readAccessSettings(environment), { ...means, snsEndpoint }),
    account,
    region,
  }
}

/** Does the work now, while Lambda gives a starting function a whole processor, and tells of its failure when there is a request to answer. */
export function attempt<T>(work: () => T): () => T {
  try {
    const made = work()
    return () => made
  } catch (problem) {
    return () => {
      throw problem
    }
  }
}
