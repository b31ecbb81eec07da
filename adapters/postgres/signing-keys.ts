import type { SigningKeyStore, StoredSigningKey } from '../../src/keys/keys.ts'
import type { Queryable, Statement } from './database.ts'

const LIST: Statement = {
  name: 'signing-keys.list',
  text: `SELECT kid, alg, state, public_jwk AS "publicJwk", sealed_private AS "sealedPrivate", sealed_by AS "sealedBy",
      created_at AS "createdAt"
    FROM signing_keys WHERE state <> 'retired' ORDER BY created_at, kid`,
}

const ADD_FIRST: Statement = { name: 'signing-keys.add-first', text: 'SELECT add_first_signing_keys($1::jsonb)' }

export function createSigningKeyStore(queryable: Queryable): SigningKeyStore {
  return {
    list: () => queryable.query<StoredSigningKey>(LIST),
    async addFirst(keys) {
      await queryable.query(ADD_FIRST, [JSON.stringify(keys.map(candidate))])
    },
  }
}

/** As `add_first_signing_keys` of migrations/0001-foundation.sql reads it. */
function candidate({ kid, alg, state, publicJwk, sealedPrivate, sealedBy, createdAt }: StoredSigningKey) {
  return {
    kid,
    alg,
    state,
    public_jwk: publicJwk,
    sealed_private: Buffer.from(sealedPrivate).toString('base64'),
    sealed_by: sealedBy,
    created_at: createdAt,
  }
}
