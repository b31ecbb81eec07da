import { type House, isScript, isTest, type Rule, scripts } from './house.ts'
import { field, type SyntaxNode, syntaxOf } from './syntax.ts'

const FILE_LINES_MAX = 250
const FUNCTION_LINES_MAX = 70
const LINE_COLUMNS_MAX = 120

const FUNCTIONS = /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression|MethodProperty|ClassMethod)$/
/** A catalogue has as many lines as there are sentences. */
const isCatalogue = (path: string) => /^src\/pages\/messages-[a-z-]+\.ts$/.test(path)
const isOurs = (path: string) => (isScript(path) || path.endsWith('.js')) && !isCatalogue(path)

export const budgets: Rule = {
  says: `at most ${FILE_LINES_MAX} lines a file, ${FUNCTION_LINES_MAX} a function, ${LINE_COLUMNS_MAX} columns a line`,
  complaints: (house) => [...longFiles(house), ...longLines(house), ...longFunctions(house)],
}

function longFiles(house: House): string[] {
  return [...house]
    .filter(([path]) => isOurs(path))
    .map(([path, text]) => ({ path, lines: text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > FILE_LINES_MAX)
    .map(({ path, lines }) => `${path}: ${lines} lines: which part has a name of its own?`)
}

function longLines(house: House): string[] {
  return [...house]
    .filter(([path]) => isOurs(path))
    .flatMap(([path, text]) =>
      text
        .split('\n')
        .flatMap((line, index) =>
          [...line].length > LINE_COLUMNS_MAX ? [`${path}:${index + 1}: ${[...line].length} columns: break it`] : [],
        ),
    )
}

/** A test file's `describe` is a chapter, not a function. */
function longFunctions(house: House): string[] {
  return scripts(house, (path) => !isTest(path) && !isContract(path)).flatMap(([path, text]) =>
    syntaxOf(path, text)
      .nodes.filter((node) => FUNCTIONS.test(node.type) && linesOf(node) > FUNCTION_LINES_MAX)
      .map(
        (node) => `${path}:${node.line}: ${nameOf(node)} has ${linesOf(node)} lines: which step has a name of its own?`,
      ),
  )
}

const isContract = (path: string) => path.endsWith('.contract.ts')
const linesOf = ({ line, lastLine }: SyntaxNode) => lastLine - line + 1

function nameOf({ fields, parent }: SyntaxNode): string {
  const own = field(fields, 'identifier', 'value') ?? field(fields, 'key', 'value')
  return String(own ?? field(parent?.fields, 'id', 'value') ?? 'a function')
}
