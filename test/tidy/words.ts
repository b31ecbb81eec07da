/** What may not be written, and where. */
import { isCompositionRoot, isProduct, isTest, type Rule, scripts } from './house.ts'
import { argumentsOf, field, has, type SyntaxNode, syntaxOf } from './syntax.ts'

interface Ban {
  what: string
  instead: string
  matches(node: SyntaxNode): boolean
  isExempt?(path: string): boolean
}

const isCallOf = ({ type, fields }: SyntaxNode, object: string, property?: string) =>
  type === 'MemberExpression' &&
  has(fields['object'], { value: object }) &&
  (property === undefined || has(fields['property'], { value: property }))

const isAtTop = ({ parent }: SyntaxNode) => parent === null || parent.type === 'ExportDeclaration'

/** `const seen = new Map()`: what is empty at the start can only be there to be filled. */
function isEmptyContainer({ type, fields, parent }: SyntaxNode): boolean {
  if (type !== 'VariableDeclarator' || !parent || !isAtTop(parent)) return false
  const { init } = fields
  const elements = field(init, 'elements')
  if (has(init, { type: 'ArrayExpression' })) return Array.isArray(elements) && elements.length === 0
  const isContainer = ['Map', 'Set', 'WeakMap', 'WeakSet'].some((name) => has(field(init, 'callee'), { value: name }))
  return has(init, { type: 'NewExpression' }) && isContainer && argumentsOf(asFields(init)).length === 0
}

const asFields = (value: unknown) => (typeof value === 'object' && value !== null ? { ...value } : {})

/** `Error`, a `SomeError`, `Refusal`, or one of oidc-provider's: `errors.InvalidGrant`. */
const isErrorClass = (parent: unknown) =>
  has(field(parent, 'object'), { value: 'errors' }) || /Error$|^Refusal$/.test(String(field(parent, 'value')))

const RANDOM = ['randomBytes', 'randomUUID', 'randomInt', 'randomFill', 'randomFillSync', 'getRandomValues']

const BANS: readonly Ban[] = [
  {
    what: 'process.env',
    instead: 'src/config.ts alone reads the environment: take `config` from Campus',
    matches: (node) => isCallOf(node, 'process', 'env'),
    isExempt: (path) => path === 'src/config.ts' || path === 'src/cli.ts',
  },
  {
    what: 'the time of day',
    instead: 'take `clock` from Campus',
    matches: (node) =>
      isCallOf(node, 'Date', 'now') ||
      (node.type === 'NewExpression' &&
        has(node.fields['callee'], { value: 'Date' }) &&
        argumentsOf(node.fields).length === 0),
    isExempt: isCompositionRoot,
  },
  { what: 'Math.random', instead: 'take `random` from Campus', matches: (node) => isCallOf(node, 'Math', 'random') },
  {
    what: 'randomness of node:crypto',
    instead: 'take `random` from Campus',
    matches: ({ type, fields, parent }) =>
      type === 'ImportSpecifier' &&
      /^(node:)?crypto$/.test(String(field(parent?.fields, 'source', 'value'))) &&
      RANDOM.includes(String(field(fields['imported'] ?? fields['local'], 'value'))),
    // Salts are the hashing adapter's own affair: no rule of ours depends on them.
    isExempt: (path) => isCompositionRoot(path) || path.startsWith('adapters/hashing/'),
  },
  { what: 'console', instead: 'take `log` from Campus', matches: (node) => isCallOf(node, 'console') },
  {
    what: 'a default export',
    instead: 'export by name',
    matches: ({ type }) => type === 'ExportDefaultDeclaration' || type === 'ExportDefaultExpression',
  },
  { what: 'export *', instead: 'name what the door shows', matches: ({ type }) => type === 'ExportAllDeclaration' },
  {
    what: 'a variable of the module',
    instead: 'make it in a function that the composition root calls',
    matches: (node) =>
      (node.type === 'VariableDeclaration' && node.fields['kind'] !== 'const' && isAtTop(node)) ||
      isEmptyContainer(node),
  },
  {
    what: 'a class that is no error',
    instead: 'write a function that returns what it makes',
    matches: ({ type, fields }) => type === 'ClassDeclaration' && !isErrorClass(fields['superClass']),
  },
  {
    what: 'any',
    instead: 'say what it is, or `unknown`',
    matches: ({ type, fields }) => type === 'TsKeywordType' && fields['kind'] === 'any',
  },
  { what: 'a non-null !', instead: 'handle the null', matches: ({ type }) => type === 'TsNonNullExpression' },
  {
    what: 'a double assertion',
    instead: 'parse it',
    matches: ({ type, fields }) => type === 'TsAsExpression' && has(fields['expression'], { type: 'TsAsExpression' }),
  },
]

export const noBannedSyntax: Rule = {
  says: 'the product is written without what hides its inputs',
  complaints: (house) =>
    scripts(house, isProduct).flatMap(([path, text]) =>
      syntaxOf(path, text).nodes.flatMap((node) =>
        BANS.filter((ban) => ban.matches(node) && !ban.isExempt?.(path)).map(
          ({ what, instead }) => `${path}:${node.line}: ${what}: ${instead}`,
        ),
      ),
    ),
}

const UNFINISHED = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX', 'HA' + 'CK'].join('|')})\\b`)
const SILENCED = /(eslint|biome)-(disable|ignore)|@ts-(ignore|expect-error|nocheck)|prettier-ignore|istanbul ignore/

export const nothingSilenced: Rule = {
  says: 'nothing is left for later, and no check is silenced',
  complaints: (house) =>
    [...house]
      .filter(([path]) => /\.(tsx?|js|css|sql|sh|ya?ml)$/.test(path) && !path.startsWith('test/tidy/'))
      .flatMap(([path, text]) =>
        text.split('\n').flatMap((line, index) => {
          if (UNFINISHED.test(line)) return [`${path}:${index + 1}: do it now, or open an issue`]
          return SILENCED.test(line) ? [`${path}:${index + 1}: mend what the check found`] : []
        }),
      ),
}

export const testsAreHonest: Rule = {
  says: 'tests mock no module, are not left out, and do not sleep',
  complaints: (house) =>
    scripts(house, isTest).flatMap(([path, text]) =>
      syntaxOf(path, text).nodes.flatMap((node) => {
        const why = dishonesty(node)
        return why ? [`${path}:${node.line}: ${why}`] : []
      }),
    ),
}

function dishonesty(node: SyntaxNode): string | null {
  const property = String(field(node.fields['property'], 'value'))
  if (isCallOf(node, 'jest') && /mock(Module)?$/i.test(property)) return 'hand in a fake of the port instead'
  const isOfTests = ['test', 'it', 'describe'].some((name) => isCallOf(node, name))
  if (isOfTests && ['skip', 'only', 'todo', 'failing'].includes(property)) return 'run every test, or remove it'
  const source = field(node.parent?.fields, 'source', 'value')
  const name = field(node.fields['imported'] ?? node.fields['local'], 'value')
  const isSleep = node.type === 'ImportSpecifier' && source === 'node:timers/promises' && name === 'setTimeout'
  return isSleep ? 'await `until` of test/support instead' : null
}
