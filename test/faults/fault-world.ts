/** Two servers of one installation, the people who sign in at them, and the history of what they are asked. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { readConfig } from '../../src/config.ts'
import { openCampus } from '../../src/open-campus.ts'
import { setPassword } from '../../src/passwords/passwords.ts'
import { createPerson, newPerson } from '../../src/people/people.ts'
import { declaredClient, REDIRECT_URI } from '../races/world.ts'
import { type CampusServer, type Installation, newInstallation, startCampusServer } from '../support/campus-server.ts'
import { freePort } from '../support/free-port.ts'
import { openRecorder, type Recorder } from '../support/history.ts'
import { closeVisitors } from '../support/visitor.ts'

export { REDIRECT_URI }

export const CLIENT = 'library'

const PEOPLE = 60
const EXITS_MILLISECONDS = 500

export interface Account {
  login: string
  password: string
}

export interface FaultWorld {
  installation: Installation
  ports: readonly number[]
  accounts: readonly Account[]
  recorder: Recorder
  close(): Promise<void>
}

export interface FaultStores {
  databaseUrl: string
  redisUrl: string | null
  environment?: Record<string, string>
}

/** `name` is that of the history's file. */
export async function openFaultWorld(name: string, stores: FaultStores): Promise<FaultWorld> {
  const installation = await newInstallation(stores, [declaredClient(CLIENT)], {
    // Everybody comes from one address here.
    CAMPUS_NETWORKS: '127.0.0.0/8',
    LOG_LEVEL: 'info',
    WORKERS: '1',
    ...stores.environment,
  })
  const folder = process.env['FAULT_HISTORIES'] ?? join(tmpdir(), 'campus-id-histories')
  const recorder = openRecorder(folder, name)
  const servers: CampusServer[] = []
  const close = async () => {
    closeVisitors()
    for (const server of servers) await server.stop()
    await recorder.close()
    for (const [index, server] of servers.entries()) writeFileSync(join(folder, `${name}.${index}.log`), server.log())
    installation.remove()
  }
  try {
    servers.push(await startCampusServer(installation))
    const accounts = await enrol(installation)
    servers.push(await startCampusServer(installation, { port: await freePort() }))
    watchForExits(servers, recorder)
    return { installation, ports: servers.map(({ port }) => port), accounts, recorder, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** In this process: by commands, sixty people would take two minutes. */
async function enrol(installation: Installation): Promise<Account[]> {
  const { config } = readConfig(installation.environment, {
    root: installation.folder,
    nodeVersion: process.versions.node,
    cores: 1,
    readFile: (path) => readFileSync(path, 'utf8'),
    generatedSecrets: () => ({}),
  })
  const { campus, close } = await openCampus(config, pino({ level: 'silent' }), 'expect')
  try {
    const accounts = Array.from({ length: PEOPLE }, (_, at) => ({
      login: `2024${String(at).padStart(8, '0')}`,
      password: `three green pagodas ${at}`,
    }))
    for (const { login, password } of accounts) {
      const identities = [{ number: login, type: 'undergraduate', organisation: null, validTo: null }]
      const made = newPerson(campus, { name: '吴岚', state: 'active', identities, aliases: [] })
      if (!made.ok) throw new Error(JSON.stringify(made.problems))
      await createPerson(campus, made.person)
      const personId = made.person.id
      const given = { personId, password, actor: 'operator:test', endSessions: false, address: null, request: null }
      const { kind } = await setPassword(campus, given)
      if (kind !== 'set') throw new Error(`the password of ${login} was refused`)
    }
    return accounts
  } finally {
    await close()
  }
}

/** A server is a supervisor and its workers: neither may end by itself. */
function watchForExits(servers: readonly CampusServer[], recorder: Recorder): void {
  for (const [server, { pid, log }] of servers.entries()) {
    const timer = setInterval(() => {
      if (existsSync(`/proc/${pid}`) && !log().includes('a worker ended by itself')) return
      clearInterval(timer)
      recorder.add({ entry: 'exit', at: recorder.now(), server })
    }, EXITS_MILLISECONDS)
    timer.unref()
  }
}
