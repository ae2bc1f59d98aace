import {
  WorkflowError,
  type AnyWorkflow,
  type ChildOptions,
  type WorkflowContext,
} from '@holdfast/workflow-sdk'
import { agentEffect } from '../effects/agentEffect.ts'
import { childEffect } from '../effects/childEffect.ts'
import { runEffect } from '../effects/runEffect.ts'
import { commandText, shellEffect } from '../effects/shellEffect.ts'
import type { Execution } from '../execution/Execution.ts'
import type { Scope } from '../scopes/Scope.ts'
import { StepCall } from '../steps/StepCall.ts'
import { durable, knownOptions, refuseInStep } from './calls.ts'
import { stepSpec, type StepKindDefaults } from './stepOptions.ts'

type StepMethods = Pick<WorkflowContext, 'run' | 'runCli' | 'shell' | 'child'>

const AGENT_OPTIONS = [
  'model',
  'permissionMode',
  'allowedTools',
  'cwd',
  'resume',
  'schema',
  'idleTimeoutMs',
  'maxTurns',
  'env',
]
const SHELL_OPTIONS = ['cwd', 'env', 'stdin', 'allowFailure', 'maxOutputBytes']

/** The calls of a context that make a step. */
export function stepCalls(
  x: Execution,
  own: Scope,
  contextOf: (scope: Scope) => WorkflowContext,
): StepMethods {
  return {
    run: (name, fn, options = {}) => {
      const naming = {
        kind: 'run',
        name: requireName(name, 'ctx.run'),
        key: options.key,
        declared: options.input !== undefined,
        keep: options.keep,
      }
      return durable(x, own, naming, (scope, key) => {
        const defaults: StepKindDefaults = {
          kind: 'run',
          name,
          writes: 'none',
          once: false,
          durableStart: false,
          tree: null,
          options: [],
        }
        return new StepCall(x, scope, key, stepSpec(x, defaults, options, runEffect(fn as never, contextOf)))
      })
    },

    runCli: (name, agent, prompt, options = {}) => {
      const naming = {
        kind: 'runCli',
        name: requireName(name, 'ctx.runCli'),
        key: options.key,
        declared: options.input !== undefined,
        keep: options.keep,
      }
      return durable(x, own, naming, (scope, key) => {
        const reference = checkAgent(agent, name)
        const input = { agent: reference.agent, prompt }
        const defaults: StepKindDefaults = {
          kind: 'agent',
          name,
          writes: 'workspace',
          once: true,
          durableStart: true,
          tree: 'keep',
          options: AGENT_OPTIONS,
          input,
        }
        return new StepCall(
          x,
          scope,
          key,
          stepSpec(x, defaults, options, agentEffect(x, name, reference, prompt, options)),
        )
      })
    },

    shell: (command, options = {}) => {
      const naming = {
        kind: 'shell',
        name: options.name,
        key: options.key,
        declared: options.input !== undefined,
        keep: options.keep,
      }
      return durable(x, own, naming, (scope, key) => {
        const defaults: StepKindDefaults = {
          kind: 'shell',
          name: options.name ?? commandText(command),
          writes: 'workspace',
          once: false,
          durableStart: true,
          tree: 'restore',
          options: SHELL_OPTIONS,
          input: typeof command === 'string' ? command : [...command],
        }
        return new StepCall(x, scope, key, stepSpec(x, defaults, options, shellEffect(x, command, options)))
      })
    },

    child: ((
      workflow: AnyWorkflow | string,
      input: unknown,
      options: ChildOptions & { readonly wait?: boolean } = {},
    ) => {
      const name = typeof workflow === 'string' ? workflow : workflow.name
      const naming = { kind: 'child', name: options.name ?? name, key: options.key, declared: true }
      return durable(x, own, naming, (scope, key) => {
        const { wait = true, onParentClose = null, name: label = name, key: ownKey } = options
        knownOptions(`ctx.child("${name}")`, options, ['name', 'key', 'onParentClose', 'wait'])
        if (wait) refuseInStep(scope, `ctx.child("${name}")`)
        const known = { ...(ownKey === undefined ? {} : { key: ownKey }) }
        const defaults: StepKindDefaults = {
          kind: 'child',
          name: label,
          writes: 'none',
          once: true,
          durableStart: true,
          tree: null,
          options: [],
          input: name,
        }
        return new StepCall(
          x,
          scope,
          key,
          stepSpec(x, defaults, known, childEffect(x, { workflow, input, wait, onParentClose })),
        )
      })
    }) as StepMethods['child'],
  }
}

function requireName(name: string, call: string): string {
  if (typeof name === 'string' && name.trim() !== '' && name.length <= 200) return name
  throw new WorkflowError(
    'OPTION_INVALID',
    `${call} was given ${JSON.stringify(name)} as its name. Give a text of at most 200 characters.`,
    { details: { call } },
  )
}

function checkAgent(agent: unknown, name: string): { readonly agent: string } {
  const reference = agent as { agent?: unknown } | null
  if (
    reference !== null &&
    ['object', 'function'].includes(typeof reference) &&
    typeof reference.agent === 'string'
  )
    return reference as { agent: string }
  throw new WorkflowError(
    'OPTION_INVALID',
    `Agent step "${name}" was given ${JSON.stringify(agent)} as its agent. Import one: import { claude } from 'holdfast/agents'.`,
    { details: { step: name } },
  )
}
