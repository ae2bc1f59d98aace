import { statfsSync } from 'node:fs'
import { WorkflowError } from '@holdfast/workflow-sdk'

/**
 * Types of file systems that live on another machine, as Linux' statfs(2) gives them. Neither locks of
 * files nor shared memory can be relied on there.
 */
const NETWORK_FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0x6969: 'NFS',
  0x517b: 'SMB',
  0xff534d42: 'CIFS',
  0xfe534d42: 'SMB2',
  0x5346414f: 'AFS',
  0x6b414653: 'AFS',
  0x73757245: 'Coda',
  0x00c36400: 'Ceph',
  0x01161970: 'GFS2',
  0x7461636f: 'OCFS2',
  0x0bd00bd0: 'Lustre',
  0x564c: 'NCP',
  0x01021997: '9P',
}

/** Name of the network file system with this type; null for a local one. */
export function networkFileSystem(type: number): string | null {
  return NETWORK_FILE_SYSTEMS[type >>> 0] ?? null
}

/** @throws WorkflowError `STORE_ON_NETWORK_FS` when `folder` lies on one. Types are known on Linux only. */
export function refuseNetworkFileSystem(
  folder: string,
  typeOf: (folder: string) => number = typeOnLinux,
): void {
  const name = networkFileSystem(typeOf(folder))
  if (name === null) return
  throw new WorkflowError(
    'STORE_ON_NETWORK_FS',
    `The folder ${folder} lies on a network file system (${name}), where files cannot be locked. Put the store on a local disk.`,
    { details: { folder, fileSystem: name } },
  )
}

function typeOnLinux(folder: string): number {
  return process.platform === 'linux' ? statfsSync(folder).type : 0
}
