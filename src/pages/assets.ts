/** The files that pages load: read once at start, compressed once, named after what they hold. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { brotliCompressSync, gzipSync, constants as zlib } from 'node:zlib'

const TYPES = {
  'style.css': 'text/css; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'mark.svg': 'image/svg+xml',
} as const

export type AssetName = keyof typeof TYPES

export interface Asset {
  /** Where it is served: `/assets/style.<hash>.css`. */
  path: string
  hash: string
  type: string
  encodings: Readonly<Record<'identity' | 'gzip' | 'br', Buffer>>
}

export interface Assets {
  path(name: AssetName): string
  at(path: string): Asset | null
}

function load(name: AssetName, content: Buffer): Asset {
  const hash = createHash('sha256').update(content).digest('base64url').slice(0, 12)
  const text = { [zlib.BROTLI_PARAM_MODE]: zlib.BROTLI_MODE_TEXT, [zlib.BROTLI_PARAM_SIZE_HINT]: content.length }
  return {
    path: `/assets/${name.replace('.', `.${hash}.`)}`,
    hash,
    type: TYPES[name],
    encodings: {
      identity: content,
      gzip: gzipSync(content, { level: 9 }),
      br: brotliCompressSync(content, { params: text }),
    },
  }
}

/** Reads the files that lie beside this one, in the sources as in `dist`. */
export function loadAssets(): Assets {
  const read = (name: AssetName) => load(name, readFileSync(new URL(name, import.meta.url)))
  const assets = { 'style.css': read('style.css'), 'page.js': read('page.js'), 'mark.svg': read('mark.svg') }
  const byPath = new Map(Object.values(assets).map((asset) => [asset.path, asset]))
  return {
    path: (name) => assets[name].path,
    at: (path) => byPath.get(path) ?? null,
  }
}
