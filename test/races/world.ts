/** Two processes of one installation on PostgreSQL and Redis, one person, three relying parties. */
import {
  type CampusServer,
  campusCommand,
  type DeclaredClient,
  type Installation,
  newInstallation,
  startCampusServer,
} from '../support/campus-server.ts'
import { freePort } from '../support/free-port.ts'
import { freshDatabase, freshRedis } from '../support/fresh-stores.ts'
import { closeVisitors } from '../support/visitor.ts'

export const ACCOUNT = { login: '202407010101', password: 'three green pagodas' }
export const REDIRECT_URI = 'http://127.0.0.1:9/callback'
export const CLIENTS = ['library', 'timetable', 'canteen']

export interface World {
  installation: Installation
  ports: [number, number]
  close(): Promise<void>
}

/** `more` clients beside those three. */
export async function openWorld(more: readonly DeclaredClient[] = []): Promise<World> {
  const database = await freshDatabase()
  const redis = await freshRedis()
  const installation = await newInstallation({ databaseUrl: database.url, redisUrl: redis.url }, [
    ...CLIENTS.map((client_id) => declaredClient(client_id)),
    ...more,
  ])
  const servers: CampusServer[] = []
  const close = async () => {
    closeVisitors()
    for (const server of servers) await server.stop()
    await redis.close()
    await database.drop()
    installation.remove()
  }
  try {
    // Both at once: of two first starts exactly one makes the keys and applies the clients.
    const other = await freePort()
    servers.push(
      ...(await Promise.all([startCampusServer(installation), startCampusServer(installation, { port: other })])),
    )
    await newPerson(installation)
    return { installation, ports: [installation.port, other], close }
  } catch (error) {
    await close()
    throw error
  }
}

export async function newPerson(installation: Installation, account = ACCOUNT): Promise<void> {
  const { login, password } = account
  await campusCommand(installation, ['person', 'create', login, '吴岚', '--type', 'undergraduate'])
  await campusCommand(installation, ['person', 'set-password', login, '--password-stdin'], `${password}\n`)
}

/** A public, first-party client: the tests are about the provider's races, not about client authentication. */
export function declaredClient(client_id: string) {
  return {
    client_id,
    client_name: client_id,
    redirect_uris: [REDIRECT_URI],
    token_endpoint_auth_method: 'none',
    application_type: 'native',
    first_party: true,
    grant_types: ['authorization_code', 'refresh_token'],
    scope: 'openid profile offline_access',
  }
}
