import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { ModelScript } from '@holdfast/agents/testing'
import { expect, test } from 'vitest'
import { claudeWorld, missingClaude, until } from './claudeWorld.ts'

const SCRIPT: ModelScript = {
  rules: [
    {
      when: 'slow task',
      steps: [
        { text: 'Working slowly.', tools: [{ shell: 'until [ -e go ]; do sleep 0.05; done; echo slept' }] },
        { text: 'With tabs.', hold: 'gate' },
      ],
    },
    { when: 'and a test', steps: [{ text: 'With a test.' }] },
  ],
}

// Outside CI a machine without network cannot install the program; under CI `ensureClaude` throws instead.
test.skipIf(missingClaude !== '')(
  '[AG32] is told what a person writes while a tool runs, in the same turn, and while the model answers, in one of its own',
  async () => {
    const { start, model, cwd } = await claudeWorld(SCRIPT)
    let hand: (message: { readonly id: string; readonly text: string }) => void = () => {}
    let closed = false
    const inbox = { open: (to: typeof hand) => void (hand = to), close: () => void (closed = true) }
    const going = start({ prompt: 'slow task', permissionMode: 'full', inbox })
    await going.seen.saw('until [ -e go ]')
    hand({ id: '7', text: 'use tabs please' })
    expect(going.seen.delivered).toEqual([])
    await writeFile(path.join(cwd, 'go'), '')
    await until(async () => JSON.stringify(model.calls.map(({ body }) => body)).includes('use tabs please'))
    hand({ id: '8', text: 'and a test' })
    model.release('gate')
    const outcome = await going.outcome
    expect(outcome.text).toBe('With a test.')
    expect(going.seen.delivered).toEqual(['7', '8'])
    expect(closed).toBe(true)
    const said = going.seen.activity.filter(({ kind }) => kind === 'text').map(({ text }) => text)
    expect(said).toEqual(['Working slowly.', 'With tabs.', 'With a test.'])
  },
)
