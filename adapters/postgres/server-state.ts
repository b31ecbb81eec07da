import type { Queryable } from './database.ts'

export interface ServerState {
  /** Such as `16.4`. */
  version: string
  major: number
  /** By the server's clock. */
  now: Date
}

/** What `doctor` wants to know of the server behind a connection. */
export async function serverState(queryable: Queryable): Promise<ServerState> {
  const [row] = await queryable.query<{ version: string; number: number; now: Date }>({
    name: 'server-state.read',
    text: `SELECT current_setting('server_version') AS version,
                  current_setting('server_version_num')::integer AS number,
                  clock_timestamp() AS now`,
  })
  if (row === undefined) throw new Error('the server says nothing of itself')
  return { version: row.version, major: Math.floor(row.number / 10_000), now: row.now }
}
