/** A dependency that does not answer is 503 on every path of the provider: never a bug's 500, and never a way past. */
import { errors } from 'oidc-provider'
import { isUnavailable, type Unavailable } from '../errors.ts'
import type { RequestScope } from './request-scope.ts'

export class StoreUnavailable extends errors.OIDCProviderError implements Unavailable {
  readonly unavailable: Unavailable['unavailable']
  readonly retryAfterSeconds: number

  constructor(cause: Unavailable) {
    super(503, 'temporarily_unavailable', { cause })
    this.name = 'StoreUnavailable'
    this.error_description = 'a part of this service does not answer; please try again'
    // The library hides whatever is 5xx behind `server_error`, and would send the browser away with it.
    this.expose = true
    this.allow_redirect = false
    this.unavailable = cause.unavailable
    this.retryAfterSeconds = cause.retryAfterSeconds
  }
}

export type Shield = <Args extends unknown[], Result>(
  call: (...args: Args) => Promise<Result>,
) => (...args: Args) => Promise<Result>

/** Whatever the library calls of ours stands behind this. */
export function createShield(scope: RequestScope): Shield {
  return (call) =>
    async (...args) => {
      try {
        return await call(...args)
      } catch (error) {
        if (!isUnavailable(error) || error instanceof StoreUnavailable) throw error
        scope.current().retryAfterSeconds = error.retryAfterSeconds
        throw new StoreUnavailable(error)
      }
    }
}
