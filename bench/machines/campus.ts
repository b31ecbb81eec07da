import { join, resolve } from 'node:path'
import {
  campusCommand,
  type DeclaredClient,
  type Installation,
  newInstallation,
} from '../../test/support/campus-server.ts'
import { CLIENTS, type ClientOfBench, numberOf, PASSWORD } from '../load/clients.ts'
import type { MeasuredServer } from './measured-server.ts'
import { addPeople } from './people.ts'
import { runProgram } from './program.ts'

const DIST = resolve(import.meta.dirname, '../../dist/src/cli.js')
const WITHOUT_HASH = resolve(import.meta.dirname, '../product/without-hash.ts')
const SECRET_VARIABLE = 'BENCH_CLIENT_SECRET'

export interface CampusOfBench {
  installation: Installation
  people: number
}

interface StoreAddresses {
  databaseUrl: string
  redisUrl: string
}

/** The schema, the relying parties and so many people, one password for all. No server runs yet. */
export async function prepareCampus(stores: StoreAddresses, { people }: { people: number }): Promise<CampusOfBench> {
  const secret = CLIENTS[0].secret
  const installation = await newInstallation(stores, CLIENTS.map(declared), {
    [SECRET_VARIABLE]: secret,
    // The generator is the proxy in front of the whole school: it says from which household each request comes.
    TRUSTED_PROXIES: '127.0.0.0/8',
    HOST: '127.0.0.1',
    NODE_ENV: 'production',
    WORKERS: '1',
  })
  await campusCommand(installation, ['migrate'])
  await campusCommand(installation, ['person', 'create', numberOf(0), '吴兰', '--type', 'undergraduate'])
  await campusCommand(installation, ['person', 'set-password', numberOf(0), '--password-stdin'], `${PASSWORD}\n`)
  await addPeople(stores.databaseUrl, people)
  return { installation, people }
}

function declared({ id, secret, redirectUris, scope, algorithm }: ClientOfBench): DeclaredClient {
  return {
    client_id: id,
    client_name: id,
    redirect_uris: [...redirectUris],
    token_endpoint_auth_method: secret === null ? 'none' : 'client_secret_post',
    ...(secret === null ? { application_type: 'native' } : { client_secrets: [{ env: SECRET_VARIABLE }] }),
    first_party: true,
    scope,
    id_token_signed_response_alg: algorithm,
  }
}

interface Start {
  name: string
  cores: string
  withHash: boolean
  /** Overrides what the installation says. */
  environment?: Record<string, string>
  /** Of Node. */
  options?: readonly string[]
}

export async function startCampus({ installation, people }: CampusOfBench, start: Start): Promise<MeasuredServer> {
  const { issuer, port, folder } = installation
  const host = new URL(issuer).host
  const hooks = start.withHash ? [] : ['--import', WITHOUT_HASH]
  const running = await runProgram({
    args: ['--disable-warning=ExperimentalWarning', ...(start.options ?? []), ...hooks, DIST, 'serve'],
    environment: { ...installation.environment, ...start.environment },
    folder,
    cores: start.cores,
    port,
    host,
    logFile: join(folder, `${start.name}.log`),
  })
  return { ...running, target: { name: start.name, port, host, people } }
}
