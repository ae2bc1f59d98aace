import { execFileSync } from 'node:child_process'
import { expect, it, onTestFinished } from 'vitest'
import { openProject } from '../src/index.ts'
import { temporaryProject } from './project.ts'

const statusOf = (root: string): string =>
  execFileSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' })

it('a store among the files of the project is no work of anybody for git', async () => {
  const root = temporaryProject({ 'a.txt': 'a' }, { git: true })
  for (const name of ['sqlite:state [1].db', 'sqlite:state [1].db', 'file:runs [1]', 'file:runs [1]']) {
    const opened = await openProject({ projectPath: root, store: name, env: {} })
    onTestFinished(() => opened.close())
    expect(opened.store.description).toContain(name.slice(name.indexOf(':') + 1))
  }
  expect(statusOf(root)).toBe('')
})
