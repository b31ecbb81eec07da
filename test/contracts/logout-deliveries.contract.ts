/** What deliveries of logout tokens must do, on whichever database. */
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { storesOn } from '../../adapters/postgres/stores.ts'
import type { LogoutNotice, Taking } from '../../src/logout-deliveries/logout-deliveries.ts'
import { sampleClient } from '../support/memory-desk.ts'
import type { TestDatabase } from './databases.ts'
import { parallel } from './samples.ts'

const NOW = new Date('2026-09-01T08:00:00.000Z')
const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1_000)
const DAY = 86_400

export function logoutDeliveriesContract(opened: () => TestDatabase) {
  const stores = () => storesOn(opened().database)
  const store = () => stores().logoutDeliveries
  const taking = (changes: Partial<Taking> = {}): Taking => {
    return { now: NOW, heldUntil: later(10), except: [], perClient: 100, most: 1_000, ...changes }
  }

  /** Clients of this test alone, and a session of one person at each. */
  async function party(...names: string[]) {
    await clear()
    const personId = randomUUID()
    const clients = names.map((name) => `${name}-${randomUUID().slice(0, 8)}`)
    for (const id of clients) {
      await stores().clients.put(sampleClient(id, { backchannel_logout_uri: 'https://rp.school.example/' }))
    }
    const notice = (at = 0): LogoutNotice => ({ clientId: clients[at] ?? '', personId, sid: randomUUID() })
    return { clients, personId, notice }
  }

  async function clear() {
    await opened().database.query({ name: 'test.clear-deliveries', text: 'DELETE FROM logout_deliveries' })
    await opened().database.query({ name: 'test.clear-untold', text: 'UPDATE not_before SET untold = false' })
  }

  describe('logout deliveries:', () => {
    test('are for clients that can be told, once for each session', async () => {
      const { notice, clients } = await party('library', 'off')
      await stores().clients.disable(clients[1] ?? '', NOW)
      const silent = sampleClient(`silent-${randomUUID().slice(0, 8)}`)
      await stores().clients.put(silent)
      const mine = notice()
      await store().add([mine, mine, notice(1), { ...notice(), clientId: silent.id }], NOW)
      await store().add([mine, { ...notice(), clientId: 'nobody' }], later(60))
      await store().add([], NOW)
      const standing = await store().list({ givenUp: false, clientId: null, limit: 10 })
      const fresh = { attempts: 0, endedAt: NOW, dueAt: NOW, until: later(DAY), failure: null, givenUpAt: null }
      expect(standing).toEqual([{ ...mine, ...fresh, id: expect.stringMatching(/^\d+$/) }])
    })

    test('of takers at once each gets its own, and nobody what is held', async () => {
      const { notice } = await party('library')
      await store().add(
        Array.from({ length: 40 }, () => notice()),
        NOW,
      )
      const processes = [store(), storesOn(opened().openAgain()).logoutDeliveries]
      const shares = await parallel((caller) => (processes[caller % 2] ?? store()).take(taking({ most: 4 })))
      const taken = [...shares.flat(), ...(await store().take(taking()))]
      expect(new Set(taken.map(({ id }) => id)).size).toBe(40)
      expect(taken).toHaveLength(40)
      expect(new Set(taken.map(({ attempts }) => attempts))).toEqual(new Set([1]))
      expect(await store().take(taking({ now: later(9) }))).toEqual([])
      expect(await store().take(taking({ now: later(10), heldUntil: later(20) }))).toHaveLength(40)
    })

    test('are shared out: so many a client, none to whom it says, the longest due first', async () => {
      const { notice, clients } = await party('a', 'b', 'c')
      for (const [at, due] of [
        [0, 3],
        [0, 1],
        [0, 2],
        [1, 0],
        [2, -1],
      ] as const) {
        await store().add([notice(at)], later(due - 60))
      }
      const [, , third = ''] = clients
      const taken = await store().take(taking({ perClient: 2, except: [third] }))
      expect(taken.map(({ clientId }) => clientId).toSorted()).toEqual([clients[0], clients[0], clients[1]])
      expect(await store().take(taking({ now: later(-58), perClient: 5 }))).toMatchObject([{ clientId: third }])
      const [last] = await store().take(taking({ perClient: 5 }))
      expect(last).toMatchObject({ clientId: clients[0], until: later(3 - 60 + DAY) })
    })

    test('with one place left, that goes to whoever waits for the longest', async () => {
      const { notice, clients } = await party('a', 'b')
      await store().add([notice(0)], later(-10))
      await store().add([notice(1)], later(-20))
      expect(await store().take(taking({ most: 1 }))).toMatchObject([{ clientId: clients[1] }])
      expect(await store().take(taking({ most: 1 }))).toMatchObject([{ clientId: clients[0] }])
    })

    test('leave nothing when they are done, and come again when they are put off', async () => {
      const { notice } = await party('library')
      await store().add([notice(), notice()], NOW)
      const [one, two] = await store().take(taking())
      if (!one || !two) throw new Error('two were put down')
      await store().finish(one)
      await store().postpone(two, { dueAt: later(300), failure: 'status_503' })
      expect(await store().counts()).toEqual({ waiting: 1, givenUp: 0 })
      expect(await store().take(taking({ now: later(299) }))).toEqual([])
      expect(await store().take(taking({ now: later(300) }))).toMatchObject([{ id: two.id, attempts: 2 }])
    })

    test('are nobody’s any more who held them for too long', async () => {
      const { notice } = await party('library')
      await store().add([notice()], NOW)
      const [slow] = await store().take(taking())
      const [quick] = await store().take(taking({ now: later(10), heldUntil: later(20) }))
      if (!slow || !quick) throw new Error('one was put down')
      await store().finish(slow)
      await store().postpone(slow, { dueAt: NOW, failure: 'late' })
      await store().giveUp(slow, { at: NOW, failure: 'late' })
      expect(await store().list({ givenUp: false, clientId: null, limit: 9 })).toMatchObject([
        { attempts: 2, failure: null, dueAt: later(20) },
      ])
      await store().finish(quick)
      expect(await store().counts()).toEqual({ waiting: 0, givenUp: 0 })
    })

    test('are given up, listed, tried again and forgotten', async () => {
      const { notice, clients } = await party('library', 'canteen')
      await store().add([notice(), notice(1)], NOW)
      for (const taken of await store().take(taking())) await store().giveUp(taken, { at: later(60), failure: 'gone' })
      expect(await store().take(taking({ now: later(DAY) }))).toEqual([])
      const [mine = ''] = clients
      expect(await store().list({ givenUp: true, clientId: mine, limit: 9 })).toMatchObject([
        { clientId: mine, failure: 'gone', givenUpAt: later(60), endedAt: NOW },
      ])
      expect(await store().retry({ clientId: mine, now: later(90), until: later(90 + DAY) })).toBe(1)
      expect(await store().counts()).toEqual({ waiting: 1, givenUp: 1 })
      expect(await store().take(taking({ now: later(90), heldUntil: later(100) }))).toMatchObject([
        { clientId: mine, attempts: 1, until: later(90 + DAY) },
      ])
      expect([await store().forget(later(60), 9), await store().forget(later(61), 9)]).toEqual([0, 1])
    })

    test('that nobody came to in time are given up, and not those that are being tried', async () => {
      const { notice, clients } = await party('library')
      await store().add([notice(), notice(), notice(), notice()], NOW)
      await store().take(taking({ most: 1, now: later(DAY - 1), heldUntil: later(DAY + 9) }))
      expect(await store().giveUpOverdue(later(DAY - 1), 9)).toEqual([])
      expect(await store().giveUpOverdue(later(DAY), 2)).toEqual([{ clientId: clients[0], count: 2 }])
      expect(await store().giveUpOverdue(later(DAY), 2)).toEqual([{ clientId: clients[0], count: 1 }])
      expect(await store().giveUpOverdue(later(DAY), 2)).toEqual([])
      expect(await store().list({ givenUp: true, clientId: null, limit: 1 })).toMatchObject([
        { failure: 'never_tried' },
      ])
    })
  })

  describe('an end and those who are to be told of it:', () => {
    const entry = { at: NOW, reason: 'test', expiresAt: null }

    test('are written together or not at all', async () => {
      const { notice, personId } = await party('library')
      await stores().notBefore.set('session', randomUUID(), { ...entry, tell: [notice(), notice()] })
      expect(await store().counts()).toEqual({ waiting: 2, givenUp: 0 })
      const spoilt = { ...notice(), personId: 'nobody at all' }
      await expect(
        stores().notBefore.set('session', 'spoilt', { ...entry, tell: [notice(), spoilt] }),
      ).rejects.toThrow()
      expect(await store().counts()).toEqual({ waiting: 2, givenUp: 0 })
      const standing = await stores().notBefore.standing({ personId, clientId: null, sessionUid: 'spoilt' })
      expect(standing.notBefore).toBeNull()
    })

    test('are undone with the act around them', async () => {
      const { notice } = await party('library')
      const act = opened().database.transaction(async (inside) => {
        const { notBefore } = storesOn(inside)
        await notBefore.set('session', randomUUID(), { ...entry, tell: [notice()] })
        await notBefore.set('person', randomUUID(), entry)
        throw new Error('no')
      })
      await expect(act).rejects.toThrow('no')
      expect(await store().counts()).toEqual({ waiting: 0, givenUp: 0 })
      expect(await stores().notBefore.untold(9)).toEqual([])
    })

    test('that are not known yet are asked for until they were told, and anew at the next end', async () => {
      await party()
      const { notBefore } = stores()
      const [person, session] = [randomUUID(), randomUUID()]
      await notBefore.set('session', session, { ...entry, at: later(1) })
      await notBefore.set('person', person, entry)
      await notBefore.set('client', `client-${person}`, entry)
      await notBefore.set('session', randomUUID(), { ...entry, tell: [] })
      const mine = { kind: 'person', id: person, at: NOW } as const
      expect(await notBefore.untold(9)).toEqual([mine, { kind: 'session', id: session, at: later(1) }])
      expect(await notBefore.untold(1)).toEqual([mine])
      await notBefore.set('person', person, { ...entry, at: later(5) })
      await notBefore.told(mine)
      expect(await notBefore.untold(9)).toMatchObject([{ kind: 'session' }, { ...mine, at: later(5) }])
      await notBefore.told({ ...mine, at: later(5) })
      // An end that lies before the one that was told is nothing new.
      await notBefore.set('person', person, { ...entry, at: later(4) })
      expect(await notBefore.untold(9)).toMatchObject([{ kind: 'session' }])
    })
  })
}
