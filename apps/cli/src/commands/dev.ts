import { Option, type Command } from 'commander'
import { newCommand, type Shell } from '../shell.ts'
import { PORT, serveProject, type ServeOptions } from '../working/serveProject.ts'

/** `holdfast dev`: server and worker for the one who writes workflows. */
export function dev(shell: Shell): Command {
  return newCommand<ServeOptions>(shell, {
    name: 'dev',
    summary: 'serve this project and execute its runs, with workflows as they are now',
    description:
      'Server and worker in one, for the one who writes workflows: changed files are looked at again at once, and ' +
      'what is wrong in them is told with file and line while the last good version stays in force. Runs keep the ' +
      'version that they began with.',
    options: [PORT(), new Option('--concurrency <n>', 'runs at the same time; default 4, or as configured')],
    example: 'holdfast dev',
    run: (io, _args, options) =>
      serveProject(io, options, { logsRequests: options.verbose === true, reloads: true }),
  })
}
