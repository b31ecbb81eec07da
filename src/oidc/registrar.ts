/**
 * Dynamic registration (RFC 7591, RFC 7592) as the provider meets it: the library speaks the protocol, and asks here
 * who may register what, and where it is kept.
 */
import { errors, type KoaContextWithOIDC, Provider } from 'oidc-provider'
import { type ClientMetadata, type ClientRecord, hashSecret } from '../clients/clients.ts'
import { addressOf, requestIdOf } from '../http/request-state.ts'
import {
  changeRegistered,
  REGISTRABLE,
  type RegistrationPolicy,
  type RegistrationTransaction,
  readRegistration,
  registerClient,
  removeRegistered,
} from '../registration/registration.ts'
import { namesIn } from './client-records.ts'
import { openDocument, openMetadata, openSecret, sealSecret } from './open-registration.ts'
import { createRegistrationTokens, type RegistrarNeeds, type RegistrationTokens } from './registration-tokens.ts'

export interface Registrar extends RegistrationTokens {
  /** Puts what will be registered in place of what the client said. Throws what is wrong with it. */
  applyPolicy(ctx: KoaContextWithOIDC, said: Record<string, unknown>): Promise<void>
  keep(id: string, kept: Keeping): Promise<void>
  /** What the library is to know of a client that was taken at its word, and its secret. */
  openClient(record: ClientRecord): Record<string, unknown> | null
  remove(id: string): Promise<void>
}

/** `secret` is null where the client has none, and `undefined` where it keeps the one that it has. */
interface Keeping {
  secret: string | null | undefined
  /** Epoch seconds. */
  issuedAt: number
  /** All of the document. */
  said: Readonly<Record<string, unknown>>
}

interface Decision {
  metadata: ClientMetadata
  tokenId: string | null
  policy: RegistrationPolicy | null
}

/** What stays beside what the policy lets through. */
const NOT_METADATA = ['client_id', 'client_id_issued_at', 'client_secret', 'client_secret_expires_at']

export function createRegistrar(needs: RegistrarNeeds & RegistrationTransaction): Registrar {
  const { clients, registrationTokens } = needs
  const isOpen = needs.config.profile === 'conformance'
  const decided = new WeakMap<object, Decision>()

  async function policyFor({ oidc }: KoaContextWithOIDC) {
    const { InitialAccessToken: token, Client: client } = oidc.entities
    if (token === undefined) {
      const registration = client && (await clients.find(client.clientId))?.registration
      return registration?.policy ? { tokenId: registration.tokenId, policy: registration.policy } : null
    }
    const found = await registrationTokens.findByHash(hashSecret(token.jti))
    return found && { tokenId: found.id, policy: found.policy }
  }

  return {
    async applyPolicy(ctx, said) {
      const allowed = await policyFor(ctx)
      if (allowed === null) throw new errors.InvalidClientMetadata('nothing may be registered with this token')
      const asked = Object.entries(said).filter(([name, value]) => !NOT_METADATA.includes(name) && value !== null)
      const read = readRegistration({ ...Object.fromEntries(asked), client_id: said['client_id'] }, allowed.policy)
      if (!read.ok) throw new errors.InvalidClientMetadata(read.description)
      for (const [name] of asked) delete said[name]
      Object.assign(said, standardFields(read.metadata))
      decided.set(ctx, { ...allowed, metadata: read.metadata })
    },

    async keep(id, { secret, issuedAt, said }) {
      const ctx = Provider.ctx
      const decision = ctx && (isOpen ? takenAtItsWord(needs, said) : decided.get(ctx))
      if (!ctx || !decision) throw new Error('a client that no policy has let through')
      const { metadata, ...allowed } = decision
      const origin = originOf(ctx)
      const standing = await clients.find(id)
      const registration = standing?.registration ?? {
        ...allowed,
        accessHash: null,
        issuedAt,
        document: null,
        sealedSecret: null,
      }
      const kept = secret === undefined ? (standing?.secretHashes ?? []) : secret === null ? [] : [hashSecret(secret)]
      const open = isOpen && {
        document: openDocument(said),
        sealedSecret: secret ? sealSecret(needs, id, secret) : secret === null ? null : registration.sealedSecret,
      }
      const client = { id, metadata, secretHashes: kept, registration: { ...registration, ...open } }
      if (standing !== null) return await changeRegistered(needs, client, origin)
      if (!(await registerClient(needs, client, origin))) {
        throw new errors.InvalidToken('the initial access token was used up at this very moment')
      }
    },

    openClient({ id, registration }) {
      if (!isOpen || !registration?.document) return null
      const { document, sealedSecret } = registration
      return { ...document, ...(sealedSecret && { client_secret: openSecret(needs, id, sealedSecret) }) }
    },

    async remove(id) {
      const ctx = Provider.ctx
      await removeRegistered(needs, id, ctx ? originOf(ctx) : {})
    },

    ...createRegistrationTokens(needs),
  }
}

/** Our own fields have no place in the protocol. */
function standardFields(metadata: ClientMetadata): Record<string, unknown> {
  const shown = Object.entries(metadata).filter(([name, value]) => value !== null && REGISTRABLE.includes(name))
  return { ...Object.fromEntries(shown), ...namesIn(metadata.client_name_i18n) }
}

function takenAtItsWord({ config }: Pick<RegistrarNeeds, 'config'>, said: Readonly<Record<string, unknown>>): Decision {
  return { metadata: openMetadata(config.issuer, openDocument(said)), tokenId: null, policy: null }
}

function originOf(ctx: KoaContextWithOIDC) {
  return { address: addressOf(ctx), request: requestIdOf(ctx) }
}
