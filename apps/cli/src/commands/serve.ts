import { Option, type Command } from 'commander'
import { newCommand, type Shell } from '../shell.ts'
import { PORT, serveProject, type ServeOptions } from '../working/serveProject.ts'

/** `holdfast serve`: the server, and a worker unless that is not wanted. */
export function serve(shell: Shell): Command {
  return newCommand<ServeOptions>(shell, {
    name: 'serve',
    summary: 'REST and live events for this project, and a worker',
    description:
      'Serve the REST API at /api, its documentation at /api/docs and live events at /api/ws, and execute runs, until ' +
      'SIGTERM or Ctrl-C: then what has begun is finished, and runs are handed back. It listens for programs of ' +
      'this machine only.',
    options: [
      new Option('--host <address>', 'where it listens; only loopback addresses').default('127.0.0.1'),
      PORT(),
      new Option('--no-worker', 'serve only; runs are executed elsewhere'),
      new Option('--concurrency <n>', 'runs at the same time; default 4, or as configured'),
      new Option(
        '--migrate <how>',
        'a store that is not up to date is brought there (auto) or refused (check); default auto, or as configured',
      ).choices(['auto', 'check']),
    ],
    example: 'holdfast serve --port 3456',
    run: (io, _args, options) => serveProject(io, options, { logsRequests: true, reloads: false }),
  })
}
