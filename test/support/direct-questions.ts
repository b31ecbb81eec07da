/** What can be asked at userinfo and introspection: plainly, and in every other way. */
import { SAMPLE_SECRET } from './memory-desk.ts'
import type { Question } from './two-ways.ts'

/** Tokens by what they are for. */
export interface Minted {
  /** For userinfo: bound to the session or outliving it, and those of other kinds of client. */
  userinfo: Readonly<Record<'bound' | 'lasting' | 'public' | 'thirdParty', string>>
  /** For a resource server: in a person's name, and on a client's own account. */
  resource: Readonly<Record<'persons' | 'clients', string>>
  /** Which are good for neither, or for more than is answered directly. */
  others: Readonly<Record<'refresh' | 'jwt' | 'withClaims' | 'unknown', string>>
}

export type Named = readonly [what: string, question: Question]
type Headers = NonNullable<Question['headers']>

const FORM: Headers[number] = ['content-type', 'application/x-www-form-urlencoded']
const ME = '/me'
const INTROSPECTION = '/token/introspection'

function me(token: string, headers: Headers = []): Question {
  return { path: ME, headers: [['authorization', `Bearer ${token}`], ...headers] }
}

function form(body: string, headers: Headers = [FORM], path = INTROSPECTION): Question {
  return { method: 'POST', path, body, headers: [...headers, ['content-length', String(Buffer.byteLength(body))]] }
}

function basic(pair: string): Headers[number] {
  return ['authorization', `Basic ${Buffer.from(pair).toString('base64')}`]
}

const pairOf = (id: string, secret = SAMPLE_SECRET) => `${id}:${secret}`
const fieldsOf = (id: string, secret = SAMPLE_SECRET) => `client_id=${id}&client_secret=${secret}`
const ASKER = 'grades-api'

/** What is answered directly. */
export function plainQuestions({ userinfo, resource }: Minted): Named[] {
  return [
    ...Object.entries(userinfo).map(([what, token]): Named => [`userinfo, ${what}`, me(token)]),
    ...Object.entries(resource).flatMap(([what, token]): Named[] => [
      [`introspection, ${what}, secret in the body`, form(`token=${token}&${fieldsOf(ASKER)}`)],
      [`introspection, ${what}, secret in the head`, form(`token=${token}`, [FORM, basic(pairOf(ASKER))])],
      [`introspection, ${what}, with a hint`, form(`token_type_hint=access_token&${fieldsOf(ASKER)}&token=${token}`)],
    ]),
  ]
}

/** Every token at both addresses. */
export function plainlyAsked(minted: Minted): Named[] {
  const { userinfo, resource, others } = minted
  return [
    ...plainQuestions(minted),
    ...Object.entries({ ...resource, ...others }).map(([what, token]): Named => [`${what} at userinfo`, me(token)]),
    ...Object.entries({ ...userinfo, ...others }).map(
      ([what, token]): Named => [`${what} introspected`, form(`token=${token}&${fieldsOf(ASKER)}`)],
    ),
  ]
}

export function otherwiseAsked({ userinfo, resource, others }: Minted): Named[] {
  const all = Object.entries({ ...userinfo, ...resource, ...others })
  return [
    ...all.flatMap(([what, token]): Named[] => [
      [`${what} introspected by its holder`, form(`token=${token}&${fieldsOf('library')}`)],
      [
        `${what} introspected as a refresh token`,
        form(`token=${token}&${fieldsOf(ASKER)}&token_type_hint=refresh_token`),
      ],
    ]),
    ...otherwiseAtUserinfo(userinfo.bound),
    ...otherwiseIntrospected(resource.persons),
    ...otherwiseAuthenticated(resource.clients),
  ]
}

