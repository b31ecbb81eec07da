import type { Person } from '../people/people.ts'
import { isCommon } from './common-passwords.ts'
import { lengthOf, PASSWORD_LENGTH_MAX } from './password-text.ts'

export { PASSWORD_LENGTH_MAX } from './password-text.ts'

/** In code points. No rule about kinds of characters stands beside it: such rules make passwords alike. */
export const PASSWORD_LENGTH_MIN = 10

/** Stable: pages and commands have a sentence for each. */
export type PasswordProblem = 'too_short' | 'too_long' | 'too_common' | 'contains_account'

/** What keeps this text (see `passwordText`) from becoming this person's password: everything at once. */
export function passwordProblems(text: string, person: Pick<Person, 'name' | 'identities'>): PasswordProblem[] {
  const length = lengthOf(text)
  if (length > PASSWORD_LENGTH_MAX) return ['too_long']
  const problems: PasswordProblem[] = []
  if (length < PASSWORD_LENGTH_MIN) problems.push('too_short')
  if (isCommon(text)) problems.push('too_common')
  if (containsAccount(text, person)) problems.push('contains_account')
  return problems
}

/** Number and name are the first that a guesser tries, also with dots, spaces or capitals in between. */
function containsAccount(text: string, { name, identities }: Pick<Person, 'name' | 'identities'>): boolean {
  const password = bare(text)
  const words = [name, ...identities.map(({ number }) => number)].map(bare)
  return words.some((word) => isTelling(word) && password.includes(word))
}

/** A short Latin name (An, Li) stands in half of all words; two Chinese characters are a name. */
function isTelling(word: string): boolean {
  return lengthOf(word) >= (/^\p{ASCII}*$/u.test(word) ? 4 : 2)
}

function bare(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '')
}
