/** The provider's storage alone, on stores in memory: for tests of what it keeps and how. */
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import Koa from 'koa'
import type { NotBeforeStore } from '../../src/gate/gate.ts'
import { createRequestScope } from '../../src/oidc/request-scope.ts'
import { createStorage, type Storage } from '../../src/oidc/storage-adapter.ts'
import { createShield } from '../../src/oidc/unavailable.ts'
import type { PeopleStore } from '../../src/people/people.ts'
import { memoryClients, memoryGate, memoryRegistrationTokens, sampleClient } from './memory-desk.ts'
import { type MemoryExpiring, memoryExpiring } from './memory-expiring.ts'
import { memoryAudit, memoryPeople } from './memory-stores.ts'
import { random, samplePerson } from './provider-world.ts'
import { sampleConfig } from './sample-config.ts'
import { memoryChanges, sampleKeyrings } from './sample-keyrings.ts'

export interface StorageWorld {
  storage: Storage
  store: MemoryExpiring
  people: PeopleStore
  notBefore: NotBeforeStore
  /** What one request does, with one memory. */
  request<Result>(work: () => Promise<Result>): Promise<Result>
  /** A session of `lan` with a grant for the library, as one request leaves it. */
  signedIn(grant?: { iat?: number }): Promise<SignedIn>
}

export interface SignedIn {
  uid: string
  grantId: string
  /** What the library saves of a token of this kind. */
  record(kind: string): { kind: string; grantId: string; accountId: string; clientId: string; authTime: number }
}

export const now = () => Math.floor(Date.now() / 1_000)

export const ofLan = (changes = {}) => ({
  ...{ accountId: 'lan', clientId: 'library', authTime: now(), exp: now() + 60 },
  ...changes,
})

export function openStorageWorld(): StorageWorld {
  const clock = () => new Date()
  const store = memoryExpiring(clock)
  const people = memoryPeople([samplePerson('lan', '202407010101'), samplePerson('mei', '202407010102')])
  const clients = memoryClients([sampleClient('library')])
  const notBefore = memoryGate(people, clients)
  const scope = createRequestScope()
  const ports = { keyrings: sampleKeyrings(), expiring: store.expiring, clients, notBefore, clock, random }
  const { audit } = memoryAudit()
  const registering = { registeredClients: clients, registrationTokens: memoryRegistrationTokens() }
  const needs = {
    ...{ ...ports, ...registering, config: sampleConfig(), audit, changes: memoryChanges() },
    transaction: () => Promise.reject(new Error('nothing is registered here')),
  }
  const storage = createStorage(needs, scope, createShield(scope))

  const request: StorageWorld['request'] = (work) => {
    const incoming = new IncomingMessage(new Socket())
    return scope.run(new Koa().createContext(incoming, new ServerResponse(incoming)), work)
  }

  return {
    ...{ storage, store, people, notBefore, request },
    async signedIn({ iat = now() } = {}) {
      const uid = storage.locators.newSession()
      const grantId = storage.locators.newGrant(uid)
      await request(async () => {
        const grant = { kind: 'Grant', iat, exp: iat + 600, accountId: 'lan', clientId: 'library' }
        await storage.adapter('Grant').upsert(grantId, grant, 600)
        const session = { kind: 'Session', uid, accountId: 'lan', loginTs: now(), iat: now(), exp: now() + 7_200 }
        const authorizations = { library: { sid: 'sid', grantId } }
        await storage.adapter('Session').upsert(storage.locators.newCookie(uid), { ...session, authorizations }, 7_200)
      })
      const place = { grantId, sessionUid: uid, iat: now(), iiat: now() }
      return { uid, grantId, record: (kind) => ({ kind, ...place, ...ofLan() }) }
    },
  }
}
