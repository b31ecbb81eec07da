/** What relying parties can learn of the demo's people: as invented as they are. */
import type { CodeBook, NewPerson, PlacementStatement, ProfileStatement } from '../people/people.ts'

const coded = (code: string, name: string, nameInEnglish: string) => ({ code, name, nameInEnglish })
const organisation = (name: string, nameInEnglish: string, path: string[]) => ({
  ...coded(path.at(-1) ?? '', name, nameInEnglish),
  path,
})

export const DEMO_CODES: Partial<CodeBook> = {
  organisations: [
    organisation('理学部', 'Faculty of Science', ['01']),
    organisation('物理学院', 'School of Physics', ['01', '0101']),
    organisation('数学科学学院', 'School of Mathematics', ['01', '0102']),
    organisation('信息管理学院', 'School of Information Management', ['02']),
    organisation('外国语学院', 'School of Foreign Languages', ['03']),
    organisation('图书馆', 'Library', ['90']),
    organisation('信息化办公室', 'IT Office', ['91']),
  ],
  majors: [
    coded('070201', '物理学', 'Physics'),
    coded('070101', '基础数学', 'Pure Mathematics'),
    coded('125500', '图书情报', 'Library and Information'),
    coded('050201', '英语', 'English'),
  ],
  classes: [coded('0101-2501', '物理2501班', 'Physics 2501'), coded('03-2202', '英语2202班', 'English 2202')],
}

const nowhere: PlacementStatement = {
  ...{ organisationCode: null, majorCode: null, classCode: null, grade: null, level: null },
  ...{ admittedOn: null, graduatesOn: null },
}

const study = (organisationCode: string, majorCode: string, grade: string, level: string) => ({
  ...nowhere,
  ...{ organisationCode, majorCode, grade, level, admittedOn: `${grade}-09-01` },
})

/** By number (学工号). */
const PLACEMENTS: Readonly<Record<string, PlacementStatement>> = {
  999925010101: { ...study('0101', '070201', '2025', '本科'), classCode: '0101-2501', graduatesOn: '2029-06-30' },
  999900020202: { ...nowhere, organisationCode: '91' },
  999924030303: { ...study('0102', '070101', '2024', '博士'), graduatesOn: '2028-06-30' },
  999900040404: { ...nowhere, organisationCode: '90' },
  999923040404: { ...study('02', '125500', '2023', '硕士'), graduatesOn: '2026-06-30' },
  999922050505: { ...study('03', '050201', '2022', '本科'), classCode: '03-2202', graduatesOn: '2026-06-30' },
}

/** Domains for documentation (RFC 2606), and a number that no carrier gives out. */
const CONTACTS: Readonly<Record<string, { email: string; phone: string | null }>> = {
  999925010101: { email: 'linxiaoyu@campus.example', phone: '+8610000000101' },
  999900020202: { email: 'ayigul@campus.example', phone: null },
}

export function demoStatement({ identities }: Pick<NewPerson, 'identities'>, verifiedAt: Date): ProfileStatement {
  const contact = CONTACTS[identities[0]?.number ?? '']
  const placed = identities.map(({ id, number }) => [id, PLACEMENTS[number] ?? nowhere])
  return {
    ...{ familyName: null, givenName: null, orcid: null },
    email: contact ? { value: contact.email, verifiedAt } : null,
    phone: contact?.phone ? { value: contact.phone, verifiedAt: null } : null,
    identities: Object.fromEntries(placed),
  }
}
