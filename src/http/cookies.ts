/** The names and attributes of every cookie that we set. */

export type CookieName = 'session' | 'visit' | 'interaction' | 'resume' | 'device' | 'language' | 'arrival'

interface CookieAttributes {
  secure: boolean
  httpOnly: true
  sameSite: 'lax'
  overwrite: true
}

export interface Cookies {
  name(cookie: CookieName): string
  attributes: CookieAttributes
}

const PREFIXES: Readonly<Record<CookieName, string>> = {
  session: '__Host-',
  visit: '__Host-',
  device: '__Host-',
  language: '__Host-',
  arrival: '__Host-',
  interaction: '__Secure-',
  resume: '__Secure-',
}

/**
 * On https, `__Host-` where the path is `/` and `__Secure-` where it is narrow (a `__Host-` cookie with a path is
 * dropped by browsers, RFC 6265bis §4.1.3.2). On loopback http the same names without prefix and Secure.
 */
export function cookiesFor(issuer: string): Cookies {
  const secure = issuer.startsWith('https:')
  return {
    name: (cookie) => `${secure ? PREFIXES[cookie] : ''}campus_${cookie}`,
    attributes: { secure, httpOnly: true, sameSite: 'lax', overwrite: true },
  }
}
