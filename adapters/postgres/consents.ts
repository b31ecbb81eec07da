import type { Consent, ConsentStore } from '../../src/consents/consents.ts'
import type { Queryable, Statement } from './database.ts'

const FIND: Statement = {
  name: 'consents.find',
  reads: true,
  text: `SELECT scopes, claims, granted_at AS "grantedAt" FROM consents WHERE person_id = $1 AND client_id = $2`,
}

/** Two tabs may allow at once: each adds to what stands, and neither takes from the other. */
const ALLOW: Statement = {
  name: 'consents.allow',
  text: `INSERT INTO consents AS standing (person_id, client_id, scopes, claims) VALUES ($1, $2, $3::text[], $4::text[])
    ON CONFLICT (person_id, client_id) DO UPDATE SET
      scopes = ARRAY(SELECT DISTINCT unnest(standing.scopes || excluded.scopes) ORDER BY 1),
      claims = ARRAY(SELECT DISTINCT unnest(standing.claims || excluded.claims) ORDER BY 1),
      granted_at = now()`,
}

const WITHDRAW: Statement = {
  name: 'consents.withdraw',
  text: 'DELETE FROM consents WHERE person_id = $1 AND client_id = $2',
}

const WITHDRAW_ALL: Statement = {
  name: 'consents.withdraw-all',
  text: 'DELETE FROM consents WHERE client_id = $1',
}

export function createConsentStore(queryable: Queryable): ConsentStore {
  return {
    async find(personId, clientId) {
      const [consent] = await queryable.query<Consent>(FIND, [personId, clientId])
      return consent ?? null
    },
    async allow(personId, clientId, { scopes, claims }) {
      await queryable.query(ALLOW, [personId, clientId, scopes, claims])
    },
    async withdraw(personId, clientId) {
      await queryable.query(WITHDRAW, [personId, clientId])
    },
    async withdrawAll(clientId) {
      await queryable.query(WITHDRAW_ALL, [clientId])
    },
  }
}
