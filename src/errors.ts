/**
 * The requests that we refuse on purpose. Anything thrown that is neither a Refusal nor an Unavailable is a bug.
 * `code` is stable and public; `cause` is for the log and never reaches a person.
 */
export class Refusal extends Error {
  readonly code: string
  readonly status: number
  readonly retryAfterSeconds: number | null

  constructor(code: string, status: number, options: ErrorOptions & { retryAfterSeconds?: number } = {}) {
    super(code, options)
    this.name = 'Refusal'
    this.code = code
    this.status = status
    this.retryAfterSeconds = options.retryAfterSeconds ?? null
  }
}

/** Marks an error where what is needed does not answer, or takes no more: the caller gets 503 and may try again. */
export interface Unavailable extends Error {
  unavailable: 'postgres' | 'redis' | 'hashing' | 'audit'
  retryAfterSeconds: number
}

export function isUnavailable(error: unknown): error is Unavailable {
  return error instanceof Error && 'unavailable' in error
}

export const refusals = {
  /** The page of a sign-in was left open too long, or its cookie is another browser's. */
  visitExpired: (cause?: unknown) => new Refusal('visit_expired', 400, { cause }),
  /** The step does not belong to where this sign-in stands now. */
  wrongStep: () => new Refusal('wrong_step', 409),
  foreignForm: () => new Refusal('foreign_form', 403),
  unknownHost: () => new Refusal('unknown_host', 421),
  notFound: () => new Refusal('not_found', 404),
  methodNotAllowed: () => new Refusal('method_not_allowed', 405),
  bodyTooLarge: () => new Refusal('body_too_large', 413),
  malformedBody: (cause?: unknown) => new Refusal('malformed_body', 400, { cause }),
  malformedRequest: (cause?: unknown) => new Refusal('malformed_request', 400, { cause }),
  /** A new password that is no text: nobody could type it again. */
  malformedPassword: () => new Refusal('malformed_password', 400),
  parameterTooLong: () => new Refusal('parameter_too_long', 400),
  tooManyRequests: (retryAfterSeconds: number) => new Refusal('too_many_requests', 429, { retryAfterSeconds }),
  accountNotActive: () => new Refusal('account_not_active', 403),
  loginTaken: (cause?: unknown) => new Refusal('login_taken', 409, { cause }),
  /** A verified phone number or address belongs to one person. */
  contactTaken: (cause?: unknown) => new Refusal('contact_taken', 409, { cause }),
  /** A type, organisation, major or class that the school's code tables do not have; the cause says which table. */
  unknownCode: (cause?: unknown) => new Refusal('unknown_code', 422, { cause }),
  /** The clients file, or the product itself, says what this client is. */
  clientReadOnly: () => new Refusal('client_read_only', 409),
  /** The clients file names a client that is administered elsewhere; the cause says which. */
  clientManagedElsewhere: (cause?: unknown) => new Refusal('client_managed_elsewhere', 409, { cause }),
}
