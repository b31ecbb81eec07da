/** In code points, after normalisation. Nobody types more, and nothing is ever cut off. */
export const PASSWORD_LENGTH_MAX = 256

/**
 * The one form of a password in which it is hashed: NFC (NIST SP 800-63B-4 §3.1.1.2), because é has two spellings and a
 * phone may send the other one than a PC. Nothing else is folded: a full-width digit is another character. null when it
 * is no text: a lone surrogate would become the same replacement character as every other.
 */
export function passwordText(typed: string): string | null {
  return typed.isWellFormed() ? typed.normalize('NFC') : null
}

export function lengthOf(text: string): number {
  return Array.from(text).length
}
