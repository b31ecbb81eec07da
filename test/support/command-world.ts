/** A campus in memory, and an operator at a terminal: for tests of the command line. */
import { randomBytes, randomUUID } from 'node:crypto'
import { createAuditTrail } from '../../src/audit/audit.ts'
import type { Stores } from '../../src/campus.ts'
import type { ClientRecord, ClientStore } from '../../src/clients/clients.ts'
import { type ExitCode, type Powers, runCommand } from '../../src/commands/commands.ts'
import { createLog } from '../../src/log.ts'
import { silentMetrics } from '../../src/metrics/metrics.ts'
import type { PersonId, ProfileStatement } from '../../src/people/people.ts'
import type { Terminal } from '../../src/terminal/terminal.ts'
import { memoryAuditLog } from './memory-audit-log.ts'
import { memoryRegistrationTokens, memoryResourceServers } from './memory-desk.ts'
import { memoryExpiring } from './memory-expiring.ts'
import { memoryLogoutDeliveries } from './memory-logout-deliveries.ts'
import { memoryCodes, memoryCredentials, memoryNotBefore, memoryPeople } from './memory-stores.ts'
import { plainHasher } from './plain-hasher.ts'
import { sampleConfig } from './sample-config.ts'
import { memoryChanges, memoryKeys } from './sample-keyrings.ts'

export interface Typed {
  code: ExitCode
  out: string
  err: string
  /** The questions that were asked; those in brackets hid the answer. */
  asked: string[]
}

export interface Sitting {
  /** What the operator answers, in order; without more, nobody is there. */
  answers?: string[]
  input?: string
  folder?: string
  signal?: AbortSignal
  powers?: Partial<Powers>
}

export function commandWorld() {
  const now = new Date('2026-09-01T00:00:00Z')
  const random = {
    uuid: () => randomUUID(),
    token: (bytes: number) => randomBytes(bytes).toString('base64url'),
  }
  const { codes, people, statements } = memoryRegister()
  const credentials = memoryCredentials(people)
  const { notBefore, moments } = memoryNotBefore()
  const { clients, records } = memoryClients()
  const auditLog = memoryAuditLog()
  const keys = memoryKeys()
  const config = sampleConfig()
  const log = createLog(config)
  const resourceServers = memoryResourceServers()
  const audit = createAuditTrail({ log: auditLog, clock: () => now, random, logger: log, metrics: silentMetrics })
  const { expiring } = memoryExpiring(() => now)
  const { store: logoutDeliveries } = memoryLogoutDeliveries(clients)
  const lasting = { keys, people, codes, credentials, clients, resourceServers, notBefore, logoutDeliveries }
  const stores = { ...lasting, registrationTokens: memoryRegistrationTokens(), audit, ...notUsed }
  const transaction = async <Result>(work: (inside: Stores) => Promise<Result>) => work(stores)
  const changes = memoryChanges()
  const campus = { config, clock: () => now, random, changes, hasher: plainHasher(), transaction, expiring, ...stores }

  async function type(argv: string[], { answers = [], input = '', folder = '/', signal, powers }: Sitting = {}) {
    const typed: Omit<Typed, 'code'> = { out: '', err: '', asked: [] }
    const left = [...answers]
    const terminal: Terminal = {
      folder,
      operator: 'wang',
      signal: signal ?? new AbortController().signal,
      out: (text) => {
        typed.out += text
      },
      err: (text) => {
        typed.err += text
      },
      input: async () => input,
      ask: async (question, { hidden }) => {
        typed.asked.push(hidden ? `[${question}]` : question)
        return left.shift() ?? null
      },
    }
    const code = await runCommand(argv, terminal, {
      version: '1.2.3',
      campus: async () => campus,
      auditLog: async () => auditLog,
      migrations: notLent,
      lasting: notLent,
      restoring: notLent,
      examination: { nodeVersion: '24.1.0', ...notExamined },
      serve: notLent,
      environment: {},
      pause: async () => {},
      ...powers,
    })
    return { code, ...typed } satisfies Typed
  }

  /** What the audit says of operators: event, whom it concerned. */
  const acts = () => auditLog.rows.map(({ event, actor, subject }) => ({ event, actor, subject }))
  const inside = { config, campus, people, statements, codes, credentials, moments, clients, records, auditLog, audit }
  return { now, ...inside, acts, type }
}

/** Who and what is known at the school. */
function memoryRegister() {
  const statements = new Map<PersonId, ProfileStatement>()
  return { statements, people: memoryPeople([], statements), codes: memoryCodes() }
}

/** No command asks for these. */
const notUsed = {
  consents: { find: notLent, allow: notLent, withdraw: notLent, withdrawAll: notLent },
  subjects: { findOrCreate: notLent },
  leases: { hold: notLent, release: notLent },
}

function memoryClients(): { clients: ClientStore; records: Map<string, ClientRecord> } {
  const records = new Map<string, ClientRecord>()
  const clients: ClientStore = {
    find: async (id) => records.get(id) ?? null,
    list: async () => [...records.values()].sort((left, right) => (left.id < right.id ? -1 : 1)),
    put: async (client) => void records.set(client.id, { ...structuredClone(client), disabledAt: null }),
    disable: async (id, at) => {
      const record = records.get(id)
      if (!record || record.disabledAt !== null) return false
      records.set(id, { ...record, disabledAt: at })
      return true
    },
    findByRegistrationAccess: notLent,
    setRegistrationAccess: notLent,
  }
  return { clients, records }
}

async function notLent(): Promise<never> {
  throw new Error('this test lends no such power')
}

const notExamined = {
  configuration: () => {
    throw new Error('this test examines nothing')
  },
  dataFolder: notLent,
  database: notLent,
  redis: notLent,
  discoveredIssuer: notLent,
}
