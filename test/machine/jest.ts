/** Jest's command line, except that `--selectProjects quick src/audit` means one project and one path. */
import { run } from 'jest'
import { selectProjectsLast } from './jest-arguments.ts'

await run(selectProjectsLast(process.argv.slice(2)))
