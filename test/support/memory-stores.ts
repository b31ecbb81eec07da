/** The ports of what lasts, and the counters, in memory: for tests of rooms. The real ones stand in test/contracts. */
import type { AuditEvent, AuditTrail } from '../../src/audit/audit.ts'
import type { Clock } from '../../src/campus.ts'
import type { CredentialKind, CredentialStore } from '../../src/credentials/credentials.ts'
import type { ExpiringStore } from '../../src/expiring/expiring.ts'
import type { NotBeforeStore } from '../../src/gate/gate.ts'
import type {
  CodeBook,
  CodeStore,
  NewPerson,
  PeopleStore,
  Person,
  PersonId,
  ProfileStatement,
} from '../../src/people/people.ts'
import { memoryExpiring } from './memory-expiring.ts'

/** `statements`: what was stated about somebody last. */
export function memoryPeople(
  start: readonly NewPerson[] = [],
  statements: Map<PersonId, ProfileStatement> = new Map(),
): PeopleStore {
  const people = new Map<PersonId, Person>()
  const logins = new Map<string, PersonId>()
  const add = ({ aliases, ...person }: NewPerson) => {
    const words = [...person.identities.map(({ number }) => number.toLowerCase()), ...aliases]
    if (words.some((word) => logins.has(word)))
      throw Object.assign(new Error('a login is taken'), { code: 'login_taken' })
    people.set(person.id, person)
    for (const word of words) logins.set(word, person.id)
  }
  for (const person of start) add(person)
  return {
    find: async (id) => people.get(id) ?? null,
    findByLogin: async (login) => people.get(logins.get(login) ?? '') ?? null,
    create: async (person) => add(person),
    list: async ({ limit }) => [...people.values()].slice(0, limit),
    describe: async (id, statement) => void statements.set(id, statement),
    async setState(id, { from, to }) {
      const person = people.get(id)
      if (person?.state !== from) return false
      people.set(id, { ...person, state: to })
      return true
    },
  }
}

/** `known`: what was added. */
export function memoryCodes(known: Partial<CodeBook> = {}): CodeStore {
  return {
    read: async () => ({ personTypes: [], organisations: [], majors: [], classes: [], ...known }),
    add: async (codes) => void Object.assign(known, codes),
  }
}

/** `people` decides for whom a try can be taken at all. */
export function memoryCredentials(people: PeopleStore): CredentialStore {
  const stored = new Map<string, unknown>()
  const failures = new Map<string, Map<string, number>>()
  const at = (kind: CredentialKind<unknown>, personId: PersonId, label = '') => [personId, kind.name, label].join(' ')
  async function find<Data>(kind: CredentialKind<Data>, personId: PersonId, label?: string) {
    const data = stored.get(at(kind, personId, label))
    return data === undefined ? null : kind.parse(structuredClone(data))
  }
  return {
    find,
    async findByLogin(kind, login) {
      const person = await people.findByLogin(login)
      return person && { personId: person.id, data: await find(kind, person.id) }
    },
    async put(kind, personId, data, label) {
      stored.set(at(kind, personId, label), structuredClone(data))
    },
    async confirm(kind, personId, before, after) {
      if (JSON.stringify(stored.get(at(kind, personId))) !== JSON.stringify(before)) return false
      stored.set(at(kind, personId), structuredClone(after))
      failures.delete(at(kind, personId))
      return true
    },
    async remove(kind, personId, label) {
      stored.delete(at(kind, personId, label))
    },
    async takeTry(kind, personId, scope, most) {
      if (!(await people.find(personId))) return null
      const scopes = failures.get(at(kind, personId)) ?? new Map<string, number>()
      failures.set(at(kind, personId), scopes)
      const count = scopes.get(scope) ?? 0
      if (count >= most) return null
      scopes.set(scope, count + 1)
      return count + 1
    },
    async giveBackTry(kind, personId, scope) {
      const scopes = failures.get(at(kind, personId))
      const count = scopes?.get(scope) ?? 0
      if (count > 0) scopes?.set(scope, count - 1)
    },
    async forgetFailures(kind, personId) {
      failures.delete(at(kind, personId))
    },
  }
}

export interface MemoryCounters {
  expiring: ExpiringStore
  /** What has been counted, by name. */
  keys(): string[]
  /** As after a lost Redis. */
  wipe(): void
}

export function memoryCounters(clock: Clock): MemoryCounters {
  const { expiring, calls, wipe } = memoryExpiring(clock)
  return { expiring, keys: () => [...new Set(calls.map(({ key }) => key))], wipe }
}

/** Keeps the events of both ways, in order. */
export function memoryAudit(): { audit: AuditTrail; events: AuditEvent[] } {
  const events: AuditEvent[] = []
  const audit: AuditTrail = {
    record: async (event) => void events.push(event),
    note: (event) => void events.push(event),
    latest: async () => [],
    flush: async () => {},
  }
  return { audit, events }
}

export function memoryNotBefore(): { notBefore: NotBeforeStore; moments: Map<string, Date> } {
  const moments = new Map<string, Date>()
  const notBefore: NotBeforeStore = {
    standing: notExpected,
    untold: notExpected,
    told: notExpected,
    async set(kind, id, { at }) {
      const before = moments.get(`${kind} ${id}`)
      if (!before || before < at) moments.set(`${kind} ${id}`, at)
    },
  }
  return { notBefore, moments }
}

function notExpected(): never {
  throw new Error('this store keeps no such thing')
}
