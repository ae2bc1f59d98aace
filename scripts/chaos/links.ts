import { Link } from './Link.ts'
import { Namespace } from './Namespace.ts'

/** How two workers reach a server, and how the first one's way is cut. */
export interface Links {
  readonly far: Way
  readonly near: Way
  cut(): void
  heal(): void
  close(): Promise<void>
}

interface Way {
  /** Address of the server by this way. */
  readonly url: string
  /** What goes before the worker's command. */
  readonly prefix: readonly string[]
}

/** The first worker behind a proxy that stops to pass anything on. */
export async function linksByProxy(server: string): Promise<Links> {
  const link = await Link.to(server)
  return {
    far: { url: link.url, prefix: [] },
    near: { url: server, prefix: [] },
    cut: () => link.cut(),
    heal: () => link.heal(),
    close: () => link.close(),
  }
}

/** Each worker in a network namespace of its own, whose cable is pulled out. */
export async function linksByNamespaces(server: string): Promise<Links> {
  const spaces: Namespace[] = []
  const doors: Link[] = []
  const close = async (): Promise<void> => {
    for (const door of doors) await door.close()
    for (const space of spaces) space.remove()
  }
  try {
    const ways: Way[] = []
    for (const number of [1, 2]) {
      const space = new Namespace(number)
      spaces.push(space)
      const door = await Link.to(server, space.gateway)
      doors.push(door)
      ways.push({ url: door.url, prefix: space.prefix })
    }
    const [far, near] = ways as [Way, Way]
    return { far, near, cut: () => spaces[0]?.cut(), heal: () => spaces[0]?.heal(), close }
  } catch (error) {
    await close()
    throw error
  }
}
