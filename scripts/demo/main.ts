import { parseArgs } from 'node:util'
import { mayUseClaude } from './mayUseClaude.ts'
import { holdfast } from './holdfast.ts'
import { makeSampleProject } from './sampleProject.ts'
import { printSummary } from './summary.ts'

/**
 * `npm start`: the example `simple-sdlc` on a small repository of its own, with a recorded agent, live.
 * `--exit` never waits for a person; `--agent claude` uses Claude Code as this machine has it.
 */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { exit: { type: 'boolean', default: false }, agent: { type: 'string', default: 'replay' } },
  })
  const unattended = values.exit || !process.stdin.isTTY || !process.stderr.isTTY
  if (values.agent !== 'replay' && values.agent !== 'claude') {
    say(`--agent is "${values.agent}". Use replay (recorded, free) or claude.`)
    return 2
  }
  if (values.agent === 'claude' && !(await mayUseClaude(unattended))) return 1

  const project = await makeSampleProject()
  say(`A sample repository with a bare remote was made in ${project}\n`)
  const input = JSON.stringify({
    featureName: 'slugify',
    specPath: 'specs/slugify.md',
    planner: values.agent,
    implementer: values.agent,
  })
  const started = performance.now()
  let code = await holdfast(['run', 'simple-sdlc', '--input', input, '--project', project], { unattended })
  while (code === WAITING && unattended) {
    say(
      '\nThe run waits for a person. This demonstration answers as "demo", with the command that you would use:',
    )
    say(`  npx holdfast approve latest --by demo --project ${project}\n`)
    const approved = await holdfast(['approve', 'latest', '--by', 'demo', '--project', project], {
      unattended,
      quiet: true,
    })
    if (approved !== 0) return approved
    code = await holdfast(['resume', 'latest', '--project', project], { unattended })
  }
  await printSummary(project, performance.now() - started)
  return code
}

/** Exit code of a run that only a person can go on with. */
const WAITING = 3

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

process.exitCode = await main()
