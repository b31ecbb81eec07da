/** The provider's storage, once, on the port of what expires (src/expiring): on Redis and on PostgreSQL alike. */
import { type Adapter, type AdapterFactory, type AdapterPayload, Provider } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import type { RegistrationTransaction } from '../registration/registration.ts'
import { couldBe } from './access-tokens.ts'
import { createClientRecords } from './client-records.ts'
import { type CrowdControl, createCrowdControl } from './crowd-control.ts'
import { createDeviceRecords } from './device-records.ts'
import { createGatekeeper, type Gatekeeper } from './gatekeeper.ts'
import { createInteractionRecords } from './interaction-records.ts'
import { LIFETIME_SECONDS } from './lifetimes.ts'
import { createRecords, decode, encode, keyOf, type Records } from './records.ts'
import { createRegistrar, type Registrar } from './registrar.ts'
import type { RegistrarNeeds } from './registration-tokens.ts'
import { createReplayRecords } from './replay-records.ts'
import type { RequestScope } from './request-scope.ts'
import { createEndForGood, type EndForGood } from './session-end.ts'
import { createSessionRecords, type SessionRecords } from './session-records.ts'
import { createSingleUse } from './single-use.ts'
import type { Shield } from './unavailable.ts'
import { createVisitors } from './visitor.ts'

type Needs = Pick<Campus, 'config' | 'expiring' | 'notBefore' | 'clock' | 'random' | 'keyrings' | 'audit'> &
  RegistrarNeeds &
  RegistrationTransaction

export interface Storage {
  adapter: AdapterFactory
  gatekeeper: Gatekeeper
  sessions: SessionRecords
  endForGood: EndForGood
  registrar: Registrar
  isNobodysSecret(secret: unknown): boolean
}

export function createStorage(needs: Needs, scope: RequestScope, shield: Shield): Storage {
  const records = createRecords(needs, scope)
  const gatekeeper = createGatekeeper(needs, records, scope)
  const crowd = createCrowdControl(needs, scope)
  const guards = { gatekeeper, crowd }
  const visitors = createVisitors(needs, scope)
  const endForGood = createEndForGood(needs, scope, shield)
  const sessions = createSessionRecords(records, { ...guards, endForGood }, scope)
  const registrar = createRegistrar(needs)
  const nobodysSecret = needs.random.token(32)
  const special: Readonly<Record<string, Adapter>> = {
    Session: sessions,
    Interaction: createInteractionRecords(needs.config.issuer, records, { ...guards, visitors }),
    ReplayDetection: createReplayRecords(needs, records),
    Client: createClientRecords({ ...needs, nobodysSecret, registrar }),
    DeviceCode: createDeviceRecords(needs, records, guards),
    InitialAccessToken: { ...unused, ...registrar.initialAccessTokens },
    RegistrationAccessToken: { ...unused, ...registrar.accessTokens },
  }
  return {
    gatekeeper,
    sessions,
    endForGood,
    registrar,
    isNobodysSecret: (secret) => secret === nobodysSecret,
    adapter: (model) => shielded(special[model] ?? plainRecords(model, needs, records, guards), shield),
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

/** Codes, tokens, grants, pushed requests. */
function plainRecords(
  model: string,
  needs: Pick<Needs, 'clock' | 'random'>,
  records: Records,
  { gatekeeper, crowd }: { gatekeeper: Gatekeeper; crowd: CrowdControl },
): Adapter {
  const singleUse = createSingleUse(needs, records)

  /** Whoever redeems or shows a token has its grant, its session and its person looked at next, one after the other. */
  function foresee({ accountId, clientId, sessionUid, grantId, expiresWithSession }: AdapterPayload): void {
    if (grantId === undefined || accountId === undefined || Provider.ctx?.oidc.route === 'revocation') return
    records.foresee(keyOf('Grant', grantId))
    if (expiresWithSession && sessionUid !== undefined) records.foresee(keyOf('Session', sessionUid))
    gatekeeper.foresee({ personId: accountId, clientId: clientId ?? null, sessionUid: sessionUid ?? null })
  }

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
      foresee(record)
      return { ...record, jti: id }
    },
    consume: (id) => singleUse.consume(model, keyOf(model, id)),
    destroy: (id) => records.remove(keyOf(model, id)),
    // Whoever presents a token has its grant read again: to destroy the grant revokes them all (revokeGrantPolicy).
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
