import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { campusCommand, type Installation, newInstallation } from '../../test/support/campus-server.ts'
import { freePort } from '../../test/support/free-port.ts'
import {
  API_SCOPE,
  APIS,
  type ApiOfBench,
  CLIENTS,
  type ClientOfBench,
  numberOf,
  PASSWORD,
  SECRET,
} from '../load/clients.ts'
import type { MeasuredServer } from './measured-server.ts'
import { addPeople } from './people.ts'
import { runProgram } from './program.ts'

const SERVER = resolve(import.meta.dirname, '../../dist/src/cli.js')
const WITHOUT_HASH = resolve(import.meta.dirname, '../product/without-hash.ts')
const SECRET_VARIABLE = 'BENCH_CLIENT_SECRET'

export interface MeasuredCampus extends MeasuredServer {
  readonly metricsPort: number
}

export interface CampusOfBench {
  installation: Installation
  people: number
}

/** The schema, relying parties, APIs and so many people, one password for all. No server runs yet. */
export async function prepareCampus(stores: StoreAddresses, { people }: { people: number }): Promise<CampusOfBench> {
  const installation = await newInstallation(stores, [], {
    [SECRET_VARIABLE]: SECRET,
    // The generator is the proxy in front of the whole school: it says from which household each request comes.
    TRUSTED_PROXIES: '127.0.0.0/8',
    HOST: '127.0.0.1',
    NODE_ENV: 'production',
    WORKERS: '1',
  })
  const clientsFile = JSON.stringify({ clients: CLIENTS.map(declaredClient), resource_servers: APIS.map(declaredApi) })
  writeFileSync(installation.environment['CLIENTS_FILE'] ?? '', clientsFile)
  await campusCommand(installation, ['migrate'])
  await campusCommand(installation, ['person', 'create', numberOf(0), '吴兰', '--type', 'undergraduate'])
  await campusCommand(installation, ['person', 'set-password', numberOf(0), '--password-stdin'], `${PASSWORD}\n`)
  await addPeople(stores.databaseUrl, people)
  return { installation, people }
}

interface StoreAddresses {
  databaseUrl: string
  redisUrl: string
}

function declaredClient({ id, secret, grants, redirectUris, scope, algorithm, resources }: ClientOfBench) {
  return {
    client_id: id,
    client_name: id,
    token_endpoint_auth_method: secret === null ? 'none' : 'client_secret_post',
    ...(secret === null ? { application_type: 'native' } : { client_secrets: [{ env: SECRET_VARIABLE }] }),
    grant_types: grants,
    ...(redirectUris.length > 0 && {
      redirect_uris: redirectUris,
      scope,
      first_party: true,
      id_token_signed_response_alg: algorithm,
    }),
    resources: resources.map((identifier) => ({ identifier, scopes: [API_SCOPE] })),
  }
}

function declaredApi({ identifier, format }: ApiOfBench) {
  return {
    identifier,
    name: new URL(identifier).hostname,
    scopes: [API_SCOPE],
    access_token_format: format,
    ...(format === 'opaque' && { introspection_client: 'api' }),
  }
}

export interface Start {
  /** Of its log, and in the figures. */
  name: string
  cores: string
  withHash: boolean
  /** Overrides what the installation says. */
  environment?: Record<string, string>
  /** Of Node. */
  options?: readonly string[]
}

/** Beside others of the same installation, if need be: the generator names the issuer's host, as a proxy would. */
export async function startCampus({ installation, people }: CampusOfBench, start: Start): Promise<MeasuredCampus> {
  const { issuer, folder } = installation
  const [port, metricsPort] = [await freePort(), await freePort()]
  const host = new URL(issuer).host
  const hooks = start.withHash ? [] : ['--import', WITHOUT_HASH]
  const running = await runProgram({
    args: ['--disable-warning=ExperimentalWarning', ...(start.options ?? []), ...hooks, SERVER, 'serve'],
    environment: { ...installation.environment, METRICS_PORT: String(metricsPort), ...start.environment },
    folder,
    cores: start.cores,
    port,
    host,
    logFile: join(folder, `${start.name}.log`),
  })
  return { ...running, metricsPort, target: { name: start.name, port, host, people } }
}
