import { z } from 'zod'
import type { Campus } from '../campus.ts'
import { foldLogin } from './fold-login.ts'
import type { NewPerson } from './people.ts'

const typedNumber = z
  .string()
  .transform((typed) => typed.normalize('NFKC').replace(/\s/g, ''))
  .pipe(z.string().regex(/^[0-9A-Za-z]{4,32}$/, 'expected 4 to 32 letters and digits, such as 202407010101'))

const typedAlias = z
  .string()
  .transform(foldLogin)
  .pipe(z.string().regex(/^[\p{L}\p{N}._@+-]{2,64}$/u, 'expected 2 to 64 letters, digits or any of . _ @ + -'))

const newIdentity = z.strictObject({
  number: typedNumber,
  type: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'expected a code of the type table, such as undergraduate or staff'),
  organisation: z.string().trim().min(1).max(200).nullable().default(null),
  validFrom: z.date().optional(),
  validTo: z.date().nullable().default(null),
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
  })

/** What an operator or an import says about somebody who is not known yet. The first identity is the primary one. */
export type NewPersonInput = z.input<ReturnType<typeof newPersonInput>>

export interface FieldProblem {
  /** Such as `identities.0.number`. */
  field: string
  /** What is expected, in English: operators read it. */
  message: string
}

export type NewPersonAnswer = { ok: true; person: NewPerson } | { ok: false; problems: FieldProblem[] }

/** Checks everything that is said and answers every mistake at once; keeps nothing yet (`createPerson` does). */
export function newPerson(needs: Pick<Campus, 'clock' | 'random'>, input: NewPersonInput): NewPersonAnswer {
  const now = needs.clock()
  const checked = newPersonInput(now).safeParse(input)
  if (!checked.success) {
    const problems = checked.error.issues.map(({ path, message }) => ({ field: path.join('.'), message }))
    return { ok: false, problems }
  }
  const { name, state, identities, aliases } = checked.data
  const numbers = new Set(identities.map(({ number }) => foldLogin(number)))
  const person: NewPerson = {
    id: needs.random.uuid(),
    name,
    state,
    identities: identities.map((identity, index) => ({
      ...identity,
      id: needs.random.uuid(),
      isPrimary: index === 0,
      validFrom: identity.validFrom ?? now,
    })),
    aliases: [...new Set(aliases)].filter((alias) => !numbers.has(alias)),
  }
  return { ok: true, person }
}
