import type { ResourceServerMetadata, ResourceServerRecord, ResourceServerStore } from '../../src/clients/clients.ts'
import type { Queryable, Statement } from './database.ts'
import { managedElsewhere } from './failures.ts'

interface StoredResourceServer {
  id: string
  managed_by: ResourceServerRecord['managedBy']
  metadata: ResourceServerMetadata
  disabled_at: Date | null
}

export function createResourceServerStore(queryable: Queryable): ResourceServerStore {
  return {
    async find(id) {
      const [stored] = await queryable.query<StoredResourceServer>(selectOne, [id])
      return stored === undefined ? null : toRecord(stored)
    },
    async list() {
      return (await queryable.query<StoredResourceServer>(selectAll)).map(toRecord)
    },
    async put({ id, managedBy, metadata }) {
      const written = await queryable.query<{ id: string }>(upsert, [id, managedBy, JSON.stringify(metadata)])
      if (written.length === 0) throw managedElsewhere(`resource server ${id}`, managedBy)
    },
    async disable(id, at) {
      await queryable.query(disabling, [id, at])
    },
  }
}

const COLUMNS = 'id, managed_by, metadata, disabled_at'

const selectOne: Statement = {
  name: 'resource-servers.find',
  reads: true,
  text: `SELECT ${COLUMNS} FROM resource_servers WHERE id = $1`,
}

const selectAll: Statement = {
  name: 'resource-servers.list',
  text: `SELECT ${COLUMNS} FROM resource_servers ORDER BY id`,
}

const upsert: Statement = {
  name: 'resource-servers.put',
  text: `INSERT INTO resource_servers (id, managed_by, metadata) VALUES ($1, $2, $3::text::jsonb)
         ON CONFLICT (id) DO UPDATE
           SET metadata = excluded.metadata, disabled_at = NULL, updated_at = now()
           WHERE resource_servers.managed_by = excluded.managed_by
         RETURNING id`,
}

/** The first moment stays. */
const disabling: Statement = {
  name: 'resource-servers.disable',
  text: 'UPDATE resource_servers SET disabled_at = $2, updated_at = now() WHERE id = $1 AND disabled_at IS NULL',
}

function toRecord({ id, managed_by, metadata, disabled_at }: StoredResourceServer): ResourceServerRecord {
  return { id, managedBy: managed_by, metadata, disabledAt: disabled_at }
}
