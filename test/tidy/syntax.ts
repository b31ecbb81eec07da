import { Buffer } from 'node:buffer'
import { parseSync } from '@swc/core'

export interface Import {
  /** As written. */
  target: string
  line: number
  /** Nothing of it is left when the program runs. */
  isTypeOnly: boolean
}

export interface SyntaxNode {
  type: string
  line: number
  lastLine: number
  /** The parser's own fields; `null` where the source has nothing. */
  fields: Readonly<Record<string, unknown>>
  parent: SyntaxNode | null
}

export interface Syntax {
  imports: readonly Import[]
  /** Every node, parents first. */
  nodes: readonly SyntaxNode[]
}

const cache = new Map<string, Syntax>()

export function syntaxOf(path: string, text: string): Syntax {
  const known = cache.get(path + text)
  if (known) return known
  const nodes = parse(text, { tsx: path.endsWith('x') })
  const syntax = { nodes, imports: nodes.flatMap(importOf) }
  cache.set(path + text, syntax)
  return syntax
}

/** Where a node stands, by what it is: `isFields(node, { type: 'Identifier', value: 'process' })`. */
export function has(value: unknown, wanted: Readonly<Record<string, unknown>>): boolean {
  return isRecord(value) && Object.entries(wanted).every(([name, field]) => value[name] === field)
}

export function field(value: unknown, ...names: string[]): unknown {
  return names.reduce<unknown>((inner, name) => (isRecord(inner) ? inner[name] : undefined), value)
}

function parse(text: string, { tsx }: { tsx: boolean }): SyntaxNode[] {
  // The parser counts bytes from where it likes: the statement that we put in front tells from where.
  const bytes = Buffer.from(`;${text.replace(/^#!/, '//')}`)
  const module = parseSync(bytes.toString(), { syntax: 'typescript', tsx, target: 'es2024' })
  const base = module.body[0]?.span.start ?? 0
  const lineStarts = [0]
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lineStarts.push(at + 1)
  const lineAt = (offset: number) => lineStarts.findLastIndex((start) => start <= offset) + 1

  const nodes: SyntaxNode[] = []
  const visit = (value: unknown, parent: SyntaxNode | null) => {
    if (Array.isArray(value)) for (const item of value) visit(item, parent)
    if (!isRecord(value)) return
    const node = nodeOf(value, parent, (offset) => lineAt(offset - base))
    if (node) nodes.push(node)
    for (const inner of Object.values(value)) visit(inner, node ?? parent)
  }
  visit(module.body, null)
  return nodes
}

function nodeOf(
  value: Readonly<Record<string, unknown>>,
  parent: SyntaxNode | null,
  lineAt: (offset: number) => number,
): SyntaxNode | null {
  const { type, span } = value
  if (typeof type !== 'string' || !isRecord(span)) return null
  const { start, end } = span
  if (typeof start !== 'number' || typeof end !== 'number') return null
  return { type, line: lineAt(start), lastLine: lineAt(end - 1), fields: value, parent }
}

function importOf({ type, line, fields, parent }: SyntaxNode): Import[] {
  const target = field(fields, 'source', 'value')
  if (type === 'ImportDeclaration' || type === 'ExportAllDeclaration' || type === 'ExportNamedDeclaration') {
    return typeof target === 'string' ? [{ target, line, isTypeOnly: isTypeOnly(fields) }] : []
  }
  const [first, second] = argumentsOf(fields)
  const written = field(first, 'value')
  if (type === 'TsImportType') {
    const named = field(fields, 'argument', 'value')
    return typeof named === 'string' ? [{ target: named, line, isTypeOnly: true }] : []
  }
  const isDynamicImport = type === 'CallExpression' && has(fields['callee'], { type: 'Import' })
  const isFileBeside =
    type === 'NewExpression' &&
    has(fields['callee'], { value: 'URL' }) &&
    has(field(second, 'object'), { kind: 'import.meta' })
  if (typeof written !== 'string' || !(isDynamicImport || isFileBeside)) return []
  const isNamedBare = isFileBeside && !written.startsWith('.')
  return [{ target: isNamedBare ? `./${written}` : written, line: parent?.line ?? line, isTypeOnly: false }]
}

function isTypeOnly(fields: Readonly<Record<string, unknown>>): boolean {
  const specifiers = Array.isArray(fields['specifiers']) ? fields['specifiers'] : []
  const areAllTypes = specifiers.length > 0 && specifiers.every((specifier) => has(specifier, { isTypeOnly: true }))
  return fields['typeOnly'] === true || areAllTypes
}

export function argumentsOf(fields: Readonly<Record<string, unknown>>): unknown[] {
  const given = fields['arguments']
  return Array.isArray(given) ? given.map((argument) => field(argument, 'expression')) : []
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
