import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createFairQueue, type FairQueue } from './fair-queue.ts'

/** `home/lan#1` is a job of the account lan at the address home. */
function filled(sizeMax: number, jobs: string[]): FairQueue<string> {
  const queue = createFairQueue<string>(sizeMax)
  for (const job of jobs) add(queue, job)
  return queue
}

function add(queue: FairQueue<string>, job: string): string | null {
  const [address = '', account = ''] = job.split(/[/#]/)
  return queue.add(job, { address, account })
}

function drained(queue: FairQueue<string>): string[] {
  const jobs: string[] = []
  for (let job = queue.next(); job !== null; job = queue.next()) jobs.push(job)
  return jobs
}

test('addresses take turns, however much one of them sends', () => {
  const queue = filled(9, [
    'flood/a#1',
    'flood/a#2',
    'flood/a#3',
    'flood/a#4',
    'home/lan#1',
    'cafe/qiang#1',
    'home/lan#2',
  ])
  expect(drained(queue)).toEqual([
    'flood/a#1',
    'home/lan#1',
    'cafe/qiang#1',
    'flood/a#2',
    'home/lan#2',
    'flood/a#3',
    'flood/a#4',
  ])
})

test('within an address accounts take turns', () => {
  const queue = filled(9, ['cafe/a#1', 'cafe/a#2', 'cafe/a#3', 'cafe/b#1', 'home/lan#1', 'cafe/b#2'])
  expect(drained(queue)).toEqual(['cafe/a#1', 'home/lan#1', 'cafe/b#1', 'cafe/a#2', 'cafe/b#2', 'cafe/a#3'])
})

test('one account keeps the order in which it asked', () => {
  expect(drained(filled(9, ['home/lan#1', 'home/lan#2', 'home/lan#3']))).toEqual([
    'home/lan#1',
    'home/lan#2',
    'home/lan#3',
  ])
})

test('when it is full the greediest address gets nothing more', () => {
  const queue = filled(3, ['flood/a#1', 'flood/b#1', 'flood/c#1'])
  expect(add(queue, 'flood/d#1')).toBe('flood/d#1')
  expect(queue.size()).toBe(3)
})

test('when it is full somebody else still gets a place, from the greediest account of the greediest address', () => {
  const queue = filled(4, ['flood/a#1', 'flood/a#2', 'flood/b#1', 'flood/a#3'])
  expect(add(queue, 'home/lan#1')).toBe('flood/a#3')
  expect(queue.size()).toBe(4)
  expect(drained(queue)).toEqual(['flood/a#1', 'home/lan#1', 'flood/b#1', 'flood/a#2'])
})

test('when it is full of as many addresses as it has places, newcomers are turned away', () => {
  const queue = filled(3, ['a/x#1', 'b/x#1', 'c/x#1'])
  expect(add(queue, 'd/x#1')).toBe('d/x#1')
  expect(drained(queue)).toEqual(['a/x#1', 'b/x#1', 'c/x#1'])
})

test('an empty queue has nothing, again and again', () => {
  const queue = filled(3, ['home/lan#1'])
  expect(queue.next()).toBe('home/lan#1')
  expect(queue.next()).toBeNull()
  expect(add(queue, 'home/lan#2')).toBeNull()
  expect(queue.next()).toBe('home/lan#2')
  expect(queue.next()).toBeNull()
})

test('every job is served once or dropped once, and never more wait than there are places', () => {
  const job = fc
    .tuple(fc.constantFrom('p', 'q', 'r'), fc.constantFrom('x', 'y'))
    .map(([address, account]) => `${address}/${account}`)
  const steps = fc.array(fc.oneof(job, fc.constant(null)), { maxLength: 60 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), steps, (sizeMax, all) => {
      const queue = createFairQueue<string>(sizeMax)
      const seen: string[] = []
      const asked: string[] = []
      all.forEach((step, index) => {
        const out = step === null ? queue.next() : add(queue, `${step}#${index}`)
        if (step !== null) asked.push(`${step}#${index}`)
        if (out !== null) seen.push(out)
        expect(queue.size()).toBeLessThanOrEqual(sizeMax)
      })
      expect([...seen, ...drained(queue)].toSorted()).toEqual(asked.toSorted())
    }),
  )
})
