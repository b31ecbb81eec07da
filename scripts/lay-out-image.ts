/**
 * Carries out the steps of the Dockerfile without an engine: each stage is a folder, COPY copies (of the context what
 * .dockerignore lets in), RUN runs in a shell there. What an engine adds is left out: the base image, users, layers.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { Copy, DockerfileParser, type From, type Instruction } from 'dockerfile-ast'

export interface LaidOutImage {
  /** The folder that stands for the working directory of the last stage. */
  folder: string
  environment: Record<string, string>
  /** Of the program and its arguments; the program is looked up on PATH. */
  command: string[]
  healthcheck: string[]
  user: string
}

interface Stage {
  name: string | null
  /** The root of its file system. */
  root: string
  workingDirectory: string
  environment: Record<string, string>
  last: Map<string, Instruction>
}

/** `top`: the context. `into`: an empty folder. Throws with the output of a step that fails. */
export function layOutImage({ top, into }: { top: string; into: string }): LaidOutImage {
  const stages: Stage[] = []
  const isLetIn = letInBy(readFileSync(join(top, '.dockerignore'), 'utf8'))
  for (const instruction of DockerfileParser.parse(readFileSync(join(top, 'Dockerfile'), 'utf8')).getInstructions()) {
    const said = instruction.getArgumentsContent() ?? ''
    const keyword = instruction.getKeyword()
    if (keyword === 'FROM') {
      const root = join(into, String(stages.length))
      mkdirSync(root)
      const name = (instruction as From).getBuildStage()
      stages.push({ name, root, workingDirectory: '/', environment: {}, last: new Map() })
      continue
    }
    const stage = stages.at(-1)
    if (!stage) throw new Error(`${keyword} stands before FROM`)
    stage.last.set(keyword, instruction)
    if (keyword === 'WORKDIR') {
      stage.workingDirectory = said
      mkdirSync(join(stage.root, said), { recursive: true })
    } else if (keyword === 'ENV') {
      const [name = '', value = ''] = said.split(/=(.*)/s)
      stage.environment[name] = value
    } else if (keyword === 'COPY') copy(instruction, said, { stage, stages, top, isLetIn })
    else if (keyword === 'RUN') run(stage, said)
  }
  const final = stages.at(-1)
  if (!final) throw new Error('the Dockerfile has no stage')
  const words = (keyword: string) =>
    JSON.parse(/\[.*\]/s.exec(final.last.get(keyword)?.getArgumentsContent() ?? '[]')?.[0] ?? '[]')
  return {
    folder: join(final.root, final.workingDirectory),
    environment: final.environment,
    command: [...words('ENTRYPOINT'), ...words('CMD')],
    healthcheck: words('HEALTHCHECK'),
    user: final.last.get('USER')?.getArgumentsContent() ?? 'root',
  }
}

interface Copying {
  stage: Stage
  stages: readonly Stage[]
  top: string
  isLetIn(path: string): boolean
}

function copy(instruction: Instruction, said: string, { stage, stages, top, isLetIn }: Copying) {
  const words = said.split(/\s+/).filter((word) => !word.startsWith('--'))
  const target = words.pop() ?? ''
  const flags = instruction instanceof Copy ? instruction.getFlags() : []
  const name = flags.find((flag) => flag.getName() === 'from')?.getValue() ?? undefined
  const from = name === undefined ? top : stages.find((it) => it.name === name)?.root
  if (from === undefined) throw new Error(`there is no stage ${name}`)
  const into = join(stage.root, stage.workingDirectory, target)
  for (const word of words) {
    const source = join(from, word)
    // A folder's content goes to the target; a file goes into it where it ends in a slash.
    const isFolder = statSync(source).isDirectory()
    const destination = isFolder || !target.endsWith('/') ? into : join(into, basename(word))
    const filter = name === undefined ? (path: string) => isLetIn(relative(top, path)) : () => true
    cpSync(source, destination, { recursive: true, filter, verbatimSymlinks: true })
  }
}

function run({ root, workingDirectory, environment }: Stage, command: string) {
  const cwd = join(root, workingDirectory)
  const env = { ...process.env, ...environment, npm_config_prefer_offline: 'true' }
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { cwd, env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`RUN ${command} ended with ${status}:\n${stdout}${stderr}`)
}

/** The part of .dockerignore's language that ours is written in: `*`, exceptions at the top, `**` before names. */
function letInBy(text: string): (path: string) => boolean {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const exceptions = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1))
  const names = lines
    .filter((line) => line.startsWith('**/'))
    .map((line) => new RegExp(`^${line.slice(3).replaceAll('.', '\\.').replaceAll('*', '.*')}$`))
  return (path) => {
    const parts = path.split('/')
    return exceptions.includes(parts[0] ?? '') && parts.every((part) => names.every((name) => !name.test(part)))
  }
}
