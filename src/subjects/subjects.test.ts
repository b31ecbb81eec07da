import { randomBytes, randomUUID } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { createSubjectLookup, type SubjectStore } from './subjects.ts'

const random = { token: (bytes: number) => randomBytes(bytes).toString('base64url'), uuid: () => randomUUID() }

function countingStore(): { subjects: SubjectStore; calls: () => number } {
  const rows = new Map<string, string>()
  let calls = 0
  const subjects: SubjectStore = {
    async findOrCreate(personId, sector, fresh) {
      calls += 1
      const subject = rows.get(`${personId} ${sector}`) ?? fresh
      rows.set(`${personId} ${sector}`, subject)
      return subject
    },
  }
  return { subjects, calls: () => calls }
}

test('a person has one subject in a sector, another in the next, and it names nobody', async () => {
  const subjectOf = createSubjectLookup({ ...countingStore(), random })
  const library = await subjectOf('person-1', 'library.example.edu')
  expect(await subjectOf('person-1', 'library.example.edu')).toBe(library)
  expect(await subjectOf('person-1', 'canteen.example.edu')).not.toBe(library)
  expect(await subjectOf('person-2', 'library.example.edu')).not.toBe(library)
  expect(library).toMatch(/^[A-Za-z0-9_-]{32}$/)
})

test('the table is asked once for a person and sector, and again after very many others', async () => {
  const { subjects, calls } = countingStore()
  const subjectOf = createSubjectLookup({ subjects, random })
  const first = await subjectOf('person-1', 'a')
  await subjectOf('person-1', 'a')
  expect(calls()).toBe(1)
  for (let other = 0; other < 20_000; other++) await subjectOf(`other-${other}`, 'a')
  expect(await subjectOf('person-1', 'a')).toBe(first)
  expect(calls()).toBe(20_002)
})

test('what the table could not answer is not remembered', async () => {
  const { subjects } = countingStore()
  let down = true
  const subjectOf = createSubjectLookup({
    subjects: {
      async findOrCreate(...asked) {
        if (down) throw new Error('down')
        return subjects.findOrCreate(...asked)
      },
    },
    random,
  })
  await expect(subjectOf('person-1', 'a')).rejects.toThrow('down')
  down = false
  expect(await subjectOf('person-1', 'a')).toHaveLength(32)
})
