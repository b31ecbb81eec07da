import type { NewPersonInput } from '../people/people.ts'

export interface DemoPerson extends NewPersonInput {
  /** What each number is good for trying, in both languages; in the order of the identities. */
  notes: readonly string[]
}

/** Everybody in the demo has it: it proves nothing, and the demo listens on loopback. */
export const DEMO_PASSWORD = 'lake willow crane'

/** Nobody: names and numbers are invented, and no school numbers its people in this way. */
export const DEMO_PEOPLE: readonly DemoPerson[] = [
  {
    name: '林晓雨',
    identities: [{ number: '999925010101', type: 'undergraduate', organisation: '物理学院' }],
    notes: ['本科生 · undergraduate'],
  },
  {
    name: '阿依古丽·买买提',
    identities: [{ number: '999900020202', type: 'staff', organisation: '信息化办公室' }],
    aliases: ['ayigul'],
    notes: ['职工，别名 ayigul · staff, alias ayigul'],
  },
  {
    name: '石𬭎',
    identities: [{ number: '999924030303', type: 'doctor', organisation: '数学科学学院' }],
    notes: ['博士生，生僻字 · doctor, a rare character'],
  },
  {
    name: '周明远',
    identities: [
      { number: '999900040404', type: 'staff', organisation: '图书馆' },
      { number: '999923040404', type: 'master', organisation: '信息管理学院' },
    ],
    notes: ['职工，也是硕士生 · staff and a student', '同一人的另一学工号 · the same person'],
  },
  {
    name: '沈静',
    state: 'suspended',
    identities: [{ number: '999922050505', type: 'undergraduate', organisation: '外国语学院' }],
    notes: ['账号已停用 · suspended'],
  },
]
