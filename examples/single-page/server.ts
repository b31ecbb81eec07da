/** Serves the single-page application's files on loopback: it has no other server side. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'

const { ISSUER: issuer = '', URL: url = '', CLIENT_ID: clientId = '' } = process.env
const own = (name: string) => readFileSync(join(import.meta.dirname, name))
/** As one file, which a page without a bundler can load. */
const library = readFileSync(new URL('../browser/oidc-client-ts.min.js', import.meta.resolve('oidc-client-ts')))

const FILES: Record<string, { type: string; body: Buffer | string }> = {
  '/': { type: 'text/html', body: own('index.html') },
  // All that the application reads of the address is the code; it is the same page.
  '/callback': { type: 'text/html', body: own('index.html') },
  '/app.js': { type: 'text/javascript', body: own('app.js') },
  '/oidc-client-ts.js': { type: 'text/javascript', body: library },
  '/settings.json': { type: 'application/json', body: JSON.stringify({ issuer, clientId }) },
}

/** A script that does not come from here cannot run, and what is read can go to the provider alone. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  `connect-src 'self' ${issuer}`,
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

createServer((request, response) => {
  const file = FILES[new URL(request.url ?? '/', url).pathname]
  if (file === undefined) return void response.writeHead(404).end()
  response.writeHead(200, {
    'Content-Type': `${file.type}; charset=utf-8`,
    'Content-Security-Policy': POLICY,
    'Referrer-Policy': 'no-referrer',
  })
  response.end(file.body)
}).listen(Number(new URL(url).port), '127.0.0.1', () => process.stdout.write(`${url}/\n`))
