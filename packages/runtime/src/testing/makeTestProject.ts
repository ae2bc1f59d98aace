import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A project of a test. */
export interface TestProject {
  /** Absolute. */
  readonly path: string
  remove(): Promise<void>
}

/** A git repository in a temporary folder with these files in one commit, made by nobody in particular. */
export async function makeTestProject(files: Readonly<Record<string, string>>): Promise<TestProject> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'holdfast-test-')))
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true })
    await writeFile(join(path, name), content)
  }
  const git = (...args: readonly string[]) => run('git', args, { cwd: path })
  await git('init', '-q', '-b', 'main')
  await git('config', 'user.name', 'Holdfast test')
  await git('config', 'user.email', 'test@localhost')
  // What somebody signs or checks at home is no part of a test.
  await git('config', 'commit.gpgsign', 'false')
  await git('config', 'core.hooksPath', join(path, '.git', 'hooks'))
  await git('add', '-A')
  await git('commit', '-q', '--allow-empty', '-m', 'Begin')
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) }
}
