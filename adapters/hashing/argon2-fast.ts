import { randomBytes } from 'node:crypto'
import { hashRawSync, verifySync } from '@node-rs/argon2'
import { type Argon2, formatPhc, PARAMETERS, SALT_BYTES, TAG_BYTES } from './argon2.ts'

/** Nearly three times as fast as the other: it picks the processor's widest instructions when it runs. */
export const argon2: Argon2 = {
  hash(password, pepper) {
    const salt = randomBytes(SALT_BYTES)
    return formatPhc(salt, hashRawSync(password, { ...PARAMETERS, outputLen: TAG_BYTES, salt, secret: pepper }))
  },
  verify: (phc, password, pepper) => verifySync(phc, password, { secret: pepper }),
}
