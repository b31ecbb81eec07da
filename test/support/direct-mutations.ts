/** Questions that are almost plain: one or two things in them are changed, as a number decides. */
import type { Random } from './random.ts'
import type { Question } from './two-ways.ts'

const METHODS = ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']
const CHARACTERS = [
  ...' !"%&\'()*+,-./:;<=>?@[]^_`{|}~\t\\#$',
  'A',
  'a',
  '0',
  'z',
  '%00',
  '%41',
  '%',
  '%zz',
  '%C3%BC',
  '&&',
]
const HEADERS: readonly (readonly [string, string])[] = [
  ['authorization', 'Bearer x'],
  ['authorization', 'Basic eDp5'],
  ['content-type', 'text/plain'],
  ['accept', 'text/html'],
  ['origin', 'https://library.school.example'],
  ['dpop', 'x'],
  ['cookie', 'a=b'],
  ['expect', 'x'],
  ['x-forwarded-for', '203.0.113.7'],
]
const FIELDS = ['token=x', 'token=', 'client_id=library', 'client_secret=', 'token_type_hint=refresh_token', 'x=y', '']

type Mutate = (random: Random, question: Question) => Question

const MUTATIONS: readonly Mutate[] = [
  (random, question) => ({ ...question, method: random.pick(METHODS) }),
  (random, question) => ({ ...question, path: garbled(random, question.path) }),
  (random, question) => ({ ...question, headers: [...(question.headers ?? []), random.pick(HEADERS)] }),
  (random, question) => ({ ...question, headers: (question.headers ?? []).filter(() => random.chance(0.6)) }),
  (random, question) => ({
    ...question,
    headers: (question.headers ?? []).map(([name, value]) => [
      name,
      random.chance(0.5) ? garbled(random, value) : value,
    ]),
  }),
  (random, question) => ({
    ...question,
    headers: (question.headers ?? []).map(([name, value]) => [
      name.toUpperCase(),
      random.pick([value, value.toLowerCase()]),
    ]),
  }),
  (random, question) => ({ ...question, body: garbled(random, question.body ?? '') }),
  (random, question) => ({ ...question, body: `${question.body ?? ''}&${random.pick(FIELDS)}` }),
  (random, question) => ({ ...question, body: `${random.pick(FIELDS)}&${question.body ?? ''}` }),
  (_random, question) => ({ ...question, body: (question.body ?? '').split('&').toReversed().join('&') }),
]

export function mutationOf(random: Random, question: Question): Question {
  const times = random.between(1, 2)
  let mutated = question
  for (let time = 0; time < times; time++) mutated = random.pick(MUTATIONS)(random, mutated)
  return announced(mutated)
}

function garbled(random: Random, text: string): string {
  const at = random.between(0, text.length)
  const gone = random.between(0, 1)
  return text.slice(0, at) + (random.chance(0.8) ? random.pick(CHARACTERS) : '') + text.slice(at + gone)
}

/** What is announced comes, or whoever answers would wait for it; a path begins as one. */
function announced({ path, body, headers = [], method }: Question): Question {
  const others = headers.filter(([name]) => !/^(content-length|transfer-encoding|host|connection)$/i.test(name))
  const length = body ? [['content-length', String(Buffer.byteLength(body))] as const] : []
  return {
    ...(method !== undefined && { method }),
    path: /^\/[\x21-\x7E]*$/.test(path) ? path : '/me',
    headers: [...others.map(([name, value]) => [name, value.trim()] as const), ...length],
    ...(body && { body }),
  }
}
