import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { AgentReference } from '@holdfast/workflow-sdk'
import { acp } from '../author/acp.ts'
import { claudeWith } from '../author/claude.ts'
import { codexWith } from '../author/codex.ts'
import { geminiWith } from '../author/gemini.ts'

/** Absolute paths of installed programs; see `ensureClaude` and its like. */
export interface OfflinePrograms {
  readonly claude: string
  readonly codex: string
  readonly gemini: string
  readonly opencode?: string
  /** Servers that drive `claude` and `codex`. */
  readonly claudeAcp?: string
  readonly codexAcp?: string
}

/** Programs that ask nobody but one scripted model, and how a workflow refers to them. */
export interface OfflineAgents {
  /** Variables of the person who runs them: sign-ins, endpoints, homes. */
  readonly environment: Readonly<Record<string, string>>
  readonly claude: AgentReference
  readonly codex: AgentReference
  readonly gemini: AgentReference
  /** Agents of the Agent Client Protocol, by name; those whose program was given. */
  readonly acp: Readonly<Record<string, AgentReference>>
}

/** Models whose prices are known and that call tools one by one. */
export const OFFLINE_MODELS = {
  claude: 'claude-sonnet-4-5',
  codex: 'gpt-5.5',
  gemini: 'gemini-2.5-flash',
} as const

/** The key that the programs show, for `startScriptedModel({ keys })`. */
export const OFFLINE_KEY = 'test-key'

/**
 * Sets homes up below the folder `home` in which real programs ask nobody but the scripted model at `modelUrl`: no
 * updates, no telemetry, few retries.
 */
export async function offlineAgents(
  home: string,
  modelUrl: string,
  programs: OfflinePrograms,
): Promise<OfflineAgents> {
  const opencode = path.join(home, 'opencode.json')
  await writeJson(path.join(home, '.gemini', 'settings.json'), GEMINI_SETTINGS)
  await writeJson(opencode, opencodeSettings(modelUrl))
  await mkdir(path.join(home, '.codex'), { recursive: true })
  const environment = {
    HOME: home,
    // Claude Code
    CLAUDE_CONFIG_DIR: path.join(home, '.claude'),
    ANTHROPIC_BASE_URL: modelUrl,
    ANTHROPIC_API_KEY: OFFLINE_KEY,
    CLAUDE_CODE_MAX_RETRIES: '1',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    HOLDFAST_CLAUDE_COMMAND: programs.claude,
    // Codex
    CODEX_HOME: path.join(home, '.codex'),
    MODEL_KEY: OFFLINE_KEY,
    HOLDFAST_CODEX_COMMAND: programs.codex,
    // Gemini CLI
    GEMINI_API_KEY: OFFLINE_KEY,
    GOOGLE_GEMINI_BASE_URL: modelUrl,
    HOLDFAST_GEMINI_COMMAND: programs.gemini,
    // OpenCode
    OPENCODE_CONFIG: opencode,
  }
  return {
    environment,
    claude: claudeWith({ model: OFFLINE_MODELS.claude }),
    codex: codexWith({ model: OFFLINE_MODELS.codex, config: codexConfig(modelUrl) }),
    gemini: geminiWith({ model: OFFLINE_MODELS.gemini }),
    acp: acpAgents(modelUrl, programs),
  }
}

function acpAgents(modelUrl: string, programs: OfflinePrograms): Readonly<Record<string, AgentReference>> {
  const { claude, codex, gemini, opencode, claudeAcp, codexAcp } = programs
  return {
    'gemini-acp': acp({
      name: 'gemini-acp',
      command: [gemini, '--acp', '--model', OFFLINE_MODELS.gemini],
      authMethod: 'gemini-api-key',
      env: { GEMINI_CLI_NO_RELAUNCH: 'true' },
      passOn: ['GEMINI_API_KEY', 'GOOGLE_GEMINI_BASE_URL'],
    }),
    ...(claudeAcp === undefined
      ? {}
      : {
          'claude-acp': acp({
            name: 'claude-acp',
            command: [claudeAcp],
            env: { CLAUDE_CODE_EXECUTABLE: claude, ANTHROPIC_MODEL: OFFLINE_MODELS.claude },
            passOn: ['CLAUDE_CONFIG_DIR', 'ANTHROPIC_BASE_URL', 'ANTHROPIC_API_KEY', ...CLAUDE_LIMITS],
          }),
        }),
    ...(codexAcp === undefined
      ? {}
      : {
          'codex-acp': acp({
            name: 'codex-acp',
            command: [codexAcp],
            env: {
              CODEX_PATH: codex,
              MODEL_PROVIDER: PROVIDER,
              CODEX_CONFIG: JSON.stringify({
                model: OFFLINE_MODELS.codex,
                ...nested(codexConfig(modelUrl)),
              }),
              NO_BROWSER: '1',
            },
            passOn: ['CODEX_HOME', 'MODEL_KEY'],
          }),
        }),
    ...(opencode === undefined
      ? {}
      : {
          opencode: acp({
            name: 'opencode',
            command: [opencode, 'acp'],
            env: {
              OPENCODE_DISABLE_AUTOUPDATE: '1',
              OPENCODE_DISABLE_MODELS_FETCH: '1',
              OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
              OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
            },
            passOn: ['OPENCODE_CONFIG'],
          }),
        }),
  }
}

const CLAUDE_LIMITS = ['CLAUDE_CODE_MAX_RETRIES', 'CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC'] as const

/** Name of the provider in Codex' configuration; the built-in one cannot be sent elsewhere by a variable. */
const PROVIDER = 'mine'

/** Entries of Codex' `config.toml`, by dotted name. */
function codexConfig(modelUrl: string): Readonly<Record<string, string | number | boolean>> {
  return {
    model_provider: PROVIDER,
    [`model_providers.${PROVIDER}.name`]: PROVIDER,
    [`model_providers.${PROVIDER}.base_url`]: `${modelUrl}/v1`,
    [`model_providers.${PROVIDER}.wire_api`]: 'responses',
    [`model_providers.${PROVIDER}.env_key`]: 'MODEL_KEY',
    [`model_providers.${PROVIDER}.request_max_retries`]: 1,
    [`model_providers.${PROVIDER}.stream_max_retries`]: 1,
    'analytics.enabled': false,
    'features.plugins': false,
  }
}

/** Dotted names as objects in each other. */
function nested(entries: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const all: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(entries)) {
    const [last = '', ...folders] = name.split('.').toReversed()
    let place = all
    for (const folder of folders.toReversed()) place = (place[folder] ??= {}) as Record<string, unknown>
    place[last] = value
  }
  return all
}

const GEMINI_SETTINGS = {
  security: { auth: { selectedType: 'gemini-api-key' } },
  general: { enableAutoUpdate: false, maxAttempts: 2 },
  privacy: { usageStatisticsEnabled: false },
}

function opencodeSettings(modelUrl: string): unknown {
  const model = 'mock/scripted'
  return {
    autoupdate: false,
    share: 'disabled',
    permission: 'allow',
    model,
    small_model: model,
    provider: {
      mock: {
        npm: '@ai-sdk/openai-compatible',
        name: 'mock',
        options: { baseURL: `${modelUrl}/v1`, apiKey: OFFLINE_KEY },
        models: {
          scripted: {
            name: 'scripted',
            tool_call: true,
            limit: { context: 200_000, output: 8000 },
            cost: { input: 3, output: 15, cache_read: 0.3, cache_write: 3.75 },
          },
        },
      },
    },
  }
}

async function writeJson(file: string, value: unknown): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, JSON.stringify(value))
}
