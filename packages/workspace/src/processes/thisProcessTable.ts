import { linuxProcessTable } from './linuxProcessTable.ts'
import type { ProcessTable } from './ProcessTable.ts'
import { psProcessTable } from './psProcessTable.ts'

/** The process table of this machine. */
export const processTable: ProcessTable =
  process.platform === 'linux'
    ? linuxProcessTable
    : psProcessTable(process.platform === 'darwin' ? '-E' : 'e')
