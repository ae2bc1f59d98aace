import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createWorkspacePort } from '@holdfast/workspace'

/** A folder that goes away with the test. */
export function temporaryFolder(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-test-')))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** The environment of a person without any git settings, whose programs may come from `programs` first. */
export function bareEnvironment(programs?: string): Record<string, string> {
  const PATH = process.env['PATH'] ?? '/usr/bin:/bin'
  return {
    PATH: programs === undefined ? PATH : `${programs}:${PATH}`,
    HOME: temporaryFolder(),
    GIT_CONFIG_NOSYSTEM: '1',
  }
}

/** A port that gives processes half a second to end. */
export function makePort(environment: Record<string, string> = bareEnvironment()) {
  return createWorkspacePort({ environment, killAfterMs: 500, temporaryFolder: temporaryFolder() })
}

/** A real repository on disk. */
export interface TestRepository {
  readonly path: string
  /** Runs git as a person would and answers what it printed, without the last line end. */
  git(...args: readonly string[]): string
  write(file: string, content: string | Uint8Array, mode?: number): void
  read(file: string): string
  exists(file: string): boolean
  remove(file: string): void
}

/** A repository on branch `main`, by default with one commit of `a.txt` and `.gitignore` (`*.log`). */
export function makeRepository(
  options: { readonly commit?: boolean; readonly path?: string } = {},
): TestRepository {
  const repository = openTestRepository(options.path ?? temporaryFolder())
  repository.git('init', '--quiet', '--initial-branch=main')
  if (options.commit === false) return repository
  repository.write('a.txt', 'one\n')
  repository.write('.gitignore', '*.log\n')
  repository.git('add', '--all')
  repository.git('commit', '--quiet', '-m', 'first')
  return repository
}

/** Handles for a repository that is there already. */
export function openTestRepository(path: string): TestRepository {
  const identity = ['-c', 'user.name=Tess Ter', '-c', 'user.email=tess@example.com']
  return {
    path,
    git: (...args) =>
      execFileSync('git', [...identity, ...args], { cwd: path, encoding: 'utf8', stdio: 'pipe' }).trimEnd(),
    write(file, content, mode) {
      mkdirSync(dirname(join(path, file)), { recursive: true })
      writeFileSync(join(path, file), content)
      if (mode !== undefined) chmodSync(join(path, file), mode)
    },
    read: (file) => readFileSync(join(path, file), 'utf8'),
    exists: (file) => existsSync(join(path, file)),
    remove: (file) => rmSync(join(path, file), { recursive: true }),
  }
}

/** A repository with a bare remote `origin` that has its branch `main`. */
export function makeRepositoryWithRemote(): { repository: TestRepository; remote: TestRepository } {
  const remote = openTestRepository(temporaryFolder())
  remote.git('init', '--quiet', '--bare', '--initial-branch=main')
  const repository = makeRepository()
  repository.git('remote', 'add', 'origin', remote.path)
  repository.git('push', '--quiet', 'origin', 'main')
  return { repository, remote }
}
