import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A project in a temporary folder, removed when the test ends. */
export function temporaryProject(
  files: Readonly<Record<string, string>> = {},
  options: { git?: boolean } = {},
): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-runtime-')))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  for (const [path, content] of Object.entries(files)) put(root, path, content)
  if (options.git === true) {
    for (const args of [
      ['init', '-q', '-b', 'main'],
      ['add', '-A'],
      ['-c', 'user.name=t', '-c', 'user.email=t@example.org', 'commit', '-q', '--allow-empty', '-m', 'Begin'],
    ]) {
      execFileSync('git', args, { cwd: root })
    }
  }
  return root
}

/** Writes a file of a project; it looks a minute old, so that nobody takes it for one that is being written. */
export function put(root: string, path: string, content: string): void {
  const file = join(root, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
  const past = Date.now() / 1000 - 60
  utimesSync(file, past, past)
}

/** Path of a template. */
export function template(name: string): string {
  return `.agent/workflows/templates/${name}.ts`
}

/** Text of a small workflow. */
export function workflowText(name: string, body = 'return { done: true }'): string {
  return `import { createWorkflow } from 'holdfast'\nexport default createWorkflow({ name: '${name}' }, async (ctx) => {\n  ${body}\n})\n`
}
