/** Which addresses a client may register. Each function answers null for a good one, otherwise what is allowed. */

const LENGTH_MAX = 2_048
const LOOPBACK_ADDRESSES = new Set(['127.0.0.1', '[::1]'])
const HTTPS_OR_LOOPBACK = 'https; plain http only for http://127.0.0.1 and http://[::1]'

/**
 * Redirect addresses are compared as strings (RFC 9700 §2.1), so each must be the one spelling of what it denotes:
 * then a browser goes exactly where the registration says. Plain http only to the person's own machine, by address;
 * `localhost` may resolve to another (RFC 8252 §8.3), and is taken only from native applications, whose libraries
 * sometimes know no other (§7.3).
 */
export function redirectUriMistake(uri: string, applicationType: 'web' | 'native'): string | null {
  return firstMistake(uri, (url) => {
    const isAddress = LOOPBACK_ADDRESSES.has(url.hostname)
    const isLocalhost = url.hostname === 'localhost'
    if (url.protocol === 'https:') {
      const isOwnMachine = isAddress || isLocalhost
      return applicationType === 'native' && isOwnMachine
        ? 'http on a loopback address, for a native application'
        : null
    }
    if (url.protocol === 'http:') {
      if (isAddress || (isLocalhost && applicationType === 'native')) return null
      return isLocalhost ? '127.0.0.1 or [::1] instead of localhost (RFC 8252 §8.3)' : HTTPS_OR_LOOPBACK
    }
    if (applicationType === 'web') return `${HTTPS_OR_LOOPBACK}; a scheme of its own only for application_type native`
    // A domain name in reverse has an owner; neither javascript: nor data: has a dot (RFC 8252 §7.1).
    return url.protocol.includes('.') ? null : 'a scheme with a dot: a domain name in reverse, as in cn.edu.example:/'
  })
}

/** Addresses that we call, or that a person follows from our pages. */
export function httpsUriMistake(uri: string): string | null {
  return firstMistake(uri, ({ protocol }) => (protocol === 'https:' ? null : 'an https address'))
}

/** OpenID Connect Back-Channel Logout §2.2; plain http for a relying party on the same machine. */
export function logoutUriMistake(uri: string): string | null {
  return firstMistake(uri, httpsOrLoopbackMistake)
}

/** RFC 8707 §2: absolute, without a fragment. Compared as a string, and never fetched. */
export function resourceUriMistake(uri: string): string | null {
  return firstMistake(uri, httpsOrLoopbackMistake)
}

function httpsOrLoopbackMistake({ protocol, hostname }: URL): string | null {
  const isLoopback = protocol === 'http:' && LOOPBACK_ADDRESSES.has(hostname)
  return protocol === 'https:' || isLoopback ? null : HTTPS_OR_LOOPBACK
}

function firstMistake(uri: string, schemeMistake: (url: URL) => string | null): string | null {
  const url = URL.parse(uri)
  if (uri.length > LENGTH_MAX) return `at most ${LENGTH_MAX} characters`
  if (!/^[!-~]+$/.test(uri)) return 'printable ASCII without spaces; encode other characters'
  if (url === null) return 'an absolute address, such as https://app.example.edu.cn/callback'
  return schemeMistake(url) ?? spellingMistake(uri, url)
}

function spellingMistake(uri: string, url: URL): string | null {
  if (uri.includes('*')) return 'the whole address: wildcards are not supported'
  if (uri.includes('#')) return 'no fragment (RFC 6749 §3.1.2)'
  if (url.username !== '' || url.password !== '' || /^[^/?]*:\/\/[^/?]*@/.test(uri)) return 'no user or password'
  if (climbs(uri)) return 'a path without ".."'
  if (url.hostname.endsWith('.')) return 'a host without a dot at its end'
  // A host alone may be written without the slash of its path: some libraries send it so.
  return url.href === uri || url.href === `${uri}/` ? null : `its normal form: ${url.href}`
}

/** Also as %2e%2e, which some servers decode before they look. */
function climbs(uri: string): boolean {
  const [beforeQuery = ''] = uri.split('?', 1)
  return beforeQuery.replace(/%2e/gi, '.').includes('..')
}