function otherwiseAtUserinfo(token: string): Named[] {
  const bearer = `Bearer ${token}`
  const withAuthorization = (value: string): Question => ({ path: ME, headers: [['authorization', value]] })
  return [
    ['no token', { path: ME }],
    ['an empty token', withAuthorization('Bearer ')],
    ...['bearer', 'BEARER', 'Basic', 'DPoP'].map((scheme): Named => [scheme, withAuthorization(`${scheme} ${token}`)]),
    ['no scheme', withAuthorization(token)],
    ['two spaces', withAuthorization(`Bearer  ${token}`)],
    ['a space behind', withAuthorization(`${bearer} `)],
    ['a tab', withAuthorization(`Bearer\t${token}`)],
    ['something behind', withAuthorization(`${bearer} x`)],
    ['a comma', withAuthorization(`${bearer}, ${bearer}`)],
    ['a character less', withAuthorization(bearer.slice(0, -1))],
    ['a character more', withAuthorization(`${bearer}A`)],
    ['twice', me(token, [['authorization', bearer]])],
    ['twice, the other first', { path: ME, headers: [['authorization', 'Bearer x'], ...(me(token).headers ?? [])] }],
    ['HEAD', { ...me(token), method: 'HEAD' }],
    ['PUT', { ...me(token), method: 'PUT' }],
    ['POST with the token in the head', form('', [FORM, ['authorization', bearer]], ME)],
    ['POST with the token in the body', form(`access_token=${token}`, [FORM], ME)],
    ['POST with both', form(`access_token=${token}`, [FORM, ['authorization', bearer]], ME)],
    ['POST with a narrower scope', form('scope=openid', [FORM, ['authorization', bearer]], ME)],
    ...['?', '?x=y', '?scope=openid', '?scope=campus_org', '?lang=en', `?access_token=${token}`, '/', '#'].map(
      (end): Named => [`/me${end}`, { ...me(token), path: `${ME}${end}` }],
    ),
    ['the token in the query alone', { path: `${ME}?access_token=${token}` }],
    ['/ME', { ...me(token), path: '/ME' }],
    ['//me', { ...me(token), path: '//me' }],
    ['an address with a host', { ...me(token), path: 'http://localhost/me' }],
    ['another host', me(token, [['host', 'elsewhere.example']])],
    ...originsFor((headers) => me(token, headers)),
    ['a preflight', { method: 'OPTIONS', ...preflight(ME) }],
    ['a proof of possession', me(token, [['dpop', 'x.y.z']])],
    ['a body that a GET has not', { ...me(token, [['content-length', '3']]), body: 'a=b' }],
    ['an announced body of nothing', me(token, [['content-length', '0']])],
    ['HTML is wanted', me(token, [['accept', 'text/html']])],
    ['a JWT is wanted', me(token, [['accept', 'application/jwt']])],
    ['it was known', me(token, [['if-none-match', '*']])],
    ['with a cookie', me(token, [['cookie', 'a=b; session=x']])],
    ['compressed', me(token, [['accept-encoding', 'gzip, br']])],
  ]
}

function otherwiseIntrospected(token: string): Named[] {
  const body = `token=${token}&${fieldsOf(ASKER)}`
  const typed = (type: string): Named => [`as ${type}`, form(body, [['content-type', type]])]
  return [
    ...['; charset=utf-8', '; charset=latin1', ';', ', text/plain'].map((end) => typed(`${FORM[1]}${end}`)),
    ...['application/json', 'text/plain', 'APPLICATION/X-WWW-FORM-URLENCODED'].map(typed),
    ['without a type', form(body, [])],
    ['of two types', form(body, [FORM, ['content-type', 'text/plain']])],
    ['GET', { path: `${INTROSPECTION}?${body}` }],
    ['HEAD', { method: 'HEAD', path: INTROSPECTION }],
    ['with a query', form(body, [FORM], `${INTROSPECTION}?token=x`)],
    ['at another spelling', form(body, [FORM], '/token/Introspection/')],
    ['in chunks', { method: 'POST', path: INTROSPECTION, body, headers: [FORM, ['transfer-encoding', 'chunked']] }],
    ['with a huge body', form(`${body}&x=${'x'.repeat(9_000)}`)],
    ['with a long field', form(`token=${token}&${fieldsOf(ASKER, 'x'.repeat(3_000))}`)],
    ['with a long field of no use', form(`${body}&x=${'x'.repeat(2_500)}`)],
    ['with an empty body', form('')],
    ['with another field', form(`${body}&x=y`)],
    ['with an empty field', form(`${body}&`)],
    ['with a field without a value', form(`${body}&token_type_hint`)],
    ['with an empty hint', form(`${body}&token_type_hint=`)],
    ['with the long hint', form(`${body}&token_type_hint=urn:ietf:params:oauth:token-type:access_token`)],
    ['with an invented hint', form(`${body}&token_type_hint=x`)],
    ['with two tokens', form(`${body}&token=${token}`)],
    ['with two tokens, one of them nothing', form(`${body}&token=`)],
    ['with no token', form(fieldsOf(ASKER))],
    ['with a token in brackets', form(`token[]=${token}&${fieldsOf(ASKER)}`)],
    ['with a name in code', form(`t%6Fken=${token}&${fieldsOf(ASKER)}`)],
    ['with a token in code', form(`token=%${token.charCodeAt(0).toString(16)}${token.slice(1)}&${fieldsOf(ASKER)}`)],
    ['with half a code', form(`token=${token}%4&${fieldsOf(ASKER)}`)],
    ['with a NUL', form(`token=${token}%00&${fieldsOf(ASKER)}`)],
    ['with a plus', form(`token=+${token}&${fieldsOf(ASKER)}`)],
    ['with what is no text', form(`token=${token}\xff&${fieldsOf(ASKER)}`)],
    ['with another client’s assertion', form(`${body}&client_assertion=a.b.c`)],
    ...originsFor((headers) => form(body, [FORM, ...headers])),
    ['a preflight', { method: 'OPTIONS', ...preflight(INTROSPECTION) }],
    ['a proof of possession', form(body, [FORM, ['dpop', 'x.y.z']])],
    ['an attestation', form(body, [FORM, ['oauth-client-attestation', 'a.b.c']])],
    ['a JWT is wanted', form(body, [FORM, ['accept', 'application/token-introspection+jwt']])],
    ['HTML is wanted', form(body, [FORM, ['accept', 'text/html']])],
    ['another host', form(body, [FORM, ['host', 'elsewhere.example']])],
  ]
}

