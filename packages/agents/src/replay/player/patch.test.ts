import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/helpers.ts'
import { applyPatch, filesOfPatch } from './patch.ts'

const git = promisify(execFile)

describe('patch', () => {
  test('[AG16] whatever git says changed one text into another does so here too', async () => {
    const folder = await temporaryFolder()
    await mkdir(path.join(folder, 'a'))
    await mkdir(path.join(folder, 'b'))
    const line = fc.constantFrom('one', 'two', '', 'three', '--- x', '+++ y', '@@ z', '\\ w')
    const text = fc
      .tuple(fc.array(line, { maxLength: 25 }), fc.boolean())
      .map(([lines, ends]) => lines.join('\n') + (ends && lines.length > 0 ? '\n' : ''))
      .filter((whole) => whole !== '')
    await fc.assert(
      fc.asyncProperty(text, text, async (before, after) => {
        fc.pre(before !== after)
        await writeFile(path.join(folder, 'a', 'f'), before)
        await writeFile(path.join(folder, 'b', 'f'), after)
        const [file, ...more] = filesOfPatch(await diff(folder))
        expect(more).toEqual([])
        expect(file === undefined ? null : applyPatch(file, before)).toBe(after)
      }),
      { numRuns: 60, seed: 20261121 },
    )
  })

  test('[AG16] files that come and go', async () => {
    const folder = await temporaryFolder()
    await mkdir(path.join(folder, 'a'))
    await mkdir(path.join(folder, 'b'))
    await writeFile(path.join(folder, 'a', 'old'), 'x\n')
    await writeFile(path.join(folder, 'b', 'new'), 'y\nz')
    const files = filesOfPatch(await diff(folder))
    const after = files.map((file) => [
      file.path,
      file.kind,
      applyPatch(file, file.kind === 'add' ? null : 'x\n'),
    ])
    expect(after).toHaveLength(2)
    expect(after).toContainEqual(['new', 'add', 'y\nz'])
    expect(after).toContainEqual(['old', 'delete', null])
  })

  test('[AG16] a hunk is found where the text has moved to, and refused where it is gone', () => {
    const [file] = filesOfPatch('--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n')
    if (file === undefined) throw new Error('no file')
    expect(applyPatch(file, 'new\nlines\na\nb\n')).toBe('new\nlines\na\nc\n')
    expect(() => applyPatch(file, 'a\nx\n')).toThrow(/does not fit f/)
    expect(() => applyPatch(file, null)).toThrow(/does not exist/)
  })

  test.each([
    ['nothing', /names no file/],
    ['--- a/f\n+++ b/g\n@@ -1 +1 @@\n-a\n+b\n', /renames/],
    ['--- a/f\n+++ b/f\n', /no hunk/],
    ['--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n a\n', /ends inside|neither/],
    ['--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n?a\n', /neither context nor change/],
  ])('[AG16] %j is refused', (patch, message) => {
    expect(() => filesOfPatch(patch)).toThrow(message)
  })

  async function diff(folder: string): Promise<string> {
    const args = ['diff', '--no-index', '--no-color', '--no-ext-diff', 'a', 'b']
    const { stdout } = await git('git', args, { cwd: folder }).catch((error: { stdout: string }) => error)
    return stdout.replaceAll('a/a/', 'a/').replaceAll('b/b/', 'b/')
  }
})
