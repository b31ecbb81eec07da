import { z } from 'zod'
import type { Campus } from '../campus.ts'
import { foldLogin } from './fold-login.ts'
import type { NewPerson, PlacementStatement, ProfileStatement } from './people.ts'

const typedNumber = z
  .string()
  .transform((typed) => typed.normalize('NFKC').replace(/\s/g, ''))
  .pipe(z.string().regex(/^[0-9A-Za-z]{4,32}$/, 'expected 4 to 32 letters and digits, such as 202407010101'))

const typedAlias = z
  .string()
  .transform(foldLogin)
  .pipe(z.string().regex(/^[\p{L}\p{N}._@+-]{2,64}$/u, 'expected 2 to 64 letters, digits or any of . _ @ + -'))

const code = z.string().trim().min(1).max(40).nullable().default(null)
const day = z.iso.date('expected a day, such as 2022-09-01').nullable().default(null)

/** Where somebody stands under one number; codes are those of the school's tables. */
const placement = {
  organisationCode: code,
  majorCode: code,
  classCode: code,
  grade: z.string().trim().min(1).max(20).nullable().default(null),
  level: z.string().trim().min(1).max(40).nullable().default(null),
  admittedOn: day,
  graduatesOn: day,
}

const contacts = {
  phone: z
    .string()
    .regex(/^\+[1-9][0-9]{6,14}$/, 'expected a number with its country, such as +8613800000000')
    .nullable()
    .default(null),
  email: z.email('expected an address, such as lan@example.edu.cn').max(254).nullable().default(null),
}

const newIdentity = z.strictObject({
  number: typedNumber,
  type: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'expected a code of the type table, such as undergraduate or staff'),
  organisation: z.string().trim().min(1).max(200).nullable().default(null),
  validFrom: z.date().optional(),
  validTo: z.date().nullable().default(null),
  ...placement,
})

/** An identity begins now, unless it is said when. */
const newPersonInput = (now: Date) =>
  z.strictObject({
    name: z
      .string()
      .trim()
      .min(1, 'expected a name')
      .max(200, 'expected at most 200 characters')
      .regex(/^\P{C}*$/u, 'expected no control characters'),
    state: z.enum(['pending', 'active', 'suspended', 'closed']).default('active'),
    identities: z
      .array(
        newIdentity.refine(({ validFrom = now, validTo }) => validTo === null || validFrom < validTo, {
          path: ['validTo'],
          message: 'expected a time after the beginning, which is now unless it is given',
        }),
      )
      .min(1, 'expected at least one identity')
      .max(16, 'expected at most 16 identities')
      .refine(
        (all) => new Set(all.map(({ number }) => number.toLowerCase())).size === all.length,
        'a number stands twice',
      ),
    aliases: z.array(typedAlias).max(16, 'expected at most 16 aliases').default([]),
    ...contacts,
  })

/** What an operator or an import says about somebody who is not known yet. The first identity is the primary one. */
export type NewPersonInput = z.input<ReturnType<typeof newPersonInput>>

export interface FieldProblem {
  /** Such as `identities.0.number`. */
  field: string
  /** What is expected, in English: operators read it. */
  message: string
}

export type NewPersonAnswer =
  | { ok: true; person: NewPerson; statement: ProfileStatement }
  | { ok: false; problems: FieldProblem[] }

/** Checks everything that is said and answers every mistake at once; keeps nothing yet (`createPerson` does). */
export function newPerson(needs: Pick<Campus, 'clock' | 'random'>, input: NewPersonInput): NewPersonAnswer {
  const now = needs.clock()
  const checked = newPersonInput(now).safeParse(input)
  if (!checked.success) {
    const problems = checked.error.issues.map(({ path, message }) => ({ field: path.join('.'), message }))
    return { ok: false, problems }
  }
  const { name, state, identities, aliases, phone, email } = checked.data
  const numbers = new Set(identities.map(({ number }) => foldLogin(number)))
  const person: NewPerson = {
    id: needs.random.uuid(),
    name,
    state,
    identities: identities.map(({ number, type, organisation, validFrom, validTo }, index) => ({
      ...{ id: needs.random.uuid(), number, type, organisation, isPrimary: index === 0 },
      ...{ validFrom: validFrom ?? now, validTo },
    })),
    aliases: [...new Set(aliases)].filter((alias) => !numbers.has(alias)),
  }
  const placements = identities.map(
    ({ organisationCode, majorCode, classCode, grade, level, admittedOn, graduatesOn }): PlacementStatement => ({
      ...{ organisationCode, majorCode, classCode, grade, level, admittedOn, graduatesOn },
    }),
  )
  const statement: ProfileStatement = {
    ...{ familyName: null, givenName: null, orcid: null },
    // What an operator types, nobody has shown to be theirs.
    phone: phone === null ? null : { value: phone, verifiedAt: null },
    email: email === null ? null : { value: email, verifiedAt: null },
    identities: Object.fromEntries(
      person.identities.flatMap(({ id }, index) => (placements[index] ? [[id, placements[index]]] : [])),
    ),
  }
  return { ok: true, person, statement }
}
