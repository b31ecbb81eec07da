import type { HashingFor, PasswordHasher } from '../../src/passwords/passwords.ts'

export interface PlainHasher extends PasswordHasher {
  /** What was compared with, in order. */
  verified: string[]
  /** For whom, in order. */
  lines: HashingFor[]
}

/** No hasher at all, and quick: `new:<password>`; `old:<password>` verifies too and is outdated. */
export function plainHasher(): PlainHasher {
  const verified: string[] = []
  const lines: HashingFor[] = []
  return {
    verified,
    lines,
    decoy: 'new:\u0000nobody knows this',
    hash: async (password) => `new:${password}`,
    async verify(encoded, password, hashingFor) {
      verified.push(encoded)
      lines.push(hashingFor)
      return encoded.slice(4) === password
    },
    isOutdated: (encoded) => encoded.startsWith('old:'),
    close: async () => {},
  }
}
