import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const BIN = fileURLToPath(new URL('../bin', import.meta.url))

/** A package with our `bin` and a start that says what it was given. */
function packageWith(start: 'src/start.ts' | 'dist/start.js'): string {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-bin-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  cpSync(BIN, join(root, 'bin'), { recursive: true })
  const imports = { '#start': { source: './src/start.ts', default: './dist/start.js' } }
  writeFileSync(join(root, 'package.json'), JSON.stringify({ type: 'module', imports }))
  mkdirSync(join(root, start, '..'), { recursive: true })
  writeFileSync(
    join(root, start),
    'console.log(JSON.stringify([import.meta.url.slice(-12), process.argv.slice(2)])); process.exitCode = 3\n',
  )
  mkdirSync(join(root, 'node_modules', '.bin'), { recursive: true })
  const command = join(root, 'node_modules', '.bin', 'holdfast')
  symlinkSync('../../bin/holdfast.js', command)
  return command
}

test.each(['src/start.ts', 'dist/start.js'] as const)('the command as npx starts it runs %s', (start) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [packageWith(start), 'runs', '--json', 'a b'],
    {
      encoding: 'utf8',
    },
  )
  expect({ status, stderr }).toEqual({ status: 3, stderr: '' })
  expect(JSON.parse(stdout)).toEqual([`/${start}`.slice(-12), ['runs', '--json', 'a b']])
})