function otherwiseAuthenticated(token: string): Named[] {
  const ask = (fields: string, headers: Headers = []) => form(`token=${token}${fields}`, [FORM, ...headers])
  const withBasic = (value: string): Question => ask('', [['authorization', value]])
  const encoded = Buffer.from(pairOf(ASKER)).toString('base64')
  return [
    ['by nobody', ask('')],
    ['by a name alone', ask(`&client_id=${ASKER}`)],
    ['by a secret alone', ask(`&client_secret=${SAMPLE_SECRET}`)],
    ['by a wrong secret', ask(`&${fieldsOf(ASKER, 'wrong')}`)],
    ['by an empty secret', ask(`&${fieldsOf(ASKER, '')}`)],
    [
      'by a secret in code',
      ask(`&${fieldsOf(ASKER, `%${SAMPLE_SECRET.charCodeAt(0).toString(16)}${SAMPLE_SECRET.slice(1)}`)}`),
    ],
    ['by another', ask(`&${fieldsOf('rooms-api')}`)],
    ['by a stranger', ask(`&${fieldsOf('nobody')}`)],
    ['by a public client', ask('&client_id=app')],
    ['by a public client with a secret', ask(`&${fieldsOf('app')}`)],
    ['by a name of no client', ask(`&${fieldsOf('__proto__')}`)],
    ['twice', ask(`&${fieldsOf(ASKER)}`, [basic(pairOf(ASKER))])],
    ['in the head, with the name in the body', ask(`&client_id=${ASKER}`, [basic(pairOf(ASKER))])],
    ['in the head, with another name in the body', ask('&client_id=library', [basic(pairOf(ASKER))])],
    ['in the head, with an empty secret in the body', ask('&client_secret=', [basic(pairOf(ASKER))])],
    ['in the head, wrongly', ask('', [basic(pairOf(ASKER, 'wrong'))])],
    ['in the head, by another', ask('', [basic(pairOf('library'))])],
    ['in the head, in code', ask('', [basic(pairOf('grades%2Dapi'))])],
    ['in the head, in broken code', ask('', [basic(pairOf('grades%2api'))])],
    ['in the head, without a colon', ask('', [basic(ASKER)])],
    ['in the head, without a secret', ask('', [basic(`${ASKER}:`)])],
    ['in the head, in letters of elsewhere', ask('', [basic(pairOf('成绩'))])],
    ['in small letters', withBasic(`basic ${encoded}`)],
    ['with two spaces', withBasic(`Basic  ${encoded}`)],
    ['without its padding', withBasic(`Basic ${encoded.replace(/=+$/, '')}`)],
    ['with more padding', withBasic(`Basic ${encoded}=`)],
    ['with something behind', withBasic(`Basic ${encoded} x`)],
    ['with what is not base64', withBasic(`Basic ${encoded.slice(0, 8)}*${encoded.slice(8)}`)],
    ['by a token', withBasic(`Bearer ${token}`)],
    ['twice in the head', ask('', [basic(pairOf(ASKER)), basic(pairOf(ASKER, 'wrong'))])],
  ]
}

function originsFor(question: (headers: Headers) => Question): Named[] {
  return ['https://library.school.example', 'https://elsewhere.example', 'null', ''].map(
    (origin): Named => [`from a page of ${JSON.stringify(origin)}`, question([['origin', origin]])],
  )
}

function preflight(path: string): Pick<Question, 'path' | 'headers'> {
  return {
    path,
    headers: [
      ['origin', 'https://library.school.example'],
      ['access-control-request-method', 'GET'],
      ['access-control-request-headers', 'authorization'],
    ],
  }
}
