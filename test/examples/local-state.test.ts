import { describe, expect, test } from '@jest/globals'
import {
  createLocalSessions,
  type LocalSession,
  SESSION_LIFETIME_SECONDS,
} from '../../examples/demo-relying-parties/local-sessions.ts'
import { ATTEMPT_LIFETIME_SECONDS, createSignInAttempts } from '../../examples/demo-relying-parties/sign-in-attempts.ts'

function startTime() {
  let now = new Date('2026-09-01T08:00:00Z')
  return {
    clock: () => now,
    pass: (seconds: number) => {
      now = new Date(now.getTime() + seconds * 1000)
    },
  }
}

describe('a sign-in on its way', () => {
  const attempt = { state: 'a-state', nonce: 'a-nonce', codeVerifier: 'a-verifier', browser: 'this-browser' }

  test('comes back once, to the browser that it left from', () => {
    const attempts = createSignInAttempts(startTime().clock)
    attempts.remember(attempt)
    expect(attempts.take('a-state', 'another-browser')).toBeNull()
    expect(attempts.take('a-state', null)).toBeNull()
    expect(attempts.take('another-state', 'this-browser')).toBeNull()
    expect(attempts.take('a-state', 'this-browser')).toEqual(attempt)
    expect(attempts.take('a-state', 'this-browser')).toBeNull()
  })

  test('lasts for half an hour and not a second longer', () => {
    const { clock, pass } = startTime()
    const attempts = createSignInAttempts(clock)
    attempts.remember(attempt)
    attempts.remember({ ...attempt, state: 'another-state' })
    pass(ATTEMPT_LIFETIME_SECONDS - 1)
    expect(attempts.take('a-state', 'this-browser')).toEqual(attempt)
    pass(1)
    expect(attempts.take('another-state', 'this-browser')).toBeNull()
  })

  test('gives way to newer ones when strangers start very many', () => {
    const attempts = createSignInAttempts(startTime().clock)
    attempts.remember(attempt)
    for (let count = 0; count < 10_000; count += 1) attempts.remember({ ...attempt, state: `stranger-${count}` })
    expect(attempts.take('a-state', 'this-browser')).toBeNull()
    expect(attempts.take('stranger-9999', 'this-browser')).not.toBeNull()
  })
})

describe('a local session', () => {
  const session: LocalSession = {
    sub: 'a-subject',
    sid: 'a-session',
    idToken: 'an-id-token',
    idTokenClaims: { iss: 'i', sub: 'a-subject', aud: 'a', iat: 0, exp: 0 },
    userinfo: { sub: 'a-subject' },
    refreshToken: null,
    refreshedAt: null,
  }

  test('has an identifier that nobody can guess, a new one each time', () => {
    const sessions = createLocalSessions(startTime().clock)
    const [one, other] = [sessions.start(session), sessions.start(session)]
    expect(one).toMatch(/^[\w-]{43}$/)
    expect(one).not.toBe(other)
    expect(sessions.find(one)).toEqual(session)
    expect(sessions.find('guessed')).toBeNull()
    expect(sessions.find(null)).toBeNull()
  })

  test('ends after a working day', () => {
    const { clock, pass } = startTime()
    const sessions = createLocalSessions(clock)
    const id = sessions.start(session)
    pass(SESSION_LIFETIME_SECONDS - 1)
    expect(sessions.find(id)).toEqual(session)
    pass(1)
    expect(sessions.find(id)).toBeNull()
  })

  test('that has ended is not brought back by a renewal that was on its way', () => {
    const sessions = createLocalSessions(startTime().clock)
    const id = sessions.start(session)
    sessions.end(id)
    sessions.replace(id, session)
    expect(sessions.find(id)).toBeNull()
  })

  test.each([
    ['by its session', { sid: 'a-session', sub: null }, [false, true, true]],
    ['by its session and person', { sid: 'a-session', sub: 'a-subject' }, [false, true, true]],
    ['not by the session of another person', { sid: 'a-session', sub: 'a-stranger' }, [true, true, true]],
    ['by its person, wherever signed in', { sid: null, sub: 'a-subject' }, [false, false, true]],
  ])('is ended %s', (_how, whom, remaining) => {
    const sessions = createLocalSessions(startTime().clock)
    const ids = [
      sessions.start(session),
      sessions.start({ ...session, sid: 'another-session' }),
      sessions.start({ ...session, sid: 'a-third-session', sub: 'another-subject' }),
    ]
    expect(sessions.endAll(whom)).toBe(remaining.filter((remains) => !remains).length)
    expect(ids.map((id) => sessions.find(id) !== null)).toEqual(remaining)
  })
})
