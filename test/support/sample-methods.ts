import type { MethodProof } from '../../src/oidc/oidc.ts'

/** Doubles of methods: a room of tests believes whoever says that one has succeeded. */
export const EVERY_METHOD: readonly MethodProof[] = [
  { method: 'password', amr: ['pwd'] },
  { method: 'sms-code', amr: ['sms'] },
  { method: 'qr-scan', amr: [] },
  { method: 'authenticator', amr: ['otp'] },
  { method: 'passkey', amr: ['swk'] },
]
