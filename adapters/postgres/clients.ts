import type { ClientMetadata, ClientRecord, ClientRegistration, ClientStore } from '../../src/clients/clients.ts'
import type { Queryable, Statement } from './database.ts'
import { managedElsewhere } from './failures.ts'

interface StoredClient {
  id: string
  managed_by: ClientRecord['managedBy']
  metadata: Omit<ClientMetadata, keyof typeof LATER_FIELDS> & Partial<ClientMetadata>
  secret_hashes: string[]
  disabled_at: Date | null
  registration: ClientRegistration | null
}

export function createClientStore(queryable: Queryable): ClientStore {
  return {
    async find(id) {
      const [stored] = await queryable.query<StoredClient>(selectOne, [id])
      return stored === undefined ? null : toRecord(stored)
    },
    async list(options) {
      if (options?.held === true) await queryable.query(hold)
      return (await queryable.query<StoredClient>(selectAll)).map(toRecord)
    },
    async put({ id, managedBy, metadata, secretHashes, registration = null }) {
      const texts = [metadata, secretHashes].map((value) => JSON.stringify(value))
      const values = [id, managedBy, ...texts, registration && JSON.stringify(registration)]
      const written = await queryable.query<{ id: string }>(upsert, values)
      if (written.length === 0) throw managedElsewhere(`client ${id}`, managedBy)
    },
    async disable(id, at) {
      return (await queryable.query<{ id: string }>(disabling, [id, at])).length > 0
    },
    async findByRegistrationAccess(hash) {
      const [stored] = await queryable.query<StoredClient>(selectByAccess, [hash])
      return stored === undefined ? null : toRecord(stored)
    },
    async setRegistrationAccess(id, hash) {
      await queryable.query(settingAccess, [id, hash])
    },
  }
}

const COLUMNS = 'id, managed_by, metadata, secret_hashes, disabled_at, registration'

const selectOne: Statement = {
  name: 'clients.find',
  reads: true,
  text: `SELECT ${COLUMNS} FROM clients WHERE id = $1`,
}

const selectAll: Statement = { name: 'clients.list', text: `SELECT ${COLUMNS} FROM clients ORDER BY id` }

/** Row locks cannot hold back the client that another transaction is about to create. Released with the transaction. */
const hold: Statement = {
  name: 'clients.hold',
  text: `SELECT pg_advisory_xact_lock(hashtextextended('campus-id.clients', 0))`,
}

/** What a client manages itself by is set by `settingAccess` alone: a change may rest on what was read before that. */
const upsert: Statement = {
  name: 'clients.put',
  text: `INSERT INTO clients (id, managed_by, metadata, secret_hashes, registration)
         VALUES ($1, $2, $3::text::jsonb, $4::text::jsonb, $5::text::jsonb)
         ON CONFLICT (id) DO UPDATE
           SET metadata = excluded.metadata, secret_hashes = excluded.secret_hashes, updated_at = now(),
             registration = jsonb_set(excluded.registration, '{accessHash}',
               coalesce(clients.registration -> 'accessHash', 'null')),
             disabled_at = CASE WHEN excluded.managed_by = 'dynamic' THEN clients.disabled_at END
           WHERE clients.managed_by = excluded.managed_by
         RETURNING id`,
}

const selectByAccess: Statement = {
  name: 'clients.find-by-registration-access',
  text: `SELECT ${COLUMNS} FROM clients WHERE registration ->> 'accessHash' = $1 AND disabled_at IS NULL`,
}

const settingAccess: Statement = {
  name: 'clients.set-registration-access',
  text: `UPDATE clients SET registration = jsonb_set(registration, '{accessHash}', coalesce(to_jsonb($2::text), 'null'))
         WHERE id = $1 AND managed_by = 'dynamic'`,
}

/** The first moment stays. */
const disabling: Statement = {
  name: 'clients.disable',
  text: 'UPDATE clients SET disabled_at = $2, updated_at = now() WHERE id = $1 AND disabled_at IS NULL RETURNING id',
}

/** Rows that an earlier version wrote do not have them. */
const LATER_FIELDS = {
  resources: [],
  dpop_bound_access_tokens: false,
  require_pushed_authorization_requests: false,
  require_signed_request_object: false,
  initiate_login_uri: null,
  claims: null,
  claim_names: {},
  claims_in_id_token: false,
  choose_identity: false,
}

function toRecord({ id, managed_by, metadata, secret_hashes, disabled_at, ...more }: StoredClient): ClientRecord {
  const complete = { ...LATER_FIELDS, ...metadata }
  const record = { id, managedBy: managed_by, metadata: complete, secretHashes: secret_hashes, disabledAt: disabled_at }
  return more.registration === null ? record : { ...record, registration: more.registration }
}
