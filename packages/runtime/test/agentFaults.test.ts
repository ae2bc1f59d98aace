import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { holdfastOn } from './open.ts'
import { template, temporaryProject } from './project.ts'
import { isRunning, outsideFolder } from './support/workers.ts'

const BEGUN = `echo '{"type":"system","subtype":"init","session_id":"s","model":"m"}'`
const DONE = `echo '{"type":"result","subtype":"success","is_error":false,"result":"Done.","session_id":"s","num_turns":1,"total_cost_usd":0,"usage":{"input_tokens":1,"output_tokens":1}}'`

/** What a program does that the real one cannot be made to do, with the code and the words of its step. */
const FAULTS: readonly [name: string, script: string, code: string, message: string][] = [
  ['old', `echo "error: unknown option '--verbose'" >&2; exit 1`, 'AGENT_PROTOCOL', 'another version'],
  ['torn', `${BEGUN}; printf '{"type":"assist'`, 'AGENT_FAILED', 'in the middle of an event'],
  ['noise', `head -c 100000 /dev/urandom`, 'AGENT_PROTOCOL', 'lines that are no events'],
  [
    'endless',
    `${BEGUN}; setsid sleep 600 & echo $! > "$PIDS"; sleep 600`,
    'STEP_TIMED_OUT',
    'said nothing for 1000 ms',
  ],
  ['gone', `rm -rf "$PWD"; ${BEGUN}; ${DONE}`, 'WORKSPACE_LOST', 'is lost: the folder does not exist'],
]

test('[AG6] [AG9] what a broken agent does ends its step with a code and words that say what to do, and leaves no process', async () => {
  const outside = outsideFolder()
  for (const [name, script] of FAULTS) {
    const file = join(outside, name)
    writeFileSync(file, `#!/bin/sh\nPIDS='${outside}/pids'\nhead -n 1 > /dev/null\n${script}\n`)
    chmodSync(file, 0o755)
  }
  const root = temporaryProject(
    {
      [template('faults')]: `import { createWorkflow } from 'holdfast'
import { claudeWith } from 'holdfast/agents'
export default createWorkflow({ name: 'faults', workspace: 'worktree', onFailure: 'fail' }, async (ctx) => {
  for (const name of ${JSON.stringify(FAULTS.map(([name]) => name))}) {
    const agent = claudeWith({ command: '${outside}/' + name })
    await ctx.runCli(name, agent, 'Do it', { idleTimeoutMs: 1000, retry: { maxAttempts: 1 } }).catch(() => {})
  }
})
`,
      '.gitignore': '.agent/\n',
    },
    { git: true },
  )
  const holdfast = await holdfastOn(root)
  await holdfast.worker()
  const run = await holdfast.start('faults')
  await run.finished()
  const steps = await holdfast.store.listWorkflowSteps(run.id)
  expect(steps.map(({ name, error }) => [name, error?.code, error?.message])).toEqual(
    FAULTS.map(([name, , code, words]) => [name, code, expect.stringContaining(words)]),
  )
  expect(isRunning(Number(readFileSync(join(outside, 'pids'), 'utf8')))).toBe(false)
})
