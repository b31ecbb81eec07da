import type { KeyPurpose, StoredKey } from '../../src/keys/keys.ts'

/** A row as the database keeps it; nothing in it can be opened. */
export function sampleKey(id: string, purpose: KeyPurpose, changes: Partial<StoredKey> = {}): StoredKey {
  const isPair = purpose === 'ES256' || purpose === 'RS256'
  return {
    id,
    purpose,
    publicJwk: isPair ? { kty: 'EC', kid: id } : null,
    sealed: new Uint8Array([0, 127, 255]),
    sealedBy: 'k1',
    announcedAt: new Date('2026-01-01T00:00:00Z'),
    activeFrom: new Date('2026-01-01T00:00:00Z'),
    retiringFrom: null,
    retiredFrom: null,
    ...changes,
  }
}
