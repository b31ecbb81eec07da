/** Invented people, each with a reason to exist. The numbers follow the pattern of the school and belong to nobody. */
import type { NewPersonInput } from '../people/people.ts'

export interface DemoPerson {
  input: NewPersonInput
  /** What there is to see with this account. */
  show: { 'zh-CN': string; en: string }
}

/** Published, which is why the demo listens on loopback only. */
export const DEMO_PASSWORD = 'campus demo 2026'

export const DEMO_PEOPLE: readonly DemoPerson[] = [
  {
    input: {
      name: '吴岚',
      identities: [{ number: '202407010101', type: 'undergraduate', organisation: '信息科学与工程学院' }],
      aliases: ['wulan'],
    },
    show: { 'zh-CN': '本科生,别名 wulan', en: 'an undergraduate, alias wulan' },
  },
  {
    input: {
      name: '阿依古丽·买买提依明',
      identities: [{ number: '202311020203', type: 'doctor', organisation: '土木工程学院' }],
    },
    show: { 'zh-CN': '博士生,长姓名', en: 'a doctoral student with a long name' },
  },
  {
    input: {
      name: '陈𬭎',
      identities: [
        { number: '200900030017', type: 'staff', organisation: '图书馆' },
        { number: '202530010009', type: 'master', organisation: '经济与管理学院' },
      ],
    },
    show: { 'zh-CN': '教职工兼硕士生,生僻字', en: 'staff and student at once, a rare character' },
  },
  {
    input: {
      name: '周明远',
      identities: [{ number: '199800010042', type: 'faculty', organisation: '交通运输学院' }],
    },
    show: { 'zh-CN': '教师', en: 'a teacher' },
  },
  {
    input: {
      name: '林小禾',
      state: 'suspended',
      identities: [{ number: '202205040404', type: 'undergraduate', organisation: '外国语学院' }],
    },
    show: { 'zh-CN': '已停用,不能登录', en: 'suspended, cannot sign in' },
  },
]
