/** The headers that stand on every answer, also on those that no page was drawn for. */
import type { Middleware } from 'koa'

/**
 * No `form-action`: browsers apply it to every redirect after a form was sent, and it would block the way back to the
 * relying party. The provider adds the hash of its one inline script (response_mode=form_post) to `script-src`.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

const PERMISSIONS_POLICY = [
  ...['camera', 'microphone', 'geolocation', 'payment', 'usb', 'serial', 'bluetooth', 'display-capture'].map(
    (feature) => `${feature}=()`,
  ),
  'publickey-credentials-get=(self)',
  'publickey-credentials-create=(self)',
].join(', ')

const TWO_YEARS_SECONDS = 63_072_000

export function securityHeaders(issuer: string): Record<string, string> {
  return {
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    'X-Content-Type-Options': 'nosniff',
    // Stricter ones make browsers send `Origin: null` with our own forms, and same-origin.ts could not know them.
    'Referrer-Policy': 'strict-origin',
    'Permissions-Policy': PERMISSIONS_POLICY,
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cache-Control': 'no-store',
    ...(issuer.startsWith('https:') && { 'Strict-Transport-Security': `max-age=${TWO_YEARS_SECONDS}` }),
  }
}

/** A relying party may run these in a popup; a severed opener would leave it waiting for ever. */
const INSIDE_AN_AUTHORIZATION = /^\/(auth|interaction)(\/|$)/i

export function secureAnswers(issuer: string): Middleware {
  const headers = securityHeaders(issuer)
  return (ctx, next) => {
    ctx.set(headers)
    if (INSIDE_AN_AUTHORIZATION.test(ctx.path)) ctx.remove('Cross-Origin-Opener-Policy')
    return next()
  }
}
