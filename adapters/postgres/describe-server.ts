import type { Queryable } from './database.ts'

export interface DatabaseServer {
  /** Such as 150006 for 15.6. */
  version: number
  clock: Date
}

/** What `campus-id doctor` compares with what we need. */
export async function describeServer(queryable: Queryable): Promise<DatabaseServer> {
  const [server] = await queryable.query<DatabaseServer>({
    name: 'describe-server',
    text: `SELECT current_setting('server_version_num')::integer AS version, clock_timestamp() AS clock`,
  })
  if (!server) throw new Error('a query without FROM answered no row')
  return server
}
