import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const POSTGRES_ROOT = '/usr/lib/postgresql'

/** The path of a program on PATH; null where there is none. */
export function findProgram(name: string): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null
}

/** The folder of the newest PostgreSQL's programs: where Debian keeps each version, or PATH. */
export function findPostgres(): string | null {
  const versions = existsSync(POSTGRES_ROOT) ? readdirSync(POSTGRES_ROOT) : []
  const newestFirst = versions.toSorted((one, other) => Number(other) - Number(one))
  const folders = newestFirst.map((version) => join(POSTGRES_ROOT, version, 'bin'))
  const onPath = findProgram('initdb')
  return folders.find((folder) => existsSync(join(folder, 'initdb'))) ?? (onPath && join(onPath, '..'))
}

/** PostgreSQL refuses to run as root: whom it runs as instead. null where we are not root anyway. */
export function unprivilegedUser(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null
  const accounts = readFileSync('/etc/passwd', 'utf8')
  for (const name of ['postgres', 'nobody']) {
    const [, uid, gid] = new RegExp(`^${name}:[^:]*:(\\d+):(\\d+):`, 'm').exec(accounts) ?? []
    if (uid && gid) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new Error('no unprivileged user to run PostgreSQL as: neither postgres nor nobody is in /etc/passwd')
}

/** A browser that Playwright can drive; it never downloads one. */
export function findChromium(): string | null {
  const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']
  return names.map(findProgram).find((path) => path !== null) ?? null
}

/** Debian keeps it where only root's PATH leads. */
export function findNginx(): string | null {
  const elsewhere = '/usr/sbin/nginx'
  return findProgram('nginx') ?? (existsSync(elsewhere) ? elsewhere : null)
}

/** Of Debian: the program, and the folder of its modules, with the one for OpenID Connect among them. */
export function findApache(): { program: string; modules: string } | null {
  const found = { program: '/usr/sbin/apache2', modules: '/usr/lib/apache2/modules' }
  return existsSync(found.program) && existsSync(join(found.modules, 'mod_auth_openidc.so')) ? found : null
}
