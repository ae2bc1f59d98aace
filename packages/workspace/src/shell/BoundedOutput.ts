/**
 * The beginning and the end of a stream in at most `limitBytes` of memory (and one chunk); what lies between
 * is counted and left out.
 */
export class BoundedOutput {
  readonly #headBytes: number
  readonly #tailBytes: number
  readonly #head: Buffer[] = []
  #headLength = 0
  #tail: Buffer[] = []
  #tailLength = 0
  #dropped = 0

  constructor(limitBytes: number) {
    this.#headBytes = Math.ceil(limitBytes / 2)
    this.#tailBytes = Math.floor(limitBytes / 2)
  }

  add(chunk: Buffer): void {
    const room = this.#headBytes - this.#headLength
    const head = chunk.subarray(0, room)
    if (head.length > 0) {
      this.#head.push(head)
      this.#headLength += head.length
    }
    const rest = chunk.subarray(head.length)
    if (rest.length === 0) return
    this.#tail.push(rest)
    this.#tailLength += rest.length
    // Cut late, so that many small chunks are not copied again and again.
    if (this.#tailLength > 2 * this.#tailBytes + 64 * 1024) this.#trim()
  }

  /** The text; a cut is marked in a line of its own and never splits a character. */
  toString(): string {
    this.#trim()
    const head = Buffer.concat(this.#head)
    const tail = Buffer.concat(this.#tail)
    if (this.#dropped === 0) return Buffer.concat([head, tail]).toString('utf8')
    const headEnd = endOfLastCharacter(head)
    const tailStart = startOfFirstCharacter(tail)
    const left = this.#dropped + (head.length - headEnd) + tailStart
    const mark = `\n[… ${left} bytes left out …]\n`
    return head.toString('utf8', 0, headEnd) + mark + tail.toString('utf8', tailStart)
  }

  #trim(): void {
    const excess = this.#tailLength - this.#tailBytes
    if (excess <= 0) return
    // A copy, so that the chunks which it was cut from can be freed.
    this.#tail = [Buffer.from(Buffer.concat(this.#tail).subarray(excess))]
    this.#tailLength = this.#tailBytes
    this.#dropped += excess
  }
}

/** UTF-8: bytes 10xxxxxx continue a character, the first byte says how many there are (RFC 3629). */
const continues = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80

function startOfFirstCharacter(bytes: Buffer): number {
  let start = 0
  while (start < 3 && continues(bytes[start])) start += 1
  return start
}

function endOfLastCharacter(bytes: Buffer): number {
  let last = bytes.length - 1
  while (last > 0 && last > bytes.length - 4 && continues(bytes[last])) last -= 1
  const first = bytes[last] ?? 0
  const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1
  return size > bytes.length - last ? last : bytes.length
}
