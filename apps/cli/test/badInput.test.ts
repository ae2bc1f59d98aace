import { copyFileSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { repository, start, withWorkflow, type Ran } from './world.ts'

/** The real command as a process of its own. */
async function run(cwd: string, argv: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  return await start(cwd, argv, env).ended
}

const TEMPLATES = '.agent/workflows/templates'
const IMPORT = `import { createWorkflow } from 'holdfast'\n`
const GREET = withWorkflow(
  'greet',
  `return 'hi ' + ctx.input.name`,
  'input: z.object({ name: z.string(), count: z.number(), at: z.object({ x: z.number() }) })',
)

test('bad templates hurt nobody: the others load, each is listed with file and line', async () => {
  const bad: Record<string, readonly [text: string, said: string]> = {
    throws: [`${IMPORT}\nthrow new Error('boom')\n`, ':3:7 does not load: it throws when it is loaded: boom'],
    syntax: [`${IMPORT}const = 3\n`, ':2:7 does not load: Expected identifier'],
    endless: [
      'export const a = 1\nfor (;;) {}\n',
      ':1 does not load: it does not finish loading within 10 s',
    ],
    exits: ['process.exit(0)\n', ':1 does not load: it ends the process while it is loaded (process.exit)'],
    never: ['await new Promise(() => {})\nexport default 1\n', ':2 does not load: it never finishes loading'],
    empty: [`${IMPORT}export const x = 1\n`, ':1 does not load: it has no default export'],
    twin: [
      `${IMPORT}export default createWorkflow({ name: 'greet' }, async () => 1)\n`,
      ':1 does not load: it names its workflow "greet"',
    ],
    evil: [
      `${IMPORT}export default createWorkflow({ name: '../../evil' }, async () => 1)\n`,
      ':2:16 does not load: it throws when it is loaded: The workflow\'s name is "../../evil"',
    ],
    option: [
      `${IMPORT}export default createWorkflow({ name: 'o', timout: 3 }, async () => 1)\n`,
      'sets "timout"',
    ],
    package: [
      `import x from 'no-such-package-here'\n${IMPORT}void x\n`,
      'The package "no-such-package-here" is not installed',
    ],
  }
  const files = Object.entries(bad).map(([name, [text]]) => [`${TEMPLATES}/${name}.ts`, text])
  const cwd = repository({ ...GREET, ...(Object.fromEntries(files) as Record<string, string>) })
  const listed = await run(cwd, ['workflows', 'list'])
  expect(listed.code).toBe(0)
  expect(listed.stdout).toContain(`greet     1        ${TEMPLATES}/greet.ts`)
  for (const [name, [, said]] of Object.entries(bad)) {
    const line = listed.stderr.split('\n').find((text) => text.startsWith(`${TEMPLATES}/${name}.ts`))
    expect(line).toContain(said)
  }
  expect(listed.stderr.trim().split('\n')).toHaveLength(Object.keys(bad).length)

  const good = await run(cwd, ['run', 'greet', '--input', '{"name":"Ada","count":1,"at":{"x":1}}'])
  expect(good).toMatchObject({ code: 0, stdout: '"hi Ada"\n' })
  const unknown = await run(cwd, ['run', 'gret', '--json'])
  expect(unknown.code).toBe(2)
  expect(unknown.stderr).toMatch(
    /No workflow is named "gret"\. Did you mean "greet"\? Known workflows: greet\.\n/,
  )
  expect(JSON.parse(unknown.stdout)).toMatchObject({
    error: {
      code: 'WORKFLOW_NOT_FOUND',
      details: { nearest: 'greet' },
      docs: 'docs/errors/WORKFLOW_NOT_FOUND.md',
    },
  })
  expect(existsSync(join(cwd, '../../evil'))).toBe(false)
}, 60_000)

test('input that does not fit names every field, and input that is no JSON says where', async () => {
  const cwd = repository(GREET)
  const wrong = await run(cwd, ['run', 'greet', '--json', '--input', '{"name":1}'])
  expect(wrong.code).toBe(2)
  const { error } = JSON.parse(wrong.stdout) as { error: { code: string; message: string } }
  expect(error.code).toBe('INPUT_INVALID')
  for (const field of ['name:', 'count:', 'at:']) expect(error.message).toContain(field)
  const broken = await run(cwd, ['run', 'greet', '--input', '{bad'])
  expect(broken.code).toBe(2)
  expect(broken.stderr).toMatch(/--input is no JSON: .*position 1.*\[USAGE\]/)
  expect((await run(cwd, ['runs', 'list', '--json'])).stdout.trim()).toBe('[]')
})

test('templates may lie behind a link, and nothing is written where it points', async () => {
  const outside = repository({
    'flows/ok.ts': `${IMPORT}export default createWorkflow({ name: 'ok' }, async () => 1)\n`,
  })
  const cwd = repository()
  mkdirSync(join(cwd, '.agent/workflows'), { recursive: true })
  symlinkSync(join(outside, 'flows'), join(cwd, TEMPLATES))
  expect(await run(cwd, ['run', 'ok', '--allow-dirty'])).toMatchObject({ code: 0, stdout: '1\n' })
  expect(readdirSync(join(outside, 'flows'))).toEqual(['ok.ts'])
  expect(readdirSync(outside).toSorted()).toEqual(['.git', 'flows'])
})

test('ids that no run has, beginnings that several have, and runs that are over', async () => {
  const cwd = repository(withWorkflow('ok', 'return 1'))
  expect((await run(cwd, ['runs', 'show', 'latest'])).stderr).toContain('The project has no runs yet')
  for (let i = 0; i < 2; i++) await run(cwd, ['run', 'ok'])
  const [{ id }] = JSON.parse((await run(cwd, ['runs', 'list', '--json'])).stdout) as [{ id: string }]
  const expected = [
    [
      ['runs', 'show', '0000zzzz'],
      2,
      /No run of this project in sqlite:\S+ has the id "0000zzzz".*runs list \[RUN_NOT_FOUND\]/,
    ],
    [
      ['runs', 'show', id.slice(0, 4)],
      2,
      /Several runs begin with ".{4}": \S+ \(ok\), \S+ \(ok\)\. Give more of the id\. \[USAGE\]/,
    ],
    [['runs', 'show', '01'], 2, /too short for a run's id/],
    [['cancel', id], 1, /is over: it is completed\..*\[RUN_FINISHED\]/],
    [['send', id, 'go'], 1, /is over: it is completed\..*\[RUN_FINISHED\]/],
    [['kill', id], 1, /is over: it is completed\..*\[RUN_FINISHED\]/],
    [['resume', id], 1, /is completed; only a run that is not over can go on.*\[RUN_FINISHED\]/],
    [['approve', id], 2, /asks nothing at the moment\. \[APPROVAL_NOT_FOUND\]/],
  ] as const
  for (const [argv, code, said] of expected) {
    const ended = await run(cwd, argv)
    expect(ended.stderr).toMatch(said)
    expect(ended).toMatchObject({ code, stdout: '' })
  }
})

test('an answer that does not fit is refused at once, the same twice is fine, another comes too late', async () => {
  const cwd = repository(
    withWorkflow(
      'asks',
      `return await ctx.ask({ title: 'Which port?', schema: z.object({ port: z.number() }) })`,
    ),
  )
  expect((await run(cwd, ['run', 'asks'])).code).toBe(3)
  const wrong = await run(cwd, ['answer', 'latest', '{"port":"x"}', '--json'])
  expect(wrong.code).toBe(2)
  expect(JSON.parse(wrong.stdout)).toMatchObject({
    error: { code: 'ANSWER_INVALID', details: { misfits: ['port is string, expected number'] } },
  })
  expect((await run(cwd, ['approve', 'latest'])).stderr).toContain('asks for a value')
  expect((await run(cwd, ['answer', 'latest', '{"port":1}', '--by', 'ada'])).code).toBe(0)
  expect((await run(cwd, ['answer', 'latest', '{"port":1}', '--by', 'bob'])).code).toBe(0)
  const late = await run(cwd, ['answer', 'latest', '{"port":2}'])
  expect(late.code).toBe(1)
  expect(late.stderr).toMatch(/was already answered by ada\. \[ALREADY_ANSWERED\]/)
  expect(JSON.parse((await run(cwd, ['resume', 'latest'])).stdout)).toEqual({ port: 1 })
})

test('what only the schema of the author refuses is asked again, with the reason', async () => {
  const cwd = repository(
    withWorkflow(
      'asks',
      `return await ctx.ask({ title: 'Even?', schema: z.number().refine((n) => n % 2 === 0, 'odd is refused') })`,
    ),
  )
  await run(cwd, ['run', 'asks'])
  expect((await run(cwd, ['answer', 'latest', '3'])).code).toBe(0)
  const again = await run(cwd, ['resume', 'latest'])
  expect(again.code).toBe(3)
  expect(again.stderr).toMatch(/asks: Even\? \(again\) The last answer was not accepted: .*odd is refused/)
  await run(cwd, ['answer', 'latest', '4'])
  expect((await run(cwd, ['resume', 'latest'])).stdout).toBe('4\n')
})

test('an address of a store that cannot be is explained, without its password', async () => {
  const cwd = repository(withWorkflow('ok', 'return 1'))
  writeFileSync(join(cwd, 'notes.txt'), 'these are my notes, not a database')
  await run(cwd, ['run', 'ok', '--allow-dirty'])
  const newer = join(cwd, '.agent/newer.db')
  copyFileSync(join(cwd, '.agent/holdfast.db'), newer)
  const database = new DatabaseSync(newer)
  const columns = database.prepare('select * from schema_migrations limit 1').get()!
  const [key] = Object.keys(columns)
  const last = database.prepare(`select * from schema_migrations order by ${key} desc limit 1`).get()!
  const values = Object.values({ ...last, [key!]: typeof last[key!] === 'number' ? 999 : '999-future' })
  database
    .prepare(`insert into schema_migrations values (${values.map(() => '?').join(', ')})`)
    .run(...values)
  database.close()
  const other = new DatabaseSync(join(cwd, '.agent/other.db'))
  other.exec('create table mine (a)')
  other.close()
  const cases = [
    ['notes', 2, 'STORE_URL_INVALID', 'has no scheme'],
    ['sqlite:', 2, 'STORE_URL_INVALID', 'names no file'],
    ['sqlite:x.db?mode=memory', 2, 'STORE_URL_INVALID', 'a part after "?"'],
    ['mysql://me:secret@host/db', 2, 'STORE_URL_INVALID', 'mysql://me:…@host/db'],
    ['file:///etc/passwd', 2, 'STORE_URL_INVALID', 'has the form of a URL'],
    ['file:', 2, 'STORE_URL_INVALID', 'names no folder'],
    ['file:notes.txt', 2, 'STORE_NOT_A_DATABASE', 'it is a file'],
    ['file:.agent', 2, 'STORE_NOT_A_DATABASE', 'it holds'],
    ['file:nowhere/x', 1, 'STORE_UNAVAILABLE', 'does not exist. Make it first'],
    ['sqlite:notes.txt', 2, 'STORE_NOT_A_DATABASE', 'is not a Holdfast database'],
    ['sqlite:.agent/other.db', 2, 'STORE_NOT_A_DATABASE', 'of another program'],
    ['sqlite:.', 2, 'STORE_NOT_A_DATABASE', 'is no file'],
    ['sqlite:nowhere/x.db', 1, 'STORE_UNAVAILABLE', 'does not exist. Make it first'],
    ['sqlite:.agent/newer.db', 1, 'STORE_NEWER', 'newer'],
  ] as const
  for (const [url, code, name, said] of cases) {
    const ended = await run(cwd, ['run', 'ok', '--json'], { HOLDFAST_STORE: url })
    const { error } = JSON.parse(ended.stdout) as { error: { code: string; message: string } }
    expect([url, ended.code, error.code]).toEqual([url, code, name])
    expect(error.message).toContain(said)
    expect(ended.stdout + ended.stderr).not.toContain('secret')
  }
  expect(readdirSync(cwd).toSorted()).toEqual(['.agent', '.git', 'notes.txt'])
  expect((await run(cwd, ['runs', 'list', '--project', 'notes.txt'])).stderr).toMatch(
    /notes\.txt is no folder\..*CONFIG_INVALID/,
  )
})

test('two runs at the same moment on a project without a store both complete', async () => {
  const cwd = repository(withWorkflow('ok', `return await ctx.run('a', () => 1)`))
  const both = await Promise.all([run(cwd, ['run', 'ok']), run(cwd, ['run', 'ok'])])
  for (const ended of both) expect(ended).toMatchObject({ code: 0, stdout: '1\n' })
  const runs = JSON.parse((await run(cwd, ['runs', 'list', '--json'])).stdout) as { status: string }[]
  expect(runs.map(({ status }) => status)).toEqual(['completed', 'completed'])
})
