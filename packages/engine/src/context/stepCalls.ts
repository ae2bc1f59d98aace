import {
  checkBudget,
  WorkflowError,
  type AgentReference,
  type AnyWorkflow,
  type ChildOptions,
  type StepOptions,
  type WorkflowContext,
} from '@holdfast/workflow-sdk'
import type { Json } from '@holdfast/workflow-sdk/journal'
import { agentEffect } from '../effects/agentEffect.ts'
import { childEffect } from '../effects/childEffect.ts'
import { runEffect } from '../effects/runEffect.ts'
import { promptEffect } from '../effects/promptEffect.ts'
import { commandText, shellEffect } from '../effects/shellEffect.ts'
import type { Execution } from '../execution/Execution.ts'
import type { Scope } from '../scopes/Scope.ts'
import { providerCall } from '../steps/providerCall.ts'
import { StepCall } from '../steps/StepCall.ts'
import { checkPrompt } from './promptArguments.ts'
import {
  checkOptions,
  knownOptions,
  requireFunction,
  requireName,
  requireObject,
  requireText,
  requireWords,
} from './arguments.ts'
import { durable, refuseInStep, type CallNaming } from './calls.ts'
import { toPlain } from '../values/plain.ts'
import { stepSpec, type StepKindDefaults } from './stepOptions.ts'

type StepMethods = Pick<WorkflowContext, 'run' | 'runCli' | 'prompt' | 'shell' | 'child'>

const AGENT_OPTIONS = [
  'model',
  'permissionMode',
  'allowedTools',
  'cwd',
  'resume',
  'schema',
  'maxRepairs',
  'budget',
  'idleTimeoutMs',
  'maxTurns',
  'env',
]
const PROMPT_OPTIONS = [
  'variables',
  'message',
  'model',
  'schema',
  'maxRepairs',
  'config',
  'budget',
  'idleTimeoutMs',
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
      const nameIt = (): CallNaming => {
        requireName('ctx.run', name)
        requireFunction(`ctx.run("${name}")`, fn)
        return naming('run', name, options)
      }
      return durable(x, own, nameIt, (scope, key) => {
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
      const nameIt = (): CallNaming => {
        requireName('ctx.runCli', name)
        requireText(`ctx.runCli("${name}")`, 'prompt', prompt)
        return naming('runCli', name, options)
      }
      return durable(x, own, nameIt, (scope, key) => {
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
          budget: checkBudget(options.budget, `budget of step "${name}"`),
          input,
        }
        return new StepCall(x, scope, key, {
          ...stepSpec(x, defaults, options, agentEffect(x, name, reference, prompt, options)),
          calls: providerCall(reference, options),
        })
      })
    },

    prompt: (name, prompt, options = {}) => {
      const nameIt = (): CallNaming => {
        requireName('ctx.prompt', name)
        const named = naming('prompt', name, options)
        checkPrompt(`ctx.prompt("${name}")`, prompt, options)
        return named
      }
      return durable(x, own, nameIt, (scope, key) => {
        const { variables, message } = options
        const defaults: StepKindDefaults = {
          kind: 'prompt',
          name,
          writes: 'none',
          once: false,
          durableStart: true,
          tree: null,
          options: PROMPT_OPTIONS,
          budget: checkBudget(options.budget, `budget of step "${name}"`),
          input: toPlain(
            {
              prompt,
              ...(variables === undefined ? {} : { variables }),
              ...(message === undefined ? {} : { message }),
            },
            `The input of step "${name}" holds a value`,
          ).value as Json,
        }
        return new StepCall(
          x,
          scope,
          key,
          stepSpec(x, defaults, options, promptEffect(x, name, prompt, options)),
        )
      })
    },

    shell: (command, options = {}) => {
      const nameIt = (): CallNaming => {
        checkCommand(command)
        return naming('shell', undefined, options)
      }
      return durable(x, own, nameIt, (scope, key) => {
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
      const nameIt = (): CallNaming => {
        if (typeof workflow !== 'string') requireObject('ctx.child', 'workflow', workflow)
        requireName('ctx.child', nameOf(workflow))
        checkOptions(`ctx.child("${nameOf(workflow)}")`, options)
        return { kind: 'child', name: options.name ?? nameOf(workflow), key: options.key, declared: true }
      }
      return durable(x, own, nameIt, (scope, key) => {
        const name = nameOf(workflow)
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

/** How a step is named; `name` comes before the option of that name. */
function naming(kind: string, name: string | undefined, options: StepOptions): CallNaming {
  checkOptions(name === undefined ? `ctx.${kind}` : `ctx.${kind}("${name}")`, options)
  const { key, input, keep } = options
  return { kind, name: name ?? options.name, key, declared: input !== undefined, keep }
}

function nameOf(workflow: AnyWorkflow | string): string {
  return typeof workflow === 'string' ? workflow : workflow.name
}

/** @throws WorkflowError `OPTION_INVALID` unless it is a text or a list of a program and its arguments. */
function checkCommand(command: unknown): void {
  if (!Array.isArray(command)) return requireText('ctx.shell', 'command', command)
  const [program, ...args] = command as readonly unknown[]
  requireWords('ctx.shell', 'program', program)
  for (const arg of args) requireText('ctx.shell', 'argument', arg)
}

function checkAgent(agent: unknown, name: string): AgentReference {
  const reference = agent as { agent?: unknown } | null
  if (
    reference !== null &&
    ['object', 'function'].includes(typeof reference) &&
    typeof reference.agent === 'string'
  )
    return reference as AgentReference
  throw new WorkflowError(
    'OPTION_INVALID',
    `Agent step "${name}" was given ${JSON.stringify(agent)} as its agent. Import one: import { claude } from 'holdfast/agents'.`,
    { details: { step: name } },
  )
}
