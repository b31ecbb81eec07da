import { z } from 'zod'
import type { CredentialKind } from '../credentials/credentials.ts'

const storedPassword = z.object({
  /** What `PasswordHasher.hash` answered. */
  hash: z.string(),
})

export type StoredPassword = z.infer<typeof storedPassword>

export const passwordCredential: CredentialKind<StoredPassword> = {
  name: 'password',
  parse: (stored) => storedPassword.parse(stored),
}
