import type { Heartbeat, IWorkflowStore } from '@holdfast/store/contract'

/** Calls that write. A claim counts only when it claimed something. */
const WRITES = [
  'createWorkflowRun',
  'appendAsOwner',
  'appendFromOutside',
  'claimDueRuns',
  'parkRun',
  'handBackRun',
  'fenceRun',
  'putBlob',
  'completeAndContinue',
] as const satisfies readonly (keyof IWorkflowStore)[]

/** Where to crash: right before or right after the n-th write, counted from 0. */
export interface CrashPlan {
  readonly at: number
  readonly when: 'before' | 'after'
}

/** A store that dies at a chosen write, as if the process had: from then on no call of it ever settles. */
export interface CrashingStore {
  readonly store: IWorkflowStore
  /** Names of the writes so far, in order. */
  readonly writes: readonly string[]
  /** Resolves at the crash. */
  readonly crashed: Promise<void>
  /** Dies now. */
  die(): void
}

/** Wraps a store. Without a plan it only records. A crash "after" leaves the write done and its answer lost. */
export function crashingStore(inner: IWorkflowStore, plan: CrashPlan | null): CrashingStore {
  const writes: string[] = []
  const heartbeats: Heartbeat[] = []
  let dead = false
  let onCrash!: () => void
  const crashed = new Promise<void>((resolve) => (onCrash = resolve))
  const die = (): void => {
    dead = true
    for (const heartbeat of heartbeats) void heartbeat.stop()
    onCrash()
  }
  const never = (): Promise<never> => new Promise(() => {})

  const write = async (name: string, call: () => Promise<unknown>): Promise<unknown> => {
    const claims = name === 'claimDueRuns'
    const isHere = (): boolean => plan !== null && plan.at === writes.length
    if (!claims) {
      if (isHere() && plan?.when === 'before') {
        die()
        return never()
      }
    }
    const point = claims ? -1 : writes.push(name) - 1
    const result = await call()
    if (dead) return never()
    if (claims && Array.isArray(result) && result.length === 0) return result
    const index = claims ? writes.push(name) - 1 : point
    if (plan !== null && plan.at === index) {
      die()
      return never()
    }
    return result
  }

  const store = new Proxy(inner, {
    get(target, property, receiver) {
      const member: unknown = Reflect.get(target, property, receiver)
      if (typeof member !== 'function') return member
      const bound = member.bind(target) as (...args: unknown[]) => unknown
      if (property === 'watch')
        return (listener: (change: unknown) => void, onEnd: (reason: unknown) => void = () => {}) =>
          bound(
            (change: unknown) => (dead ? undefined : listener(change)),
            (reason: unknown) => (dead ? undefined : onEnd(reason)),
          )
      return (...args: unknown[]) => {
        if (dead) return never()
        if ((WRITES as readonly string[]).includes(String(property)))
          return write(String(property), () => bound(...args) as Promise<unknown>)
        const result = bound(...args)
        if (property === 'startHeartbeat')
          return (result as Promise<Heartbeat>).then((heartbeat) => {
            heartbeats.push(heartbeat)
            return heartbeat
          })
        return result instanceof Promise ? result.then((value: unknown) => (dead ? never() : value)) : result
      }
    },
  })
  return { store, writes, crashed, die }
}
