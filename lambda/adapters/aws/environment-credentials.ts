/**
 * Stands in for `@aws-sdk/credential-provider-node` in the bundles of functions: Lambda always gives its role's credentials in the environment, and the
 * providers for SSO, profiles, processes and HTTP would be a third of each bundle.
 * @module
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env'
