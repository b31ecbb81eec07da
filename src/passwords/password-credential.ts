import { z } from 'zod'
import type { CredentialKind } from '../credentials/credentials.ts'

const storedPassword = z.looseObject({
  /** What `PasswordHasher.hash` answered. */
  hash: z.string(),
  /** Devices that were remembered no later than this know the person no longer. */
  devicesSince: z.coerce.date().optional(),
})

export type StoredPassword = z.infer<typeof storedPassword>

export const passwordCredential: CredentialKind<StoredPassword> = {
  name: 'password',
  parse: (stored) => storedPassword.parse(stored),
}
