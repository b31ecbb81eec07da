/**
 * What is answered directly is what the library would have answered: every question of a table, in every situation of
 * another, is asked in a house with direct answers and in one without, and all that they send and note is compared.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { mutationOf } from '../support/direct-mutations.ts'
import { type Minted, type Named, otherwiseAsked, plainlyAsked, plainQuestions } from '../support/direct-questions.ts'
import { MOMENTS, SITUATIONS, type Situation } from '../support/direct-situations.ts'
import { mintTokens } from '../support/minted-tokens.ts'
import { createRandom } from '../support/random.ts'
import { openTwoWays, type Said, type TwoWays } from '../support/two-ways.ts'

const namesOf = (questions: readonly Named[]) => questions.map(([what]) => what)

/** Answers which were answered directly. */
async function compare(ways: TwoWays, questions: readonly Named[]): Promise<string[]> {
  const direct: string[] = []
  const differ: [what: string, directly: Said, byLibrary: Said][] = []
  for (const [what, question] of questions) {
    const { directly, byLibrary } = await ways.ask(question)
    if (directly.direct > 0) direct.push(what)
    const isSame = JSON.stringify({ ...directly, direct: 0 }) === JSON.stringify(byLibrary)
    if (!isSame) differ.push([what, directly, byLibrary])
  }
  expect(differ).toEqual([])
  return direct
}

async function compareWhere({ remains }: Situation, ways: TwoWays, tokens: Minted): Promise<void> {
  const direct = await compare(ways, plainlyAsked(tokens))
  const plain = namesOf(plainQuestions(tokens))
  expect(direct.filter((what) => plain.includes(what))).toEqual(plain.filter((what) => remains(what)))
}

/** The library looks no closer at these either. */
const ALSO_PLAIN = [
  ...['a space behind', 'twice', 'HTML is wanted', 'a JWT is wanted', 'it was known', 'with a cookie', 'compressed'],
  ...['of two types', 'with a token in code', 'a JWT is wanted', 'HTML is wanted', 'by a secret in code'],
  ...['in the head, with the name in the body', 'in the head, in code', 'twice in the head'],
]

describe('with direct answers and without', () => {
  let ways: TwoWays
  let tokens: Minted
  let putBack: () => Promise<void>
  beforeAll(async () => {
    ways = await openTwoWays()
    tokens = await mintTokens(ways)
    putBack = await ways.keep()
  })
  beforeEach(() => putBack())
  afterAll(() => ways.close())

  test('what is plain is answered alike, and directly: for every kind of token and of client', async () => {
    const plain = plainQuestions(tokens)
    expect(await compare(ways, plain)).toEqual(namesOf(plain))
  })

  test('what is asked in another way is answered alike', async () => {
    expect(await compare(ways, otherwiseAsked(tokens))).toEqual(ALSO_PLAIN)
  })

  test.each(SITUATIONS)('every token is answered for alike where $name', async (situation) => {
    await situation.change(ways)
    await compareWhere(situation, ways, tokens)
  })

  test.each([1, 2, 3])('what is almost plain is answered alike, seed %i', async (seed) => {
    const plain = plainQuestions(tokens)
    const random = createRandom(seed)
    const almost = Array.from({ length: 200 }, (): Named => {
      const question = mutationOf(random, random.pick(plain)[1])
      return [JSON.stringify(question), question]
    })
    await compare(ways, almost)
  })
})

describe('in a world of its own', () => {
  test.each(MOMENTS)('every token is answered for alike after $name', async (situation) => {
    const ways = await openTwoWays()
    const tokens = await mintTokens(ways)
    await situation.change(ways)
    await compareWhere(situation, ways, tokens).finally(ways.close)
  })
})
