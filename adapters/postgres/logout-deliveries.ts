import type {
  LogoutDelivery,
  LogoutDeliveryStore,
  StandingDelivery,
} from '../../src/logout-deliveries/logout-deliveries.ts'
import type { Queryable, Statement } from './database.ts'

const DELIVERED_WITHIN = "interval '24 hours'"

/**
 * For `notices`, a parameter with LogoutNotices as JSON, in a statement of its own or inside that of the end. A client
 * without an address could be told nothing, and one that is disabled nothing any more.
 */
export function insertDeliveries(notices: string, endedAt: string): string {
  return `INSERT INTO logout_deliveries (client_id, person_id, sid, ended_at, due_at, until)
    SELECT DISTINCT notice."clientId", notice."personId", notice.sid, ${endedAt}, ${endedAt},
      ${endedAt} + ${DELIVERED_WITHIN}
    FROM jsonb_to_recordset(${notices}::jsonb) AS notice ("clientId" text, "personId" uuid, sid text)
    JOIN clients ON clients.id = notice."clientId"
    WHERE clients.disabled_at IS NULL AND clients.metadata ->> 'backchannel_logout_uri' IS NOT NULL
    ON CONFLICT (client_id, sid) DO NOTHING`
}

const ADD: Statement = { name: 'logout-deliveries.add', text: insertDeliveries('$1', '$2::timestamptz') }

const COLUMNS = 'id::text, client_id AS "clientId", person_id::text AS "personId", sid, attempts, until'

/** From client to client by the index, so that a thousand that wait for one cost no more than one does. */
const TAKE: Statement = {
  name: 'logout-deliveries.take',
  text: `WITH RECURSIVE waiting (client) AS (
      (SELECT client_id FROM logout_deliveries WHERE given_up_at IS NULL ORDER BY client_id LIMIT 1)
      UNION ALL
      SELECT (SELECT client_id FROM logout_deliveries WHERE given_up_at IS NULL AND client_id > waiting.client
        ORDER BY client_id LIMIT 1)
      FROM waiting WHERE waiting.client IS NOT NULL
    ), due AS MATERIALIZED (
      SELECT due.id FROM waiting CROSS JOIN LATERAL (
        SELECT id, due_at FROM logout_deliveries
        WHERE client_id = waiting.client AND given_up_at IS NULL AND due_at <= $1
        ORDER BY due_at LIMIT $4 FOR UPDATE SKIP LOCKED
      ) AS due
      WHERE waiting.client <> ALL ($3::text[])
      ORDER BY due.due_at LIMIT $5
    )
    UPDATE logout_deliveries AS delivery SET due_at = $2, attempts = delivery.attempts + 1
    FROM due WHERE delivery.id = due.id
    RETURNING delivery.id::text, client_id AS "clientId", person_id::text AS "personId", sid, attempts, until`,
}

const FINISH: Statement = {
  name: 'logout-deliveries.finish',
  text: 'DELETE FROM logout_deliveries WHERE id = $1 AND attempts = $2',
}

const POSTPONE: Statement = {
  name: 'logout-deliveries.postpone',
  text: 'UPDATE logout_deliveries SET due_at = $3, failure = $4 WHERE id = $1 AND attempts = $2',
}

const GIVE_UP: Statement = {
  name: 'logout-deliveries.give-up',
  text: 'UPDATE logout_deliveries SET given_up_at = $3, failure = $4 WHERE id = $1 AND attempts = $2',
}

/** What somebody holds is due later, and is given up by them. */
const GIVE_UP_OVERDUE: Statement = {
  name: 'logout-deliveries.give-up-overdue',
  text: `WITH overdue AS (
      UPDATE logout_deliveries SET given_up_at = $1, failure = coalesce(failure, 'never_tried') WHERE id IN (
        SELECT id FROM logout_deliveries WHERE given_up_at IS NULL AND until <= $1 AND due_at <= $1
        ORDER BY until LIMIT $2 FOR UPDATE SKIP LOCKED
      ) RETURNING client_id
    )
    SELECT client_id AS "clientId", count(*)::integer AS count FROM overdue GROUP BY client_id`,
}

const FORGET: Statement = {
  name: 'logout-deliveries.forget',
  text: `WITH gone AS (
      DELETE FROM logout_deliveries WHERE id IN (
        SELECT id FROM logout_deliveries WHERE given_up_at < $1 ORDER BY given_up_at LIMIT $2 FOR UPDATE SKIP LOCKED
      ) RETURNING 1
    )
    SELECT count(*)::integer AS gone FROM gone`,
}

const COUNTS: Statement = {
  name: 'logout-deliveries.counts',
  text: `SELECT count(*) FILTER (WHERE given_up_at IS NULL)::integer AS waiting,
      count(given_up_at)::integer AS "givenUp" FROM logout_deliveries`,
}

const LIST: Statement = {
  name: 'logout-deliveries.list',
  text: `SELECT ${COLUMNS}, ended_at AS "endedAt", due_at AS "dueAt", failure, given_up_at AS "givenUpAt"
    FROM logout_deliveries
    WHERE (given_up_at IS NOT NULL) = $1 AND ($2::text IS NULL OR client_id = $2)
    ORDER BY ended_at, id LIMIT $3`,
}

const RETRY: Statement = {
  name: 'logout-deliveries.retry',
  text: `WITH again AS (
      UPDATE logout_deliveries SET given_up_at = NULL, attempts = 0, due_at = $2, until = $3
      WHERE given_up_at IS NOT NULL AND ($1::text IS NULL OR client_id = $1) RETURNING 1
    )
    SELECT count(*)::integer AS again FROM again`,
}

export function createLogoutDeliveryStore(queryable: Queryable): LogoutDeliveryStore {
  return {
    async add(notices, endedAt) {
      await queryable.query(ADD, [JSON.stringify(notices), endedAt])
    },
    take: ({ now, heldUntil, except, perClient, most }) =>
      queryable.query<LogoutDelivery>(TAKE, [now, heldUntil, except, perClient, most]),
    async finish({ id, attempts }) {
      await queryable.query(FINISH, [id, attempts])
    },
    async postpone({ id, attempts }, { dueAt, failure }) {
      await queryable.query(POSTPONE, [id, attempts, dueAt, failure])
    },
    async giveUp({ id, attempts }, { at, failure }) {
      await queryable.query(GIVE_UP, [id, attempts, at, failure])
    },
    giveUpOverdue: (now, limit) => queryable.query<{ clientId: string; count: number }>(GIVE_UP_OVERDUE, [now, limit]),
    async forget(givenUpBefore, limit) {
      const [row] = await queryable.query<{ gone: number }>(FORGET, [givenUpBefore, limit])
      return row?.gone ?? 0
    },
    async counts() {
      const [row] = await queryable.query<{ waiting: number; givenUp: number }>(COUNTS)
      return row ?? { waiting: 0, givenUp: 0 }
    },
    list: ({ givenUp, clientId, limit }) => queryable.query<StandingDelivery>(LIST, [givenUp, clientId, limit]),
    async retry({ clientId, now, until }) {
      const [row] = await queryable.query<{ again: number }>(RETRY, [clientId, now, until])
      return row?.again ?? 0
    },
  }
}
