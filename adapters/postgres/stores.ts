import type { Stores } from '../../src/campus.ts'
import { createClientStore } from './clients.ts'
import { createCodeStore } from './codes.ts'
import { createConsentStore } from './consents.ts'
import { createCredentialStore } from './credentials.ts'
import type { Queryable } from './database.ts'
import { createKeyStore } from './keys.ts'
import { createLogoutDeliveryStore } from './logout-deliveries.ts'
import { createNotBeforeStore } from './not-before.ts'
import { createPeopleStore } from './people.ts'
import { createRegistrationTokenStore } from './registration-tokens.ts'
import { createResourceServerStore } from './resource-servers.ts'
import { createSubjectStore } from './subjects.ts'

/**
 * What lasts, on the pool or on one transaction. The audit has a chain to keep and is put together by its own room, and
 * leases have a holder.
 */
export function storesOn(queryable: Queryable): Omit<Stores, 'audit' | 'leases'> {
  return {
    people: createPeopleStore(queryable),
    codes: createCodeStore(queryable),
    credentials: createCredentialStore(queryable),
    clients: createClientStore(queryable),
    resourceServers: createResourceServerStore(queryable),
    consents: createConsentStore(queryable),
    subjects: createSubjectStore(queryable),
    keys: createKeyStore(queryable),
    notBefore: createNotBeforeStore(queryable),
    logoutDeliveries: createLogoutDeliveryStore(queryable),
    registrationTokens: createRegistrationTokenStore(queryable),
  }
}
