import type { NotBeforeStore, Standing } from '../../src/gate/gate.ts'
import type { UntoldEnd } from '../../src/logout-deliveries/logout-deliveries.ts'
import type { Queryable, Statement } from './database.ts'
import { insertDeliveries } from './logout-deliveries.ts'
import { PERSON_COLUMNS, peopleFrom } from './person-rows.ts'
import {
  type JsonOf,
  PROFILE_COLUMNS,
  PROFILE_JOINS,
  type ProfileRow,
  profileFrom,
  profileRowFrom,
} from './profile-rows.ts'

/** Rows that may go are taken along a few at a time, so that ended sessions do not pile up. */
const CLEANED_MAX = 10

/** Nobody asked about a client: then none is disabled. One that is not known is not enabled. */
const clientEnabled = (client: string) =>
  `(${client}::text IS NULL OR EXISTS (SELECT FROM clients WHERE id = ${client} AND disabled_at IS NULL))`

const latestOf = (...things: string[]) =>
  `(SELECT max(at) FROM not_before WHERE (kind, id) IN (${[...things, "('everything', 'all')"].join(', ')}))`

/**
 * All that the gate asks, and all that an answer about the person is made of, in one trip. The person comes as one
 * value, a row for each identity: of columns the driver looks at the name and type of each in every answer.
 */
const STANDING: Statement = {
  name: 'not-before.standing',
  reads: true,
  text: `SELECT ${clientEnabled('$2')} AS "clientEnabled",
    ${latestOf("('person', $1::uuid::text)", "('client', $2)", "('session', $3::text)")} AS "notBefore",
    (SELECT json_agg(found ORDER BY found."validFrom", found.number) FROM (
      SELECT ${PERSON_COLUMNS}, ${PROFILE_COLUMNS}
      FROM people
      LEFT JOIN identities ON identities.person_id = people.id
      ${PROFILE_JOINS}
      WHERE people.id = $1::uuid) AS found) AS found`,
}

/** Where nobody is asked about (a client on its own account), what would be known of a person is not sent. */
const STANDING_OF_NOBODY: Statement = {
  name: 'not-before.standing-of-nobody',
  reads: true,
  text: `SELECT ${clientEnabled('$1')} AS "clientEnabled",
    ${latestOf("('client', $1)", "('session', $2::text)")} AS "notBefore"`,
}

type NobodysRow = Pick<Standing, 'clientEnabled' | 'notBefore'>
type StandingRow = NobodysRow & { found: JsonOf<ProfileRow>[] | null }

/** The end and those who are to be told of it, together or not at all. */
const SET: Statement = {
  name: 'not-before.set',
  text: `WITH past AS (
      DELETE FROM not_before WHERE (kind, id) IN (
        SELECT kind, id FROM not_before WHERE expires_at <= now() AND (kind, id) <> ($1, $2)
        LIMIT ${CLEANED_MAX} FOR UPDATE SKIP LOCKED
      )
    ), telling AS (${insertDeliveries('$6', '$3::timestamptz')})
    INSERT INTO not_before AS standing (kind, id, at, reason, expires_at, untold)
    VALUES ($1, $2, $3, $4, $5, $1 IN ('person', 'session') AND $6::jsonb IS NULL)
    ON CONFLICT (kind, id) DO UPDATE SET
      untold = standing.untold OR (excluded.untold AND excluded.at > standing.at),
      at = greatest(standing.at, excluded.at),
      reason = CASE WHEN excluded.at > standing.at THEN excluded.reason ELSE standing.reason END,
      expires_at = CASE WHEN standing.expires_at IS NULL OR excluded.expires_at IS NULL THEN NULL
        ELSE greatest(standing.expires_at, excluded.expires_at) END`,
}

const UNTOLD: Statement = {
  name: 'not-before.untold',
  text: 'SELECT kind, id, at FROM not_before WHERE untold ORDER BY at LIMIT $1',
}

/** To the microsecond the database knows more than a Date does. */
const TOLD: Statement = {
  name: 'not-before.told',
  text: `UPDATE not_before SET untold = false
    WHERE kind = $1 AND id = $2 AND date_trunc('milliseconds', at) = $3`,
}

const SWEEP: Statement = {
  name: 'not-before.sweep',
  text: `WITH gone AS (
      DELETE FROM not_before WHERE (kind, id) IN (
        SELECT kind, id FROM not_before WHERE expires_at <= now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
      ) RETURNING 1
    )
    SELECT count(*)::integer AS removed FROM gone`,
}

/** Removes at most `limit` rows that nothing can rest on any more, and answers how many it removed. */
export async function sweepNotBefore(queryable: Queryable, limit: number): Promise<number> {
  const [gone] = await queryable.query<{ removed: number }>(SWEEP, [limit])
  return gone?.removed ?? 0
}

export function createNotBeforeStore(queryable: Queryable): NotBeforeStore {
  return {
    async standing({ personId, clientId, sessionUid }) {
      if (personId === null) {
        const [asked] = await queryable.query<NobodysRow>(STANDING_OF_NOBODY, [clientId, sessionUid])
        if (!asked) throw new Error('what was asked answered no row')
        return { person: null, profile: null, ...asked }
      }
      const [asked] = await queryable.query<StandingRow>(STANDING, [personId, clientId, sessionUid])
      if (!asked) throw new Error('what was asked answered no row')
      const found = (asked.found ?? []).map(profileRowFrom)
      const [person = null] = peopleFrom(found)
      const { clientEnabled, notBefore } = asked
      return { person, profile: profileFrom(found), clientEnabled, notBefore }
    },
    async set(kind, id, { at, reason, expiresAt, tell }) {
      await queryable.query(SET, [kind, id, at, reason, expiresAt, tell ? JSON.stringify(tell) : null])
    },
    untold: (limit) => queryable.query<UntoldEnd>(UNTOLD, [limit]),
    async told({ kind, id, at }) {
      await queryable.query(TOLD, [kind, id, at])
    },
  }
}
