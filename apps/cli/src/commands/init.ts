import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import type { Command } from 'commander'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { EXIT } from '../exitCodes.ts'
import { shellWord } from '../input/invocation.ts'
import { printJson } from '../output/print.ts'
import { styled } from '../output/style.ts'
import { newCommand, type Shell } from '../shell.ts'

const TEMPLATE = '.agent/workflows/templates/hello.ts'
const IGNORED = [
  '.agent/holdfast.db*',
  '.agent/workflows/.cache/',
  '.agent/workflows/executions/',
  '.agent/workflows/worktrees/',
]
/** Where init writes, from the outside in. */
const PLACES = ['.agent', '.agent/workflows', '.agent/workflows/templates', '.gitignore']
const HELLO = `import { createWorkflow } from 'holdfast'
import { z } from 'zod'

export default createWorkflow(
  {
    name: 'hello',
    description: 'Greets somebody and shows what a step is',
    input: z.object({ name: z.string().default('world') }),
  },
  async (ctx) => {
    // A finished step is never run again, whatever happens to the process.
    const greeting = await ctx.run('greet', () => \`Hello, \${ctx.input.name}!\`)
    const { stdout } = await ctx.shell('git log -1 --format=%s', { name: 'last-commit', allowFailure: true })
    await ctx.comment(greeting)
    return { greeting, lastCommit: stdout.trim() }
  },
)
`

/** `holdfast init`: prepares a project. */
export function init(shell: Shell): Command {
  return newCommand(shell, {
    name: 'init',
    summary: 'prepare a project: a first workflow and what git should ignore',
    description:
      'Prepare a project: a first workflow and what git should ignore. Nothing that is there is overwritten.',
    arguments: [['[dir]', 'folder of the project; default the current one']],
    example: 'holdfast init my-project',
    run: async (io, [dir], options) => {
      const root = resolve(io.cwd, dir ?? options.project ?? '.')
      const created: string[] = []
      const kept: string[] = []
      await makeFolder(root)
      const { refuseOutside } = await import('@holdfast/runtime')
      for (const place of PLACES) refuseOutside(root, join(root, place), 'init would write there')
      const template = join(root, TEMPLATE)
      if (existsSync(template)) kept.push(TEMPLATE)
      else {
        await mkdir(dirname(template), { recursive: true })
        await writeFile(template, HELLO, { flag: 'wx' })
        created.push(TEMPLATE)
      }
      if (await addIgnored(root)) created.push('.gitignore')
      else kept.push('.gitignore')
      const isRepository = inRepository(root)
      const folder = relative(io.cwd, root)
      const named = dir === undefined || folder === '' ? '' : ` --project ${shellWord(folder)}`
      const next = nextCommands(folder, isRepository, `${io.called}${named}`)
      if (options.json === true) {
        printJson(io, { root, created, kept, next })
        return EXIT.completed
      }
      const style = styled(io.stderr)
      for (const file of created) io.stderr.write(`${style('green', '✔')} ${file}\n`)
      for (const file of kept) io.stderr.write(`${style('dim', '·')} ${file} is there already\n`)
      io.stdout.write(`Next:\n${next.map((command) => `  ${command}\n`).join('')}`)
      return EXIT.completed
    },
  })
}

async function makeFolder(root: string): Promise<void> {
  try {
    await mkdir(root, { recursive: true })
  } catch (error) {
    throw new WorkflowError(
      'USAGE',
      `${root} cannot be made: ${(error as Error).message}. Give the path of a folder that can be written.`,
      { cause: error },
    )
  }
}

/** Adds what is missing to `.gitignore`; answers whether something was. */
async function addIgnored(root: string): Promise<boolean> {
  const path = join(root, '.gitignore')
  const before = await readFile(path, 'utf8').catch(() => '')
  const lines = new Set(before.split(/\r?\n/).map((line) => line.trim()))
  const missing = IGNORED.filter((pattern) => !lines.has(pattern))
  if (missing.length === 0) return false
  const glue = before === '' || before.endsWith('\n') ? before : `${before}\n`
  await writeFile(path, `${glue}${missing.join('\n')}\n`)
  return true
}

/** What to type next, from where the person is. */
function nextCommands(folder: string, isRepository: boolean, called: string): string[] {
  const word = shellWord(folder)
  const git = folder === '' ? 'git' : `git -C ${word}`
  const begin = isRepository ? [] : [folder === '' ? 'git init' : `git init ${word}`]
  return [
    [...begin, `${git} add -A`, `${git} commit -m "Add Holdfast"`].join(' && '),
    `${called} run hello --input '{"name":"Ada"}'`,
  ]
}

function inRepository(root: string): boolean {
  for (let folder = root; ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return true
    if (dirname(folder) === folder) return false
  }
}
