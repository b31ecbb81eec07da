import { type Problem, pointer } from './problem.ts'
import { secretReference } from './schema.ts'
import { codeOf } from './secret-sources.ts'
import { hashSecret, type ReadSecret, type SecretReference, secretMistake } from './secrets.ts'

/** Follows a client's references and keeps a hash of each secret. What is no reference is the schema's to name. */
export async function readSecrets(
  references: unknown,
  readSecret: ReadSecret,
): Promise<{ hashes: string[]; problems: Problem[] }> {
  const hashes: string[] = []
  const problems: Problem[] = []
  const list: unknown[] = Array.isArray(references) ? references : []
  for (const [index, given] of list.entries()) {
    const reference = secretReference.safeParse(given)
    if (!reference.success) continue
    const secret = await follow(reference.data, readSecret)
    const hash = secret.ok ? hashSecret(secret.value) : ''
    const mistake = secret.ok ? secretMistake(secret.value) : secret.mistake
    if (mistake === null && !hashes.includes(hash)) hashes.push(hash)
    else {
      const allowed = `${nameOf(reference.data)}: ${mistake ?? 'each secret once'}`
      problems.push({ path: pointer('client_secrets', index), allowed })
    }
  }
  return { hashes, problems }
}

async function follow(
  reference: SecretReference,
  readSecret: ReadSecret,
): Promise<{ ok: true; value: string } | { ok: false; mistake: string }> {
  try {
    const value = await readSecret(reference)
    if (value !== null) return { ok: true, value }
    return { ok: false, mistake: 'env' in reference ? 'this variable must be set' : 'this file must be there' }
  } catch (error) {
    return { ok: false, mistake: `it must be readable (${codeOf(error) ?? 'unknown error'})` }
  }
}

function nameOf(reference: SecretReference): string {
  return 'env' in reference ? `environment variable ${reference.env}` : `file ${reference.file}`
}
