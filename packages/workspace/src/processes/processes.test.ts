import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  endProcesses,
  isAlive,
  parentEnvironment,
  processIdentity,
  RUN_VARIABLE,
  startProcess,
} from '@holdfast/workspace'
import { eventually, makeMarker, startScript } from '../../test/support/processes.ts'
import { makePort, temporaryFolder } from '../../test/support/repository.ts'
import { linuxProcessTable } from './linuxProcessTable.ts'
import { psProcessTable } from './psProcessTable.ts'
import { runProgram } from './runProgram.ts'

const alive = (pid: string | number): boolean => isAlive({ pid: Number(pid), startTime: null })

test('[WS1] a process leads a group and session of its own and carries the marker', async () => {
  const marker = makeMarker()
  const child = await startScript(
    'echo $$ $HOLDFAST_RUN_ID $HOLDFAST_STEP_ID ${#HOLDFAST_PROCESS_ID}; read wait',
    {
      marker,
      stdin: 'pipe',
    },
  )
  const { pid, startTime, hostId, bootId } = child.identity
  expect(await child.lines.next()).toBe(`${pid} ${marker.runId} ${marker.stepId} 36`)
  const [group, session] = execFileSync('ps', ['-o', 'pgid=,sid=', '-p', `${pid}`], { encoding: 'utf8' })
    .trim()
    .split(/\s+/)
  expect([group, session]).toEqual([`${pid}`, `${pid}`])
  expect(startTime).toMatch(/./)
  expect([hostId, bootId]).toEqual([processIdentity(process.pid).hostId, processIdentity(process.pid).bootId])
  expect(isAlive(child.identity)).toBe(true)
  child.stdin?.end('go on\n')
  expect(await child.closed).toEqual({ code: 0, signal: null })
  expect(isAlive(child.identity)).toBe(false)
})

test('[WS2] a process that ignores SIGTERM is killed, and one that obeys ends by itself', async () => {
  const deaf = await startScript('trap "" TERM; echo ready; while :; do sleep 1; done')
  const polite = await startScript('trap "echo bye; exit 7" TERM; echo ready; while :; do sleep 0.05; done')
  await Promise.all([deaf.lines.next(), polite.lines.next()])
  await Promise.all([deaf.terminate(), polite.terminate()])
  expect([alive(deaf.identity.pid), alive(polite.identity.pid)]).toEqual([false, false])
  expect(await deaf.exited).toEqual({ code: null, signal: 'SIGKILL' })
  expect(await polite.exited).toEqual({ code: 7, signal: null })
  expect(await polite.lines.next()).toBe('bye')
})

test('[WS2] ending ends children in the group, and the signal of the caller does the same', async () => {
  const controller = new AbortController()
  const child = await startScript('sleep 1000 & echo $!; wait', { signal: controller.signal })
  const grandchild = await child.lines.next()
  expect(alive(grandchild)).toBe(true)
  controller.abort()
  await child.closed
  expect(alive(grandchild)).toBe(false)
})

test('[WS2] an aborted signal starts nothing', async () => {
  const signal = AbortSignal.abort(new Error('too late'))
  await expect(startScript('echo never', { signal })).rejects.toThrow('too late')
})

test('[WS3] a grandchild in a session of its own is found by the marker after its parents are gone', async () => {
  const child = await startScript("(setsid sh -c 'echo $$; exec sleep 1000' &); sleep 1000")
  const stranger = await child.lines.next()
  const row = (await linuxProcessTable.list()).find((one) => one.pid === Number(stranger))
  expect(row?.groupId).not.toBe(child.identity.pid)
  await child.terminate()
  expect(alive(stranger)).toBe(false)
})

test('[WS3] a grandchild without session, group and environment is found through its parents', async () => {
  const child = await startScript("setsid env -i /bin/sh -c 'echo $$; exec sleep 1000' & wait")
  const stranger = await child.lines.next()
  expect(readFileSync(`/proc/${stranger}/environ`, 'utf8')).not.toContain('HOLDFAST')
  await child.terminate()
  expect(alive(stranger)).toBe(false)
})

test('[WS4] all processes of a run end, those of another run and the caller stay', async () => {
  const [mine, other] = [makeMarker(), makeMarker()]
  const deaf = await startScript("trap '' TERM; setsid sh -c 'echo $$; exec sleep 1000' & wait; sleep 1000", {
    marker: mine,
  })
  const spared = await startScript('echo ready; sleep 1000', { marker: other })
  const stranger = await deaf.lines.next()
  await spared.lines.next()
  const ended = await endProcesses({
    variable: { name: RUN_VARIABLE, value: mine.runId },
    known: [],
    killAfterMs: 300,
  })
  expect(ended).toBeGreaterThanOrEqual(2)
  expect([alive(deaf.identity.pid), alive(stranger)]).toEqual([false, false])
  expect(alive(spared.identity.pid)).toBe(true)
  await spared.terminate()
})

