/** The provider's storage, once, on the port of what expires (src/expiring): on Redis and on PostgreSQL alike. */
import type { Adapter, AdapterFactory } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import type { RegistrationTransaction } from '../registration/registration.ts'
import { type AccessReader, createAccessReader } from './access.ts'
import { couldBe } from './access-tokens.ts'
import { createBoundRecords } from './bound-records.ts'
import { createClientRecords } from './client-records.ts'
import { type CrowdControl, createCrowdControl } from './crowd-control.ts'
import { createDeviceRecords } from './device-records.ts'
import { createGatekeeper, type Gatekeeper } from './gatekeeper.ts'
import { createGrantRecords } from './grant-records.ts'
import { createInteractionRecords } from './interaction-records.ts'
import { LIFETIME_SECONDS } from './lifetimes.ts'
import { createLocators, type Locators } from './locators.ts'
import { createRecords, decode, encode, keyOf, type Records } from './records.ts'
import { createRefreshRecords } from './refresh-records.ts'
import { createRegistrar, type Registrar } from './registrar.ts'
import type { RegistrarNeeds } from './registration-tokens.ts'
import { createReplayRecords } from './replay-records.ts'
import type { RequestScope } from './request-scope.ts'
import { createSessionActivity, type SessionActivity } from './session-activity.ts'
import { createSessionDocuments } from './session-documents.ts'
import { createEndForGood, type EndForGood } from './session-end.ts'
import { createSessionRecords, type SessionRecords } from './session-records.ts'
import { createSingleUse, type SingleUse } from './single-use.ts'
import type { Shield } from './unavailable.ts'
import { createVisitors } from './visitor.ts'

type Needs = Pick<Campus, 'config' | 'expiring' | 'notBefore' | 'clock' | 'random' | 'keyrings' | 'audit'> &
  RegistrarNeeds &
  RegistrationTransaction

export interface Storage {
  adapter: AdapterFactory
  access: AccessReader
  clients: Pick<Adapter, 'find'>
  gatekeeper: Gatekeeper
  activity: SessionActivity
  sessions: SessionRecords
  endForGood: EndForGood
  registrar: Registrar
  isNobodysSecret(secret: unknown): boolean
  locators: Locators
}

export function createStorage(needs: Needs, scope: RequestScope, shield: Shield): Storage {
  const records = createRecords(needs, scope)
  const documents = createSessionDocuments(needs, records, scope)
  const locators = createLocators(needs)
  const gatekeeper = createGatekeeper(needs, documents, scope)
  const crowd = createCrowdControl(needs, scope)
  const visitors = createVisitors(needs, scope)
  const singleUse = createSingleUse(needs, records)
  const endForGood = createEndForGood(needs, scope, shield)
  const registrar = createRegistrar(needs)
  const nobodysSecret = needs.random.token(32)
  const activity = createSessionActivity(needs, documents)
  const parts = { documents, activity, records, gatekeeper, crowd, locators, singleUse, endForGood }
  const sessions = createSessionRecords(parts, scope)
  const { codes, accessTokens, presented } = createBoundRecords(parts)
  const clients = createClientRecords({ ...needs, nobodysSecret, registrar })
  const special: Readonly<Record<string, Adapter>> = {
    Session: sessions,
    Grant: createGrantRecords(documents),
    AuthorizationCode: codes,
    AccessToken: accessTokens,
    RefreshToken: createRefreshRecords(needs, parts),
    Interaction: createInteractionRecords(needs.config.issuer, records, { gatekeeper, crowd, visitors }),
    ReplayDetection: createReplayRecords(needs, records),
    Client: clients,
    InitialAccessToken: { ...unused, ...registrar.initialAccessTokens },
    RegistrationAccessToken: { ...unused, ...registrar.accessTokens },
    DeviceCode: createDeviceRecords(needs, records, { gatekeeper, crowd }),
  }
  return {
    access: createAccessReader(needs, { presented, records, gatekeeper }),
    clients,
    gatekeeper,
    activity,
    sessions,
    endForGood,
    registrar,
    isNobodysSecret: (secret) => secret === nobodysSecret,
    locators,
    adapter: (model) => shielded(special[model] ?? plainRecords(model, parts), shield),
  }
}

/**
 * A pushed request is used up by the answer, at the end of a visit that began while it was good; until then it must be
 * known that another visit has had the answer.
 */
const USED_LATER_SECONDS: Readonly<Record<string, number>> = {
  PushedAuthorizationRequest: LIFETIME_SECONDS.interaction,
}

const unused = {
  consume: async () => undefined,
  findByUid: async () => undefined,
  findByUserCode: async () => undefined,
  revokeByGrantId: async () => undefined,
}

interface Plain {
  records: Records
  gatekeeper: Gatekeeper
  crowd: CrowdControl
  singleUse: SingleUse
}

/** What belongs to no session: tokens of clients on their own account, pushed requests, whatever else there may be. */
function plainRecords(model: string, { records, gatekeeper, crowd, singleUse }: Plain): Adapter {
  return {
    async upsert(id, payload, seconds) {
      await gatekeeper.admit(model, payload)
      const record = encode(payload)
      if (model === 'PushedAuthorizationRequest') await crowd.admit(Buffer.byteLength(record))
      if (seconds === undefined) throw new Error(`a ${model} without an end`)
      await records.put(keyOf(model, id), record, { seconds: seconds + (USED_LATER_SECONDS[model] ?? 0) })
    },
    async find(id) {
      if (!couldBe(model, id)) return undefined
      const record = decode(model, await records.read(keyOf(model, id)))
      if (record === null) return undefined
      singleUse.refuseLosers(model, record.consumed)
      return { ...record, jti: id }
    },
    consume: (id) => singleUse.consume(model, keyOf(model, id)),
    destroy: (id) => records.remove(keyOf(model, id)),
    revokeByGrantId: async () => undefined,
    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
  }
}

function shielded(adapter: Adapter, shield: Shield): Adapter {
  return {
    upsert: shield(adapter.upsert),
    find: shield(adapter.find),
    findByUid: shield(adapter.findByUid),
    findByUserCode: shield(adapter.findByUserCode),
    consume: shield(adapter.consume),
    destroy: shield(adapter.destroy),
    revokeByGrantId: shield(adapter.revokeByGrantId),
  }
}
