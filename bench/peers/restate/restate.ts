import type { BenchAdapter, RestateServer } from '../../adapter.ts'
import { folderBytes } from '../../measure/folderBytes.ts'
import type { Program } from '../../workloads/programs.ts'
import { importFrom } from '../importFrom.ts'
import { packagesOf } from '../packagesOf.ts'
import type { Handler, RestateModule } from './api.ts'
import { Client } from './Client.ts'
import { listen } from './listen.ts'

const STARTS_AT_ONCE = 64
const OPEN = `select count(*) as count from sys_invocation_status where status <> 'completed'`
const ASLEEP = `select count(*) as count from sys_journal where entry_type like '%Sleep%'`

/** Restate: its server beside this process, and its SDK as the endpoint that the server calls over HTTP/2. */
export const restate: BenchAdapter = {
  open: async (request) => {
    const server = serverOf(request.surroundings.restate)
    const sdk = await importFrom<RestateModule>(packagesOf(request), '@restatedev/restate-sdk')
    const handlers = Object.fromEntries(
      Object.entries(request.programs).map(([name, program]) => [name, handlerOf(program)]),
    )
    const handler = sdk.createEndpointHandler({ services: [sdk.service({ name: 'bench', handlers })] })
    const stopListening = await listen(handler, server.endpointPort)
    const client = new Client(server)
    // The second process finds the handlers registered: a person would not do it again after a crash.
    if ((await client.count('select count(*) as count from sys_deployment')) === 0) await client.register()
    return {
      startsAtOnce: STARTS_AT_ONCE,
      start: (name, input) => client.send(name, input),
      busy: async () => (await client.count(OPEN)) - (await client.count(ASLEEP)),
      countWaiting: () => client.count(ASLEEP),
      storeBytes: () => folderBytes(server.directory),
      close: async () => {
        client.close()
        await stopListening()
      },
    }
  },
}

function handlerOf(program: Program): Handler {
  return (ctx, input) =>
    program(
      { step: (name, body) => ctx.run(name, body), sleep: (milliseconds) => ctx.sleep(milliseconds) },
      input,
    )
}

function serverOf(server: RestateServer | null): RestateServer {
  if (server === null) throw new Error('The server of Restate was not started.')
  return server
}
