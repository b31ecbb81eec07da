/**
 * The secret by which a client shows who it is (RFC 6749 §2.3.1), where it is presented plainly: in one way, and
 * spelled so that every reader finds the same in it. All else answers null.
 */

export interface PresentedSecret {
  clientId: string
  secret: string
}

const BASIC = 'Basic '
const VISIBLE = /^[\x21-\x7E]*$/
const VISIBLE_OR_SPACE = /^[\x20-\x7E]+$/
/** As arrivals.ts measures it. */
const FIELD_BYTES_MAX = 2 * 1024

export function secretIn(
  authorization: string | undefined,
  fields: ReadonlyMap<string, string>,
): PresentedSecret | null {
  const [clientId, secret] = [fields.get('client_id'), fields.get('client_secret')]
  if (authorization === undefined) return clientId && secret ? { clientId, secret } : null
  const presented = secret === undefined ? basic(authorization) : null
  return clientId === undefined || clientId === presented?.clientId ? presented : null
}

function basic(authorization: string): PresentedSecret | null {
  if (!authorization.startsWith(BASIC)) return null
  const sent = authorization.slice(BASIC.length)
  const bytes = Buffer.from(sent, 'base64')
  if (bytes.toString('base64') !== sent) return null
  const pair = bytes.toString('latin1')
  const at = pair.indexOf(':')
  const [clientId, secret] = [decodeField(pair.slice(0, Math.max(at, 0))), decodeField(pair.slice(at + 1))]
  if (!clientId || !secret || !VISIBLE_OR_SPACE.test(clientId) || !VISIBLE_OR_SPACE.test(secret)) return null
  return { clientId, secret }
}

/** Of a form (application/x-www-form-urlencoded); null where it is not plainly that. */
export function decodeField(encoded: string): string | null {
  if (!VISIBLE.test(encoded)) return null
  try {
    const text = /[%+]/.test(encoded) ? decodeURIComponent(encoded.replaceAll('+', ' ')) : encoded
    return text.includes('\0') || Buffer.byteLength(text) > FIELD_BYTES_MAX ? null : text
  } catch {
    return null
  }
}
