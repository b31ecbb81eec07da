const LOGIN_LENGTH_MAX = 100

/**
 * The one spelling of what people type into an account field: full-width digits and letters of a Chinese input method
 * become ASCII (NFKC), letters become small, spaces and invisible characters go. At most 100 characters are kept; a
 * real login is shorter (new-person.ts), so what was cut is never anybody's. For account fields only: a password is
 * never folded.
 */
export function foldLogin(typed: string): string {
  const folded = typed
    .slice(0, 10 * LOGIN_LENGTH_MAX)
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s\p{C}]/gu, '')
  return Array.from(folded).slice(0, LOGIN_LENGTH_MAX).join('')
}
