import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { userInfo } from 'node:os'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { Access } from './Access.ts'
import { checkOrigin } from './checkOrigin.ts'
import { userOfPeer } from './userOfPeer.ts'

/** Where anybody may look: probes have no token. */
const OPEN = new Set(['/api/health'])

/**
 * Access without accounts: the server belongs to the person who runs it. Their programs are known by the user of
 * their connection where the system tells it, everybody else needs the token.
 */
export function localOwner(token: string): Access {
  const known = new WeakMap<Socket, Promise<boolean>>()
  const isOwn = (socket: Socket): Promise<boolean> => {
    let answer = known.get(socket)
    if (answer === undefined) known.set(socket, (answer = isOwner(socket)))
    return answer
  }
  return {
    owner: ownerName(),
    admit: async (request) => {
      checkOrigin(request)
      if (OPEN.has((request.url ?? '').split('?', 1)[0]!)) return
      const given = tokenOf(request)
      if (given === null ? await isOwn(request.socket) : isSame(given, token)) return
      throw new WorkflowError(
        'ACCESS_DENIED',
        given === null
          ? 'This server belongs to another user of the machine, or the system does not say whose connection it is. Send the token: authorization: Bearer TOKEN.'
          : 'The token is not that of this server; it changes with each start.',
      )
    },
  }
}

async function isOwner(socket: Socket): Promise<boolean> {
  const user = await userOfPeer(socket)
  return user !== null && (user === 0 || user === process.getuid?.())
}

/** The token of the header, or null without one. */
function tokenOf({ headers }: IncomingMessage): string | null {
  return headers.authorization === undefined
    ? null
    : (/^Bearer (.+)$/i.exec(headers.authorization)?.[1] ?? '')
}

function isSame(given: string, token: string): boolean {
  const a = Buffer.from(given)
  const b = Buffer.from(token)
  return a.length === b.length && timingSafeEqual(a, b)
}

function ownerName(): string {
  try {
    return userInfo().username
  } catch {
    return 'owner'
  }
}
