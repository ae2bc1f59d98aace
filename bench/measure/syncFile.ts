import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { endianness } from 'node:os'

// The file that `shim/syncs.c` shares with us: two numbers of 8 bytes.
const WIDTH = 8
const BIG = endianness() === 'BE'

/** Makes the file of a process that is to be counted, or starts it anew. */
export function createSyncFile(path: string, delayUs: number): void {
  const file = openSync(path, 'w')
  try {
    writeSync(file, Buffer.concat([numberBytes(0), numberBytes(delayUs)]))
  } finally {
    closeSync(file)
  }
}

/** `fsync` and `fdatasync` calls so far. */
export function readSyncCount(path: string): number {
  const bytes = Buffer.alloc(WIDTH)
  const file = openSync(path, 'r')
  try {
    readSync(file, bytes, 0, WIDTH, 0)
  } finally {
    closeSync(file)
  }
  return Number(BIG ? bytes.readBigUInt64BE() : bytes.readBigUInt64LE())
}

/** Makes each call take that many microseconds longer, from now on. */
export function setSyncDelay(path: string, delayUs: number): void {
  const file = openSync(path, 'r+')
  try {
    writeSync(file, numberBytes(delayUs), 0, WIDTH, WIDTH)
  } finally {
    closeSync(file)
  }
}

function numberBytes(value: number): Buffer {
  const bytes = Buffer.alloc(WIDTH)
  if (BIG) bytes.writeBigUInt64BE(BigInt(value))
  else bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}
