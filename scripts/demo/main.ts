import { parseArgs } from 'node:util'
import { EXAMPLES } from './examples.ts'
import { holdfast } from './holdfast.ts'
import { mayUse } from './mayUse.ts'
import { makeSampleProject } from './sampleProject.ts'
import { printSummary } from './summary.ts'

/**
 * `npm start`: an example on a small repository of its own, with a recorded agent, live. `--example` names another one
 * than `simple-sdlc`; `--exit` never waits for a person; `--agent claude` (or `codex`, `gemini`) uses that program as
 * this machine has it.
 */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      example: { type: 'string', default: 'simple-sdlc' },
      agent: { type: 'string', default: 'replay' },
      exit: { type: 'boolean', default: false },
    },
  })
  const unattended = values.exit || !process.stdin.isTTY || !process.stderr.isTTY
  const { example: name, agent } = values
  const example = EXAMPLES[name]
  if (example === undefined) {
    say(`--example is "${name}". There are: ${Object.keys(EXAMPLES).join(', ')}.`)
    return 2
  }
  if (!AGENTS.includes(agent)) {
    say(`--agent is "${agent}". Use replay (recorded, free), claude, codex or gemini.`)
    return 2
  }
  if (agent !== 'replay' && !(await mayUse(agent, unattended))) return 1

  const project = await makeSampleProject(example)
  say(`A sample repository with a bare remote was made in ${project}\n`)
  const input = JSON.stringify(example.input(agent))
  const started = performance.now()
  let code = await holdfast(['run', name, '--input', input, '--project', project], { unattended })
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

const AGENTS: readonly string[] = ['replay', 'claude', 'codex', 'gemini']

/** Exit code of a run that only a person can go on with. */
const WAITING = 3

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

process.exitCode = await main()
