import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type House, openHouse } from '../../test/support/house.ts'
import type { Room } from './room.ts'

const room: Room = {
  mount(router) {
    router.get('/things/:id', (ctx) => {
      ctx.body = 'a thing'
    })
    router.get('/slow', async (ctx) => {
      ctx.req.socket.destroy()
      ctx.body = 'too late'
    })
  },
}

let house: House
beforeAll(async () => {
  house = await openHouse({ rooms: [room] })
})
afterAll(() => house.close())

describe('the metrics', () => {
  const seen = () => house.metrics.observed.map(({ name, labels }) => ({ name, ...labels }))
  const name = 'campus_http_request_duration_seconds'

  test('know an answer by its route, method and status, and no address', async () => {
    await house.send('/things/202407010101?code=secret')
    await house.send('/nowhere/202407010101')
    expect(seen()).toContainEqual({ name, route: '/things/:id', method: 'GET', status: '2xx' })
    expect(seen()).toContainEqual({ name, route: 'none', method: 'GET', status: '4xx' })
    expect(JSON.stringify(seen())).not.toMatch(/202407010101|secret/)
  })

  test('know no method that a stranger thought of', async () => {
    await house.send('/things/1', { method: 'PROPFIND', headers: { origin: 'https://id.school.example' } })
    expect(seen()).toContainEqual({ name, route: 'none', method: 'other', status: '4xx' })
    expect(JSON.stringify(seen())).not.toContain('PROPFIND')
  })

  test('tell an answer that nobody waited for from one that was given', async () => {
    await expect(house.send('/slow')).rejects.toThrow()
    expect(seen()).toContainEqual({ name, route: '/slow', method: 'GET', status: 'aborted' })
  })

  test('take seconds', async () => {
    house.metrics.observed.length = 0
    await house.send('/things/1')
    expect(house.metrics.observed[0]?.value).toBeGreaterThan(0)
    expect(house.metrics.observed[0]?.value).toBeLessThan(1)
  })
})
