/** A web application on Express whose people sign in by Passport's OpenID Connect strategy. */
import { readFileSync } from 'node:fs'
import express, { type Request, type Response } from 'express'
import session from 'express-session'
import passport from 'passport'
import { type Profile, Strategy, type VerifyCallback } from 'passport-openidconnect'

const {
  ISSUER: issuer = '',
  URL: url = '',
  CLIENT_ID: clientID = '',
  CLIENT_SECRET_FILE: secretFile = '',
} = process.env
const clientSecret = readFileSync(secretFile, 'utf8').trim()
const SESSION_MILLISECONDS = 2 * 60 * 60 * 1000

declare global {
  namespace Express {
    interface User {
      /** What to know a person by: never the name or the number, which change. */
      sub: string
      name: string
      idToken: string
    }
  }
}

// The strategy reads no discovery document: we do, once.
const discovered = await fetch(new URL('/.well-known/openid-configuration', issuer))
const provider: Record<string, string> = await discovered.json()
if (provider['issuer'] !== issuer) throw new Error(`${issuer} calls itself ${provider['issuer']}`)
const endpoint = (name: string) => provider[name] ?? ''

passport.use(
  'campus-id',
  new Strategy(
    {
      issuer,
      authorizationURL: endpoint('authorization_endpoint'),
      tokenURL: endpoint('token_endpoint'),
      userInfoURL: endpoint('userinfo_endpoint'),
      clientID,
      clientSecret,
      callbackURL: `${url}/callback`,
      scope: ['profile'],
      // The name is read at userinfo: the ID token carries `sub` alone.
      skipUserProfile: false,
    },
    (_issuer: string, profile: Profile, _context: object, idToken: string | object, done: VerifyCallback) => {
      done(null, { sub: profile.id, name: profile.displayName, idToken: String(idToken) })
    },
  ),
)
passport.serializeUser((user, done) => done(null, user))
passport.deserializeUser((user: Express.User, done) => done(null, user))

const app = express()
app.disable('x-powered-by')
app.use(
  session({
    name: 'express-passport',
    // Of one process, in its memory: give all of yours the same secret, and a store that they share.
    secret: clientSecret,
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: 'lax', secure: url.startsWith('https:'), maxAge: SESSION_MILLISECONDS },
  }),
)
app.use(passport.session())

app.get('/', (request, response) => {
  const { user } = request
  if (!user) return page(response, '<h1>没有登录</h1><p><a href="/sign-in">使用统一身份认证登录</a></p>')
  page(
    response,
    `<h1>你好，${escaped(user.name)}</h1><form method="post" action="/sign-out"><button>退出登录</button></form>`,
  )
})
app.get('/sign-in', passport.authenticate('campus-id'))
app.get(
  '/callback',
  passport.authenticate('campus-id', { successRedirect: '/', failureRedirect: '/?failed', keepSessionInfo: false }),
)
app.post('/sign-out', (request: Request, response: Response, next) => {
  const address = new URL(endpoint('end_session_endpoint'))
  address.searchParams.set('id_token_hint', request.user?.idToken ?? '')
  address.searchParams.set('post_logout_redirect_uri', `${url}/`)
  request.logout((error) => (error ? next(error) : response.redirect(303, address.href)))
})
app.listen(Number(new URL(url).port), '127.0.0.1', () => process.stdout.write(`${url}/\n`))

function page(response: Response, body: string): void {
  response.set('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'")
  response.send(`<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>Express</title>${body}</html>`)
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)
}
