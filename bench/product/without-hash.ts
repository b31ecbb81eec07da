/**
 * `node --import …/without-hash.ts dist/src/cli.js serve` is the whole product but for one adapter: the one that hashes
 * passwords is replaced while it is loaded. So there is no switch in the product that could be left on.
 */
import { registerHooks } from 'node:module'

const REPLACED = /\/adapters\/hashing\/hashing\.js$/
const REPLACEMENT = new URL('./no-hashing.ts', import.meta.url).href

registerHooks({
  resolve(specifier, context, nextResolve) {
    const resolved = nextResolve(specifier, context)
    return REPLACED.test(resolved.url) ? { ...resolved, url: REPLACEMENT, format: 'module-typescript' } : resolved
  },
})
