/** The proxy of deploy/nginx as an operator runs it, on ports of the test's own. */
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findNginx } from './installed.ts'
import { ownFolder } from './own-folder.ts'
import { type OwnProcess, startProgram } from './own-server.ts'

const TEMPLATE = 'deploy/nginx/campus-id.conf.template'

export interface Nginx {
  /** Of its certificate, which is its own authority. */
  certificateFile: string
  accessLog(): string
  errorLog(): string
  stop(): Promise<void>
}

export interface NginxOptions {
  name: string
  upstream: string
  /** In place of 443 and 80. */
  ports: { https: number; http: number }
}

export async function startNginx({ name, upstream, ports }: NginxOptions): Promise<Nginx> {
  const { path: folder, remove } = ownFolder()
  await makeCertificate(folder, name)
  writeFileSync(join(folder, 'campus-id.conf'), filledIn(folder, { name, upstream, ports }))
  const nginx = await startOwnNginx({ folder, include: 'campus-id.conf', port: ports.https })
  return {
    certificateFile: join(folder, 'tls.crt'),
    accessLog: () => readFileSync(join(folder, 'access.log'), 'utf8'),
    errorLog: () => readFileSync(join(folder, 'error.log'), 'utf8'),
    stop: async () => {
      await nginx.kill('SIGTERM')
      await remove()
    },
  }
}

/** With the `server` blocks of a file in `folder`; it is ready when it listens on `port`. */
export async function startOwnNginx(options: { folder: string; include: string; port: number }): Promise<OwnProcess> {
  const { folder, include, port } = options
  const program = findNginx()
  if (program === null) throw new Error('nginx is not installed: node test/machine/prepare.ts')
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, wholeConfiguration(folder, include))
  const args = ['-c', file, '-e', join(folder, 'error.log'), '-g', 'daemon off;']
  // It says what it thinks of the file before it runs.
  const { stderr } = await promisify(execFile)(program, ['-t', ...args.slice(0, 4)])
  if (!stderr.includes('test is successful') || /\[(warn|emerg)\]/.test(stderr)) throw new Error(stderr)
  return startProgram({ name: 'nginx', command: program, args, folder, isReady: () => answers(port) })
}

/** What `envsubst` does, and the places that belong to the whole machine. IPv6 is not everywhere. */
function filledIn(folder: string, { name, upstream, ports }: NginxOptions): string {
  const values: Record<string, string> = { NAME: name, UPSTREAM: upstream, TLS: folder }
  return readFileSync(TEMPLATE, 'utf8')
    .replace(/\$\{CAMPUS_ID_(\w+)\}/g, (_, word: string) => values[word] ?? '')
    .replace(/^ *listen \[::\].*\n/gm, '')
    .replace(/listen 443\b/g, `listen 127.0.0.1:${ports.https}`)
    .replace(/listen 80\b/g, `listen 127.0.0.1:${ports.http}`)
    .replaceAll('/var/log/nginx/', `${folder}/`)
}

function wholeConfiguration(folder: string, include: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (word) => `  ${word}_temp_path ${join(folder, word)};`,
  )
  const user = process.getuid?.() === 0 ? ['user root;'] : []
  const events = ['events { worker_connections 256; }', 'worker_processes 1;', `pid ${join(folder, 'nginx.run')};`]
  return [...user, ...events, 'http {', ...temporary, `  include ${join(folder, include)};`, '}', ''].join('\n')
}

async function makeCertificate(folder: string, name: string): Promise<void> {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const whom = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-days', '2']
  const files = ['-keyout', join(folder, 'tls.key'), '-out', join(folder, 'tls.crt')]
  await promisify(execFile)('openssl', ['req', '-x509', ...curve, ...whom, ...files])
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
