/**
 * Where a request came from, as condition keys ask for it.
 * @module
 */
export interface Origin {
  /** Epoch milliseconds of wall time at which the request arrived. */
  readonly receivedAt: number
  readonly sourceIp?: string
  /** Whether it came over TLS. */
  readonly isSecure: boolean
  readonly userAgent?: string
  readonly referer?: string
  /** The VPC and the VPC endpoint that it came through; absent: none. */
  readonly vpc?: string
  readonly vpcEndpoint?: string
}
