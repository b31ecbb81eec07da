import type { RegistrationToken, RegistrationTokenStore } from '../../src/registration/registration.ts'
import type { Queryable, Statement } from './database.ts'

interface StoredToken {
  id: string
  name: string
  policy: RegistrationToken['policy']
  clients_max: number
  clients_count: number
  created_at: Date
  expires_at: Date
  revoked_at: Date | null
}

export function createRegistrationTokenStore(queryable: Queryable): RegistrationTokenStore {
  return {
    async findByHash(hash) {
      const [stored] = await queryable.query<StoredToken>(selectByHash, [hash])
      return stored === undefined ? null : toToken(stored)
    },
    async list() {
      return (await queryable.query<StoredToken>(selectAll)).map(toToken)
    },
    async add({ id, name, policy, clientsMax, clientsCount, createdAt, expiresAt, revokedAt }, hash) {
      const counts = [clientsMax, clientsCount]
      const moments = [createdAt, expiresAt, revokedAt]
      await queryable.query(insert, [id, hash, name, JSON.stringify(policy), ...counts, ...moments])
    },
    async revoke(id, at) {
      return (await queryable.query<{ id: string }>(revoking, [id, at])).length > 0
    },
    async use(id, at) {
      return (await queryable.query<{ id: string }>(using, [id, at])).length > 0
    },
  }
}

const COLUMNS = 'id, name, policy, clients_max, clients_count, created_at, expires_at, revoked_at'

const selectByHash: Statement = {
  name: 'registration-tokens.find',
  text: `SELECT ${COLUMNS} FROM registration_tokens WHERE hash = $1`,
}

const selectAll: Statement = {
  name: 'registration-tokens.list',
  text: `SELECT ${COLUMNS} FROM registration_tokens ORDER BY created_at DESC, id`,
}

const insert: Statement = {
  name: 'registration-tokens.add',
  text: `INSERT INTO registration_tokens
           (id, hash, name, policy, clients_max, clients_count, created_at, expires_at, revoked_at)
         VALUES ($1, $2, $3, $4::text::jsonb, $5, $6, $7, $8, $9)`,
}

const revoking: Statement = {
  name: 'registration-tokens.revoke',
  text: 'UPDATE registration_tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING id',
}

/** The row is locked by the update: of racing registrations each sees the count of the one before. */
const using: Statement = {
  name: 'registration-tokens.use',
  text: `UPDATE registration_tokens SET clients_count = clients_count + 1
         WHERE id = $1 AND revoked_at IS NULL AND expires_at > $2 AND clients_count < clients_max RETURNING id`,
}

function toToken({ id, name, policy, ...stored }: StoredToken): RegistrationToken {
  return {
    id,
    name,
    policy,
    clientsMax: stored.clients_max,
    clientsCount: stored.clients_count,
    createdAt: stored.created_at,
    expiresAt: stored.expires_at,
    revokedAt: stored.revoked_at,
  }
}
