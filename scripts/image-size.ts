/** `node scripts/image-size.ts`: what the image weighs without its base, compressed: its files, and Node.js itself. */
import { createReadStream, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { layOutImage } from './lay-out-image.ts'

export interface ImageSize {
  /** Bytes. */
  files: number
  /** gzip, each file on its own: a layer as a whole is a little smaller. */
  filesCompressed: number
  node: number
  nodeCompressed: number
}

async function imageSize(folder: string, node = process.execPath): Promise<ImageSize> {
  const size: ImageSize = {
    files: 0,
    filesCompressed: 0,
    node: statSync(node).size,
    nodeCompressed: await compressed(node),
  }
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    size.files += statSync(path).size
    size.filesCompressed += await compressed(path)
  }
  return size
}

async function compressed(path: string): Promise<number> {
  let bytes = 0
  await pipeline(createReadStream(path), createGzip(), async (zipped: AsyncIterable<Buffer>) => {
    for await (const chunk of zipped) bytes += chunk.length
  })
  return bytes
}

if (import.meta.main) {
  const into = mkdtempSync(join(tmpdir(), 'campus-id-image-'))
  try {
    const { folder } = layOutImage({ top: resolve(import.meta.dirname, '..'), into })
    const { files, filesCompressed, node, nodeCompressed } = await imageSize(folder)
    const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
    process.stdout.write(
      [
        `files    ${megabytes(files)}, compressed ${megabytes(filesCompressed)}`,
        `Node.js  ${megabytes(node)}, compressed ${megabytes(nodeCompressed)}`,
        `together compressed ${megabytes(filesCompressed + nodeCompressed)}, without the base image`,
        '',
      ].join('\n'),
    )
  } finally {
    rmSync(into, { recursive: true })
  }
}
