import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHoldfast } from '@holdfast/runtime'
import { expect, it, onTestFinished, vi } from 'vitest'
import { atTerminal, KEY } from './terminal.ts'
import { holdfast, repository, start } from './world.ts'

const PATIENCE = { timeout: 45_000, interval: 20 }

it(
  '[EM2] a message waits while nobody works, reaches the agent of the next worker, and a talk in the terminal answers what the run asks',
  { timeout: 120_000 },
  async () => {
    const outside = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-message-')))
    onTestFinished(() => rmSync(outside, { recursive: true, force: true, maxRetries: 5 }))
    const at = (name: string): string => join(outside, name)
    const wait = (name: string): string =>
      `touch ${at(name)}; while [ ! -e ${at('go')} ]; do sleep 0.02; done`
    const root = repository({
      '.agent/workflows/templates/talk.ts': `import { createWorkflow } from 'holdfast'
import { replay } from 'holdfast/agents'

const agent = replay({ recording: '.agent/recordings/talk.json', timeScale: 0 })

export default createWorkflow({ name: 'talk' }, async (ctx) => {
  const { text } = await ctx.runCli('build', agent, 'Build it')
  const { approved, comment } = await ctx.approve({ name: 'gate', title: 'Ship it?' })
  return { text, approved, comment }
})
`,
      '.agent/recordings/talk.json': JSON.stringify({
        holdfastRecording: 1,
        rules: [
          {
            when: {},
            events: [{ text: 'I begin.' }, { shell: { command: wait('began') } }, { text: 'Tabs, then.' }],
            answer: { text: 'built' },
          },
        ],
      }),
      '.gitignore': '.agent/holdfast.db*\n.agent/workflows/executions/\n.agent/workflows/.cache/\n',
    })
    const own = await createHoldfast({ projectPath: root })
    onTestFinished(() => own.close())
    const run = await own.start('talk', {}, { sessionName: 'release' })
    const first = start(root, ['worker'])
    await vi.waitFor(() => expect(existsSync(at('began'))).toBe(true), PATIENCE)
    first.process.kill('SIGKILL')
    await first.ended

    const sent = await holdfast(root, ['message', 'latest', '--by', 'ada'], { stdin: 'use \u001B[31mtabs\n' })
    expect(sent).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Sent to run \S+\. Nobody works/) })
    const noted = await holdfast(root, ['message', 'latest', 'for us', '--note', '--json', '--by', 'ada'])
    expect(JSON.parse(noted.stdout)).toMatchObject({
      message_type: 'note',
      author: 'ada',
      text_content: 'for us',
    })
    writeFileSync(at('go'), '')

    const second = start(root, ['worker'])
    await vi.waitFor(async () => expect((await run.current()).waiting_for?.reason).toBe('approval'), PATIENCE)
    const early = await holdfast(root, ['takeover', 'latest'])
    expect(early).toMatchObject({ code: 2, stderr: expect.stringContaining('[STEP_NOT_FOUND]') })
    const spoken = await holdfast(root, ['attach', 'latest', '--by', 'ada'], {
      stdin: 'yes, ship it\n/what\n/approve looks fine\n',
    })
    expect(spoken.code).toBe(0)
    expect(spoken.stderr).toMatch(/ada: use tabs \[answered\]/)
    expect(spoken.stderr).toMatch(/It asks: Ship it\? → \/approve or \/reject/)
    expect(spoken.stderr).toContain('There is no /what. Type /help')
    expect(spoken.stderr).toMatch(/ada: yes, ship it[^]*answered: yes by ada[^]*completed/)
    second.process.kill('SIGTERM')
    await second.ended
    expect(await run.output()).toEqual({ text: 'built', approved: true, comment: 'looks fine' })

    const shown = await holdfast(root, ['runs', 'show', 'latest'])
    const said = shown.stdout.split('\n').filter((line) => line.includes('said'))
    expect(said.map((line) => line.replace(/^ *said *\S+ /, ''))).toEqual([
      'a person (start): {}',
      'replay: I begin.',
      'ada: use tabs [answered]',
      'ada (note): for us',
      'replay: Tabs, then.',
      'ada: yes, ship it [queued]',
      'ada: yes: looks fine',
    ])
    const { items } = await own.store.listWorkflowRuns({ sessionId: (await run.current()).session_id ?? '' })
    expect(items.map(({ id }) => id)).toEqual([run.id])

    const late = await holdfast(root, ['message', 'latest', 'too late'])
    expect(late).toMatchObject({ code: 1, stderr: expect.stringContaining('[RUN_FINISHED]') })
    expect(await holdfast(root, ['message', 'nobody', 'x'])).toMatchObject({ code: 2 })
    expect((await holdfast(root, ['message', 'latest'], { stdin: '' })).stderr).toContain('[MESSAGE_INVALID]')
    expect(await holdfast(root, ['attach', 'latest'])).toMatchObject({ code: 0 })
  },
)

it('[EM2] at a terminal what is typed is a message, and Ctrl-C leaves the run alone', async () => {
  const root = repository({
    '.agent/workflows/templates/gate.ts': `import { createWorkflow } from 'holdfast'
export default createWorkflow({ name: 'gate' }, async (ctx) => ctx.approve({ name: 'gate', title: 'Ship it?' }))
`,
  })
  expect(await holdfast(root, ['run', 'gate', '--allow-dirty'])).toMatchObject({ code: 3 })
  const session = atTerminal(root, ['attach', 'latest', '--by', 'ada'])
  await session.saw('It asks: Ship it?')
  session.type(`hello there${KEY.enter}`)
  await session.saw('ada: hello there')
  session.type(KEY.ctrlC)
  const { code, stderr } = await session.ended
  expect(code).toBe(130)
  expect(stderr).toContain('Left; the run goes on.')
  const shown = JSON.parse((await holdfast(root, ['runs', 'show', 'latest', '--json'])).stdout) as {
    readonly status: string
    readonly messages: readonly { readonly text_content: string; readonly delivery_state: string }[]
  }
  expect(shown.status).toBe('waiting')
  expect(shown.messages.map((row) => [row.text_content, row.delivery_state])).toEqual([
    ['hello there', 'queued'],
  ])
})
