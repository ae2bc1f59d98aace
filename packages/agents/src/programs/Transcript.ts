import { constants, type WriteStream } from 'node:fs'
import { mkdir, open, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { once } from 'node:events'
import { finished } from 'node:stream/promises'

/** The session file of one agent step: one line per event, appended while the agent works. */
export interface Transcript {
  /** Adds a line. Resolves at once unless the disk is behind. */
  append(line: string): Promise<void>
  /** Adds a line of our own, `{ "type": "holdfast", "event": …, "at": ISO time, … }`. */
  note(event: string, facts: Readonly<Record<string, unknown>>): Promise<void>
  /** Resolves when every line is on disk (`fsync`). */
  close(): Promise<void>
}

/** A link in its place is not followed: a step may have put it there. */
const FLAGS = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW

/** Opens a session file for appending; a line that a crash tore is ended first. */
export async function openTranscript(file: string): Promise<Transcript> {
  await mkdir(path.dirname(file), { recursive: true })
  const handle = await open(file, FLAGS)
  const torn = await endsTorn(handle)
  const stream = handle.createWriteStream({ flush: true })
  const failure = watch(stream)
  const append = async (line: string): Promise<void> => {
    if (failure.error !== null) throw failure.error
    if (!stream.write(`${line}\n`)) await once(stream, 'drain')
  }
  if (torn) await append('')
  return {
    append,
    note: (event, facts) =>
      append(JSON.stringify({ type: 'holdfast', event, at: new Date().toISOString(), ...facts })),
    close: async () => {
      stream.end()
      await finished(stream)
    },
  }
}

/** An unheard `error` event would end the process; the next `append` or `close` reports it instead. */
function watch(stream: WriteStream): { error: Error | null } {
  const failure: { error: Error | null } = { error: null }
  stream.on('error', (error) => {
    failure.error = error
  })
  return failure
}

async function endsTorn(handle: FileHandle): Promise<boolean> {
  const { size } = await handle.stat()
  if (size === 0) return false
  const last = Buffer.alloc(1)
  await handle.read(last, 0, 1, size - 1)
  return last[0] !== 10
}
