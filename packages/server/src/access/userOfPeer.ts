import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'

type Ends = Pick<Socket, 'remoteAddress' | 'remotePort' | 'localPort'>

/**
 * Id of the user whose process holds the other end of a loopback connection, as Linux tells it in `/proc/net/tcp`
 * (proc_net_tcp(5)); null where it cannot be told.
 */
export async function userOfPeer({ remoteAddress, remotePort, localPort }: Ends): Promise<number | null> {
  if (remoteAddress === undefined || remotePort === undefined || localPort === undefined) return null
  const ends = { from: endOf(remoteAddress, remotePort), toPort: hex(localPort) }
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const text = await readFile(table, 'latin1').catch(() => '')
    const user = userIn(text, ends)
    if (user !== null) return user
  }
  return null
}

/** @param ends Whole address of the asking end, and port of the answering one, as the table writes them. */
export function userIn(
  table: string,
  ends: { readonly from: readonly string[]; readonly toPort: string },
): number | null {
  for (const line of table.split('\n').slice(1)) {
    const [, local = '', remote = '', , , , , user = '', , inode = ''] = line.trim().split(/\s+/)
    // An end that its process has closed has no inode, and user 0 in place of its own.
    if (ends.from.includes(local) && remote.endsWith(`:${ends.toPort}`) && inode !== '0') return Number(user)
  }
  return null
}

/** The ways in which the table may write a loopback address with its port. */
function endOf(address: string, port: number): string[] {
  const plain = address.replace(/^::ffff:/, '')
  if (plain === '::1') return [`${'0'.repeat(24)}01000000:${hex(port)}`]
  const word = plain
    .split('.')
    .toReversed()
    .map((part) => Number(part).toString(16).toUpperCase().padStart(2, '0'))
    .join('')
  return [`${word}:${hex(port)}`, `0000000000000000FFFF0000${word}:${hex(port)}`]
}

function hex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0')
}