test('[WS4] a known process ends with its children; one that only has the same pid stays', async () => {
  const unmarked = spawn('/bin/sh', ['-c', 'sleep 1000 & echo $!; wait'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const grandchild = await new Promise<string>((resolve) =>
    unmarked.stdout.once('data', (data) => resolve(`${data}`.trim())),
  )
  const identity = processIdentity(unmarked.pid ?? 0)
  const nobody = { name: RUN_VARIABLE, value: 'nobody has this' }
  const other = [
    { ...identity, startTime: `${identity.startTime}0` },
    { ...identity, startTime: null },
  ]
  expect(await endProcesses({ variable: nobody, known: other })).toBe(0)
  expect(isAlive(identity)).toBe(true)
  expect(await endProcesses({ variable: nobody, known: [identity] })).toBe(2)
  expect([isAlive(identity), alive(grandchild)]).toEqual([false, false])
})

test('[WS4] the caller is spared even when it carries the marker itself', async () => {
  const marker = makeMarker()
  const script = `
    import { endProcesses } from '@holdfast/workspace'
    console.log(await endProcesses({ variable: { name: 'HOLDFAST_RUN_ID', value: '${marker.runId}' }, known: [] }))`
  const child = await startProcess({
    file: process.execPath,
    args: ['--conditions=source', '--input-type=module', '--eval', script],
    cwd: import.meta.dirname,
    env: { PATH: process.env['PATH'] ?? '' },
    marker,
  })
  child.stderr.resume()
  const printed = await child.stdout.setEncoding('utf8').toArray()
  expect(printed.join('')).toBe('0\n')
  expect(await child.closed).toEqual({ code: 0, signal: null })
})

test('[WS5] what is left in the group ends with the program; a quiet session of its own stays until its run ends', async () => {
  const marker = makeMarker()
  const file = join(temporaryFolder(), 'pid')
  const child = await startScript(
    `sleep 1000 & echo $!; setsid sh -c 'echo $$ >${file}; exec sleep 1000' >/dev/null 2>&1 & read wait; exit 3`,
    { marker, stdin: 'pipe' },
  )
  const inGroup = await child.lines.next()
  const pidOfDaemon = (): string => (existsSync(file) ? readFileSync(file, 'utf8').trim() : '')
  await eventually('the daemon runs in its own session', () => pidOfDaemon() !== '')
  child.stdin?.end('\n')
  expect(await child.closed).toEqual({ code: 3, signal: null })
  expect([alive(inGroup), alive(pidOfDaemon())]).toEqual([false, true])
  expect(await endProcesses({ variable: { name: RUN_VARIABLE, value: marker.runId }, known: [] })).toBe(1)
  expect(alive(pidOfDaemon())).toBe(false)
})

test('[WS5] a session of its own that keeps the output open is ended, so that reading comes to an end', async () => {
  const child = await startScript("setsid sh -c 'echo $$; exec sleep 1000' & read wait", { stdin: 'pipe' })
  const holder = await child.lines.next()
  child.stdin?.end('\n')
  expect(await child.closed).toEqual({ code: 0, signal: null })
  expect(alive(holder)).toBe(false)
})

test('[WS6] a zombie is dead, and so is a pid with another start time or none at all', async () => {
  // The shell execs into a program that never collects its child.
  const child = await startScript('sleep 0 & echo $!; exec sleep 1000')
  const zombie = await child.lines.next()
  await eventually('the child is a zombie', () =>
    readFileSync(`/proc/${zombie}/stat`, 'utf8').includes(') Z '),
  )
  expect(alive(zombie)).toBe(false)
  const { pid, startTime } = child.identity
  expect(isAlive({ pid, startTime })).toBe(true)
  expect(isAlive({ pid, startTime: `${startTime}0` })).toBe(false)
  expect([isAlive({ pid: 0, startTime: null }), isAlive({ pid: -5, startTime: null })]).toEqual([
    false,
    false,
  ])
  await child.terminate()
})

test('[WS4] the process table of ps tells the same as that of /proc', async () => {
  const marker = makeMarker()
  const child = await startScript('echo ready; sleep 1000', { marker })
  await child.lines.next()
  const [table, pid] = [psProcessTable('e'), child.identity.pid]
  const { parentPid, groupId } = linuxProcessTable.find(pid) ?? {}
  expect(table.find(pid)).toMatchObject({
    pid,
    parentPid,
    groupId,
    startTime: expect.stringMatching(/ \d{4}$/),
  })
  expect((await table.list()).find((row) => row.pid === pid)).toEqual(table.find(pid))
  const marked = (await table.withVariable(RUN_VARIABLE, marker.runId)).map((row) => row.pid)
  expect(marked).toContain(pid)
  expect(marked).not.toContain(process.pid)
  await child.terminate()
  expect(table.find(pid)).toBeNull()
})

test('[WS4] the port ends the processes of a run, and trusts known ones of this host and boot only', async () => {
  const marker = makeMarker()
  const child = await startScript('echo ready; sleep 1000', { marker })
  const unmarked = await startScript('echo ready; sleep 1000', { marker: null })
  await Promise.all([child.lines.next(), unmarked.lines.next()])
  const port = makePort()
  const { identity } = unmarked
  const foreign = [
    { ...identity, hostId: 'another' },
    { ...identity, bootId: 'an earlier one' },
  ]
  expect(await port.endProcesses(marker.runId, foreign)).toBeGreaterThanOrEqual(1)
  expect([alive(child.identity.pid), isAlive(identity)]).toEqual([false, true])
  expect(await port.endProcesses(marker.runId, [...foreign, identity])).toBeGreaterThanOrEqual(1)
  expect(isAlive(identity)).toBe(false)
})

test('[WS2] a helper program that prints without end is ended and named', async () => {
  const request = { file: 'yes', args: ['forever'], cwd: '/', env: parentEnvironment(), marker: makeMarker() }
  let pid = 0
  const running = runProgram({
    ...request,
    killAfterMs: 300,
    onProcess: (identity) => void (pid = identity.pid),
  })
  await expect(running).rejects.toMatchObject({
    code: 'OUTPUT_TOO_LARGE',
    message: expect.stringContaining('yes forever'),
  })
  expect(alive(pid)).toBe(false)
})
