import { hash } from 'node:crypto'

/** Whom a step calls, as far as it is known before: what quotas and failures are counted for. */
export interface ProviderCall {
  /** Name of the agent, or of the provider of a plain model call. */
  readonly provider: string
  /** Tells accounts apart that the step itself names by a key or folder of settings; null: the one that is signed in. */
  readonly account: string | null
  /** Null: the default one. */
  readonly model: string | null
}

/** Environment variables that choose an account. */
const CHOOSES_ACCOUNT = /(KEY|TOKEN|_HOME|CONFIG_DIR|BASE_URL|CREDENTIALS|PROJECT)$/

/** Whom an agent step calls. The names and values that choose the account are kept as a hash. */
export function providerCall(
  reference: { readonly agent: string; readonly settings?: Readonly<Record<string, unknown>> },
  { model, env = {} }: { readonly model?: string; readonly env?: Readonly<Record<string, string>> },
): ProviderCall {
  const settings = reference.settings ?? {}
  const named = typeof settings.name === 'string' ? settings.name : reference.agent
  const all = { ...(typeof settings.env === 'object' ? settings.env : {}), ...env }
  const chosen = Object.entries(all)
    .filter(([name]) => CHOOSES_ACCOUNT.test(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  const ownModel = typeof settings.model === 'string' ? settings.model : null
  return {
    provider: named,
    account: chosen.length === 0 ? null : hash('sha256', JSON.stringify(chosen)).slice(0, 12),
    model: model ?? ownModel,
  }
}

/** Whether a limit on one model, or on all, holds back calls of another; a default model may be any. */
export function isAffected(model: string | null, limited: string | null): boolean {
  return limited === null || model === null || model.toLowerCase().includes(limited.toLowerCase())
}

/** `claude` as people read it. */
export function providerName(provider: string): string {
  return `${provider.charAt(0).toUpperCase()}${provider.slice(1)}`
}
