/** Invented people and clients; each call makes others. */
import { randomUUID } from 'node:crypto'
import type { Stores } from '../../src/campus.ts'
import type { ClientRecord } from '../../src/clients/clients.ts'
import type { Identity, NewPerson, PersonId } from '../../src/people/people.ts'

export type LastingStores = Omit<Stores, 'audit' | 'leases'>

export const PARALLEL = 200

export const parallel = <Answer>(call: (caller: number) => Promise<Answer>) =>
  Promise.all(Array.from({ length: PARALLEL }, (_, caller) => call(caller)))

export const at = (time: string) => new Date(`2026-${time}T00:00:00.000Z`)

export interface Samples {
  /** Ascending: a later one sorts after an earlier one. */
  number(): string
  identity(changes?: Partial<Identity>): Identity
  newPerson(changes?: Partial<NewPerson>): NewPerson
  /** Somebody who is kept. */
  somebody(): Promise<PersonId>
  /** A client that is kept. */
  client(): Promise<string>
}

/** `prefix`: four digits that no other contract uses. */
export function samplesFor(stores: () => LastingStores, prefix: string): Samples {
  let made = 0
  const number = () => `${prefix}${String(++made).padStart(8, '0')}`
  const identity = (changes: Partial<Identity> = {}): Identity => ({
    id: randomUUID(),
    number: number(),
    type: 'undergraduate',
    organisation: '图书馆',
    isPrimary: true,
    validFrom: at('09-01'),
    validTo: null,
    ...changes,
  })
  const newPerson = (changes: Partial<NewPerson> = {}): NewPerson => ({
    id: randomUUID(),
    name: '阿依古丽·买买提',
    state: 'active',
    identities: [identity()],
    aliases: [],
    ...changes,
  })
  return {
    number,
    identity,
    newPerson,
    async somebody() {
      const person = newPerson()
      await stores().people.create(person)
      return person.id
    },
    async client() {
      const id = `client-${number()}`
      await stores().clients.put(clientRecord(id))
      return id
    },
  }
}

export const clientRecord = (id: string): Omit<ClientRecord, 'disabledAt'> => ({
  id,
  managedBy: 'staff',
  secretHashes: [],
  metadata: {
    client_name: '二手书交换',
    client_name_i18n: {},
    redirect_uris: ['https://books.example/callback'],
    post_logout_redirect_uris: [],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_basic',
    scope: 'openid',
    resources: [],
    claims: null,
    claim_names: {},
    claims_in_id_token: false,
    choose_identity: false,
    id_token_signed_response_alg: 'ES256',
    subject_type: 'pairwise',
    application_type: 'web',
    first_party: false,
    pkce_exempt: null,
    backchannel_logout_uri: null,
    backchannel_logout_session_required: false,
    dpop_bound_access_tokens: false,
    require_pushed_authorization_requests: false,
    require_signed_request_object: false,
    initiate_login_uri: null,
    client_uri: null,
    logo_uri: null,
    policy_uri: null,
    tos_uri: null,
    jwks_uri: null,
    jwks: null,
  },
})
