/** Reads what a form of ours posted: a few short fields, each once, in UTF-8. */
import type { Context } from 'koa'
import { refusals } from '../errors.ts'

export type Form = ReadonlyMap<string, string>

const BODY_BYTES_MAX = 16 * 1024
const FIELDS_MAX = 32
const NAME_CHARACTERS_MAX = 64
const VALUE_CHARACTERS_MAX = 4096

/** Throws `bodyTooLarge`, `malformedBody` or `parameterTooLong`. */
export async function readForm(ctx: Context): Promise<Form> {
  // `is` also answers false when there is no body; an encoding could hide a bomb.
  if (!ctx.is('application/x-www-form-urlencoded') || ctx.get('content-encoding')) throw refusals.malformedBody()
  return parseForm(await readBody(ctx))
}

async function readBody(ctx: Context): Promise<Uint8Array> {
  if (Number(ctx.get('content-length')) > BODY_BYTES_MAX) throw tooLarge(ctx)
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of ctx.req.iterator({ destroyOnReturn: false })) {
      size += chunk.length
      if (size > BODY_BYTES_MAX) break
      chunks.push(chunk)
    }
  } catch (cause) {
    // The sender went away in the middle.
    throw refusals.malformedBody(cause)
  }
  if (size > BODY_BYTES_MAX) throw tooLarge(ctx)
  return Buffer.concat(chunks)
}

/** The rest is not read, so the connection cannot be used again. */
function tooLarge(ctx: Context) {
  ctx.set('Connection', 'close')
  return refusals.bodyTooLarge()
}

/** As browsers write it (URL standard, application/x-www-form-urlencoded), but nothing is repaired in silence. */
export function parseForm(body: Uint8Array): Form {
  const form = new Map<string, string>()
  for (const pair of decodeUtf8(body).split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decodePart(equals < 0 ? pair : pair.slice(0, equals))
    const value = decodePart(equals < 0 ? '' : pair.slice(equals + 1))
    if (name.length > NAME_CHARACTERS_MAX || value.length > VALUE_CHARACTERS_MAX) throw refusals.parameterTooLong()
    // Of two values one would be checked and the other used.
    if (form.has(name) || form.size >= FIELDS_MAX) throw refusals.malformedBody()
    form.set(name, value)
  }
  return form
}

function decodeUtf8(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch (cause) {
    throw refusals.malformedBody(cause)
  }
}

function decodePart(part: string): string {
  let text: string
  try {
    text = decodeURIComponent(part.replaceAll('+', ' '))
  } catch (cause) {
    throw refusals.malformedBody(cause)
  }
  // PostgreSQL has no place for it, and no keyboard a key.
  if (text.includes('\0')) throw refusals.malformedBody()
  return text
}
