/** What an application asks for, in words. */
import { CLAIMS_OF_SCOPE } from '../../src/clients/clients.ts'
import type { MessageKey, Translator } from '../../src/pages/messages.ts'

export interface Line {
  what: string
  why: string
  /** Names of the details; empty where there are none. */
  details: string[]
}

interface Item {
  scope: keyof typeof CLAIMS_OF_SCOPE
  what: MessageKey
  why: MessageKey
}

const ITEMS: readonly Item[] = [
  { scope: 'openid', what: 'consent.openid', why: 'consent.openid-why' },
  { scope: 'profile', what: 'consent.profile', why: 'consent.profile-why' },
  { scope: 'campus_basic', what: 'consent.campus-basic', why: 'consent.campus-basic-why' },
  { scope: 'campus_org', what: 'consent.campus-org', why: 'consent.campus-org-why' },
  { scope: 'campus_study', what: 'consent.campus-study', why: 'consent.campus-study-why' },
  { scope: 'campus_identities', what: 'consent.campus-identities', why: 'consent.campus-identities-why' },
  { scope: 'phone', what: 'consent.phone', why: 'consent.phone-why' },
  { scope: 'email', what: 'consent.email', why: 'consent.email-why' },
  { scope: 'eduperson', what: 'consent.eduperson', why: 'consent.eduperson-why' },
  { scope: 'offline_access', what: 'consent.offline-access', why: 'consent.offline-access-why' },
]

/** Several claims may come to the same thing for the person. */
const WORDS: Readonly<Record<string, MessageKey>> = {
  name: 'detail.name',
  family_name: 'detail.name',
  given_name: 'detail.name',
  preferred_username: 'detail.number',
  campus_id: 'detail.number',
  updated_at: 'detail.updated',
  campus_type: 'detail.type',
  campus_type_name: 'detail.type',
  campus_status: 'detail.status',
  campus_org_code: 'detail.organisation',
  campus_org_name: 'detail.organisation',
  campus_top_org_code: 'detail.organisation',
  campus_top_org_name: 'detail.organisation',
  campus_org_path: 'detail.organisation',
  campus_major_code: 'detail.major',
  campus_major_name: 'detail.major',
  campus_class_code: 'detail.class',
  campus_class_name: 'detail.class',
  campus_grade: 'detail.grade',
  campus_level: 'detail.level',
  campus_admission_date: 'detail.dates',
  campus_expected_graduation: 'detail.dates',
  campus_identities: 'detail.identities',
  phone_number: 'detail.phone',
  phone_number_verified: 'detail.phone',
  email: 'detail.email',
  email_verified: 'detail.email',
  eduperson_affiliation: 'detail.type',
  eduperson_scoped_affiliation: 'detail.type',
  eduperson_principal_name: 'detail.number',
  eduperson_entitlement: 'detail.entitlements',
  eduperson_assurance: 'detail.assurance',
  eduperson_orcid: 'detail.orcid',
  schac_home_organization: 'detail.school',
}

/** What says who the person is to this client, and how they signed in: every sign-in has it. */
const ALWAYS: readonly string[] = CLAIMS_OF_SCOPE.openid

/**
 * `fields`: the claims that the client would read. What we have no words for stands under its own name: nothing is
 * given away unseen.
 */
export function linesFor(t: Translator, scopes: readonly string[], fields: readonly string[]): Line[] {
  const left = new Set(fields.filter((field) => !ALWAYS.includes(field)))
  const ofScopes = ITEMS.filter(({ scope }) => scopes.includes(scope)).flatMap(({ scope, what, why }) => {
    const own = CLAIMS_OF_SCOPE[scope].filter((claim) => fields.includes(claim))
    for (const claim of own) left.delete(claim)
    const isEmpty = own.length === 0 && scope !== 'openid' && scope !== 'offline_access'
    const details = scope === 'openid' ? [] : wordsFor(t, own)
    // One detail that is what the line is called is not said twice.
    const saysMore = details.length > 1 || details[0]?.toLowerCase() !== t(what).toLowerCase()
    return isEmpty ? [] : [{ what: t(what), why: t(why), details: saysMore ? details : [] }]
  })
  const known = [...left].filter((field) => WORDS[field] !== undefined)
  const single = { what: t('consent.single'), why: t('consent.other-why'), details: wordsFor(t, known) }
  const others = [...scopes.filter((scope) => !ITEMS.some((item) => item.scope === scope)), ...left]
    .filter((name) => WORDS[name] === undefined)
    .map((name) => ({ what: name, why: t('consent.other-why'), details: [] }))
  return [...ofScopes, ...(known.length > 0 ? [single] : []), ...others]
}

function wordsFor(t: Translator, claims: readonly string[]): string[] {
  return [...new Set(claims.map((claim) => WORDS[claim]))].filter((key) => key !== undefined).map((key) => t(key))
}
