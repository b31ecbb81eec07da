/** Apache httpd with mod_auth_openidc, as examples/apache has it, with a page that shows what it knows of a person. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findApache } from './installed.ts'
import { ownFolder } from './own-folder.ts'
import { startProgram } from './own-server.ts'

const TEMPLATE = 'examples/apache/campus-id.conf.template'
const MODULES = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'dir', 'include', 'auth_openidc'] as const

export interface Apache {
  url: string
  errorLog(): string
  stop(): Promise<void>
}

export async function startApache(filling: Record<string, string> & { URL: string }): Promise<Apache> {
  const found = findApache()
  if (found === null) throw new Error('Apache with mod_auth_openidc is not installed: node test/machine/prepare.ts')
  const { path: folder, remove } = ownFolder()
  writePages(join(folder, 'site'), filling.URL)
  const values: Record<string, string> = { PASSPHRASE: randomBytes(24).toString('base64url'), ...filling }
  const example = readFileSync(TEMPLATE, 'utf8').replace(/\$\{(\w+)\}/g, (_, name: string) => values[name] ?? '')
  const { port } = new URL(filling.URL)
  const file = join(folder, 'apache.conf')
  writeFileSync(
    file,
    [
      ...MODULES.map((name) => `LoadModule ${name}_module ${found.modules}/mod_${name}.so`),
      'ServerName localhost',
      `Listen 127.0.0.1:${port}`,
      `DefaultRuntimeDir ${folder}`,
      `PidFile ${folder}/httpd.run`,
      `ErrorLog ${folder}/apache.log`,
      'LogLevel warn auth_openidc:info',
      ...(process.getuid?.() === 0 ? ['User nobody', 'Group nogroup'] : []),
      `DocumentRoot ${folder}/site`,
      '<FilesMatch "[.]shtml$">',
      'SetOutputFilter INCLUDES',
      'ForceType text/html',
      '</FilesMatch>',
      'DirectoryIndex index.shtml',
      `<Directory ${folder}/site>`,
      'Options +IncludesNOEXEC',
      '</Directory>',
      example,
    ].join('\n'),
  )
  const apache = await startProgram({
    name: 'apache',
    command: found.program,
    args: ['-f', file, '-D', 'FOREGROUND'],
    folder,
    isReady: () =>
      fetch(filling.URL).then(
        ({ ok }) => ok,
        () => false,
      ),
  })
  return {
    url: filling.URL,
    errorLog: () => readFileSync(join(folder, 'apache.log'), 'utf8'),
    stop: async () => {
      await apache.kill('SIGTERM')
      await remove()
    },
  }
}

/** Apache shows the claims by itself: server-side includes of the variables that the module sets. */
function writePages(site: string, url: string): void {
  mkdirSync(join(site, 'private'), { recursive: true })
  const page = (body: string) => `<!doctype html><html lang="zh-CN"><meta charset="utf-8">${body}</html>`
  writeFileSync(join(site, 'index.shtml'), page('<h1>公开</h1><a href="/private/">进入</a>'))
  const show = (name: string) => `<li>${name}=<!--#echo var="${name}" --></li>`
  const claims = ['REMOTE_USER', 'OIDC_CLAIM_name', 'OIDC_CLAIM_campus_id'].map(show).join('')
  // It hands the address on as it stands, so it must be the registered one.
  const signOut = `<a href="/callback?logout=${encodeURIComponent(`${url}/`)}">退出登录</a>`
  writeFileSync(join(site, 'private/index.shtml'), page(`<h1>内部</h1><ul>${claims}</ul>${signOut}`))
}
