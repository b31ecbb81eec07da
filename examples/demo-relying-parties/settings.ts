/** Reads the environment of the demo. A real application has one of these registrations, not two. */
import { readFileSync } from 'node:fs'
import type { Party } from './pages.ts'

export interface Settings {
  issuer: URL
  portal: Party & { clientSecret: string }
  club: Party & { clientSecret: string }
}

/** Throws one sentence that names the variable. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  return {
    issuer: url('ISSUER'),
    // Of the school itself: it may know who somebody is on campus, and stay signed in on their behalf.
    portal: {
      clientId: 'demo-portal',
      name: { 'zh-CN': '演示门户', en: 'Demo portal' },
      url: url('PORTAL_URL'),
      clientSecret: secret('PORTAL_SECRET_FILE'),
      scope: 'openid profile campus_basic campus_org offline_access',
    },
    // Of somebody else: it asks for as little as it needs.
    club: {
      clientId: 'demo-club',
      name: { 'zh-CN': '二手书交换', en: 'Book exchange' },
      url: url('CLUB_URL'),
      clientSecret: secret('CLUB_SECRET_FILE'),
      scope: 'openid profile',
    },
  }

  function url(name: string): URL {
    const found = URL.parse(environment[name] ?? '')
    if (!found) throw new Error(`${name}: expected an absolute URL`)
    return found
  }

  /** By file: the environment of a process is easier to read for others than a file of mode 0600. */
  function secret(name: string): string {
    const path = environment[name]
    if (!path) throw new Error(`${name}: expected the path of a file that holds the client secret`)
    return readFileSync(path, 'utf8').trim()
  }
}
