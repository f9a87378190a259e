/** The part of autocannon's interface that the benchmark uses; the package has no types of its own. */
declare module 'autocannon' {
  function autocannon(options: autocannon.Options): Promise<autocannon.Result>
  namespace autocannon {
    interface Options {
      url: string
      connections: number
      /** Seconds. */
      duration: number
      /** Seconds. */
      timeout: number
      setupClient: (client: Client) => void
    }
    interface Client {
      setRequests(requests: readonly Request[]): void
    }
    interface Request {
      method: 'POST'
      path: string
      headers: Record<string, string>
      body: string
    }
    interface Result {
      '2xx': number
      non2xx: number
      errors: number
      timeouts: number
      /** Seconds. */
      duration: number
      /** Milliseconds. */
      latency: { p50: number; p99: number }
    }
  }
  export default autocannon
}
