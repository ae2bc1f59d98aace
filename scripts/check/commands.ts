import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import type { Check, Finding } from './Check.ts'

/** The tools that others make: format, lint, types and dead code. */
export const commands: readonly Check[] = [
  command('format', 'oxfmt --check', ['oxfmt', '--check', '.']),
  command('lint', 'oxlint, with rules that know types', ['oxlint', '--type-aware', '--deny-warnings']),
  command('types', 'tsc over sources, tests and scripts', [
    'tsc',
    '-p',
    'tsconfig.checks.json',
    '--pretty',
    'false',
  ]),
  command('dead code', 'knip', ['knip', '--no-progress']),
]

/**
 * A check that runs a program of `node_modules/.bin` in the root. An exit code other than 0 is one
 * finding with all that it printed.
 */
export function command(name: string, about: string, line: readonly [string, ...string[]]): Check {
  return { name, about, run: (root) => runCommand(root, line) }
}

function runCommand(root: string, [program, ...args]: readonly [string, ...string[]]): Promise<Finding[]> {
  const { promise, resolve } = Promise.withResolvers<Finding[]>()
  const path = `${join(root, 'node_modules', '.bin')}${delimiter}${process.env['PATH'] ?? ''}`
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, PATH: path },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => (output += text))
  }
  const where = [program, ...args].join(' ')
  child.once('error', (error) => resolve([{ where, what: `could not be started: ${error.message}` }]))
  child.once('close', (code) => resolve(code === 0 ? [] : [{ where, what: output.trim() }]))
  return promise
}
