import { Option, type Command } from 'commander'
import { EXIT, exitCodeOf } from '../exitCodes.ts'
import { actor } from '../input/actor.ts'
import { findRun } from '../input/findRun.ts'
import { withHoldfast } from '../input/withProject.ts'
import { printJson } from '../output/print.ts'
import { newCommand, type Shell } from '../shell.ts'
import { stayAlive } from '../stayAlive.ts'

/** `holdfast attach`: follows a run and talks to its agents. */
export function attach(shell: Shell): Command {
  return newCommand<{ readonly by?: string }>(shell, {
    name: 'attach',
    summary: 'follow a run and talk to its agents',
    description:
      'Follow a run, wherever it is executed, and talk to its agents: each line that is typed, or read from standard ' +
      'input, is a message to the agent that works. Lines that begin with a slash are commands, /help names them; ' +
      'questions are answered by these only. Ctrl-C leaves; the run goes on.',
    arguments: [['<run>', 'id of the run, its beginning, or latest']],
    options: [new Option('--by <name>', 'who speaks, for the audit trail')],
    example: 'holdfast attach latest',
    run: async (io, [given], options) =>
      await withHoldfast(io, options, async (holdfast) => {
        const { executionView } = await import('@holdfast/runtime')
        const { Talk } = await import('../attach/Talk.ts')
        const { id } = await findRun(holdfast.store, holdfast.project.id, given!)
        const talk = new Talk(io, holdfast, id, actor(io, options.by))
        const end = await stayAlive(() => talk.hold())
        const run = await executionView(holdfast.store, id)
        if (options.json === true) printJson(io, run)
        return end === 'left' ? EXIT.cancelled : exitCodeOf(run.status)
      }),
  })
}
