import { randomBytes } from 'node:crypto'
import { argon2id, hash, verify } from 'argon2'
import { type Argon2, formatPhc, PARAMETERS, SALT_BYTES, TAG_BYTES } from './argon2.ts'

/**
 * The older implementation, for a day on which the fast one must not be trusted. It knows no synchronous form, so each
 * thread that waits for it occupies one of libuv's.
 */
export const argon2: Argon2 = {
  async hash(password, pepper) {
    const salt = randomBytes(SALT_BYTES)
    const secret = Buffer.from(pepper)
    const options = { ...PARAMETERS, type: argon2id, hashLength: TAG_BYTES, salt, secret, raw: true } as const
    return formatPhc(salt, await hash(password, options))
  },
  verify: (phc, password, pepper) => verify(phc, password, { secret: Buffer.from(pepper) }),
}
