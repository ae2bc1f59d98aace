import { WorkflowError } from '@holdfast/workflow-sdk'

/** Longest line of an agent that is read, in bytes; one event may carry a whole file. */
const MAX_LINE_BYTES = 64 * 1024 * 1024
const NEWLINE = 10

/**
 * The lines of a byte stream, without their ends, decoded as UTF-8; a last line without an end counts.
 * @throws WorkflowError `AGENT_PROTOCOL` when a line is longer than 64 MiB.
 */
export async function* readLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let pieces: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of stream) {
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      pieces.push(chunk.subarray(from, at))
      yield decode(pieces)
      pieces = []
      bytes = 0
      from = at + 1
    }
    if (from < chunk.length) {
      pieces.push(chunk.subarray(from))
      bytes += chunk.length - from
      if (bytes > MAX_LINE_BYTES) throw tooLong()
    }
  }
  if (pieces.length > 0) yield decode(pieces)
}

/** Pieces are joined before they are decoded: a character may be split between two of them. */
function decode(pieces: readonly Uint8Array[]): string {
  return Buffer.concat(pieces).toString('utf8').replace(/\r$/, '')
}

function tooLong(): WorkflowError {
  return new WorkflowError(
    'AGENT_PROTOCOL',
    `The agent printed a line of more than ${MAX_LINE_BYTES} bytes. Its session can be resumed; ask it to print less at once.`,
    { details: { limitBytes: MAX_LINE_BYTES } },
  )
}
