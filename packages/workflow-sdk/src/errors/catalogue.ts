/** What the catalogue says about one error code. */
export interface ErrorEntry {
  /** One line that names the problem, for tables and pages. */
  readonly title: string
  /** The status that REST answers with. */
  readonly httpStatus: 400 | 401 | 403 | 404 | 409 | 413 | 416 | 422 | 429 | 500 | 503
  /** Whether the same call may succeed when tried again unchanged. */
  readonly retryable: boolean
}

const entry = (title: string, httpStatus: ErrorEntry['httpStatus'], retryable = false): ErrorEntry => ({
  title,
  httpStatus,
  retryable,
})

/**
 * Every error code of Holdfast. Each has a page `docs/errors/CODE.md`; `npm run check` holds the
 * catalogue, the pages and the places that throw together.
 */
export const ERRORS = {
  // Authoring and configuration
  CONFIG_INVALID: entry('A configuration value is missing or wrong', 400),
  OPTION_UNKNOWN: entry('An option is not known to this version', 400),
  OPTION_INVALID: entry('An option has a value that it cannot take', 400),
  DURATION_INVALID: entry('A duration is neither milliseconds nor a text such as 10m', 400),
  INPUT_INVALID: entry('The input does not fit the workflow', 400),

  // Definitions
  WORKFLOW_NOT_FOUND: entry('No workflow has this name', 404),
  WORKFLOW_INVALID: entry('A workflow file does not hold a workflow', 422),
  WORKFLOW_INACTIVE: entry('The workflow is switched off', 409),
  WORKFLOW_DEPENDENCY_MISSING: entry('A package that the workflow imports is not installed', 409),
  DEFINITION_IN_USE: entry('A definition that is in use cannot be deleted', 409),

  // Runs
  RUN_NOT_FOUND: entry('No run has this id', 404),
  RUN_FINISHED: entry('The run is already over', 409),
  RUN_TIMED_OUT: entry('The run used up its running time', 409),
  RUN_TRANSITION_INVALID: entry('The run cannot go from its status to the one asked for', 409),
  RUN_CANCELLED: entry('The run was cancelled', 409),
  DEADLINE_EXCEEDED: entry('The run passed its deadline', 409),
  OWNERSHIP_LOST: entry('Another worker owns the run now', 409),
  OWNER_REQUIRED: entry('A worker holds the run; this write needs its owner token', 409),
  EVENT_NOT_ALLOWED: entry('This event may only be written by the owner of the run', 409),

  IDEMPOTENCY_KEY_REUSED: entry('The idempotency key was used with another input', 409),
  SINGLETON_CONFLICT: entry('A run of the workflow is going already', 409),

  // Replay
  REPLAY_DIVERGED: entry('The code asks for something else than the journal holds', 409),
  JOURNAL_CORRUPT: entry('The journal cannot be read', 500),
  JOURNAL_TOO_LONG: entry('The journal of the run reached its limit', 409),
  STEP_NAME_AMBIGUOUS: entry('The order of equal step names could vary', 422),
  SCOPE_MISMATCH: entry('A call was made on the context of another branch', 422),
  WAIT_INSIDE_STEP: entry('A durable wait was called inside a step', 422),
  CONTEXT_CLOSED: entry('The context was used after its step or run had ended', 409),

  // Forks
  STEP_NOT_FOUND: entry('The run has no such step', 404),
  CHECKPOINT_MISSING: entry('The files of that moment are not kept', 409),
  PLAN_CHANGED: entry('The plan that was looked at does not hold any more', 409),

  // Steps
  STEP_FAILED: entry('A step failed', 422),
  STEP_TIMED_OUT: entry('A step took longer than its time-out', 422),
  STEP_OUTPUT_NOT_SERIALIZABLE: entry('A value cannot be stored as JSON', 422),
  STEP_OUTPUT_TOO_LARGE: entry('A value is larger than the limit', 413),
  STEP_INTERRUPTED: entry('The process ended while the step was running', 409),
  CHILD_FAILED: entry('A child run did not complete', 422),

  // Waits and people
  MESSAGE_INVALID: entry('A message is empty or too long', 400),
  APPROVAL_NOT_FOUND: entry('No open question has this id', 404),
  APPROVAL_CHANGED: entry('What was to be approved has changed since it was shown', 409),
  APPROVAL_REQUIRED: entry('The step needs an approval that was not given', 409),
  ALREADY_ANSWERED: entry('Somebody else has already answered', 409),
  ANSWER_INVALID: entry('The answer does not fit the question', 400),
  WAIT_TIMED_OUT: entry('Nobody answered in time', 409),

  // Store
  STORE_UNAVAILABLE: entry('The store cannot be reached or written', 503, true),
  STORE_FULL: entry('The disk of the store is full', 503, true),
  STORE_READ_ONLY: entry('The store cannot be written', 503),
  STORE_NOT_A_DATABASE: entry('The file is not a Holdfast database', 400),
  STORE_OLDER: entry('The database is not up to date', 409),
  STORE_ACCESS_DENIED: entry('The database does not let this user in', 403),
  STORE_SERVER_UNSUPPORTED: entry('The database server is too old', 400),
  STORE_NEWER: entry('The database was made by a newer version', 409),
  STORE_ON_NETWORK_FS: entry('The store lies on a network file system', 400),
  STORE_URL_INVALID: entry('The store address is not understood', 400),
  STORE_LOCKED: entry('Another process holds the store', 503, true),
  STORE_NOT_EMPTY: entry('The target of a copy holds something already', 409),
  STORE_IN_USE: entry('Somebody works on the store', 409, true),
  STORE_COPY_DIFFERS: entry('A copy does not read back as it came', 500),
  STORE_CLOSED: entry('The store is closed', 409),
  STORE_REPLACED: entry('The files of the store were removed, replaced or cut off', 409),
  PAYLOAD_INVALID: entry('An event holds something that the store cannot keep', 422),
  RECORD_NOT_FOUND: entry('The record does not exist', 404),
  RECORD_CONFLICT: entry('A record with these keys exists already', 409),

  // Workspace
  NOT_A_GIT_REPOSITORY: entry('The folder is not a git repository', 400),
  WORKSPACE_DIRTY: entry('The workspace has uncommitted changes', 409),
  WORKSPACE_LOST: entry('The workspace of the run is gone', 409),
  PATH_OUTSIDE_PROJECT: entry("A place for Holdfast's own files leads out of the project", 400),
  PATH_OUTSIDE_WORKSPACE: entry('A path leaves the workspace', 400),
  FILE_NOT_FOUND: entry('The file does not exist', 404),
  FILE_OPERATION_FAILED: entry('A file operation failed', 422),
  FORGE_NOT_SIGNED_IN: entry('The forge does not let this account in', 401),
  FORGE_NOT_FOUND: entry('The forge has no such repository or pull request', 404),
  FORGE_REFUSED: entry('The forge refused the request', 422),
  FORGE_RATE_LIMITED: entry('The limit of requests to the forge is reached', 429, true),
  FORGE_UNAVAILABLE: entry('The forge gives no answer', 503, true),
  GIT_FAILED: entry('A git command failed', 422),
  COMMAND_FAILED: entry('A command ended with an error', 422),
  COMMAND_NOT_FOUND: entry('A command does not exist on this machine', 422),
  ARTIFACT_TOO_LARGE: entry('An artifact is larger than the limit', 413),
  OUTPUT_TOO_LARGE: entry('A command printed more than the limit', 413),

  // Agents
  AGENT_UNKNOWN: entry('No agent has this name', 400),
  AGENT_NOT_INSTALLED: entry('The program of the agent is not installed', 422),
  AGENT_NOT_SIGNED_IN: entry('The agent has no valid sign-in', 401),
  AGENT_CAPABILITY_MISSING: entry('The agent cannot do what the step asks for', 422),
  AGENT_FAILED: entry('The agent ended without success', 422),
  AGENT_LIMIT_REACHED: entry('The agent stopped at a limit', 422),
  BUDGET_EXCEEDED: entry('A budget is used up', 422),
  AGENT_PROVIDER_OVERLOADED: entry('The provider of the model cannot take the request now', 429, true),
  AGENT_SESSION_NOT_FOUND: entry('The agent session cannot be resumed', 409),
  AGENT_PROTOCOL: entry('The agent printed something that is not understood', 422),
  AGENT_RECORDING_INVALID: entry('A recorded agent session cannot be played', 400),
  RECORDING_DIVERGED: entry('A step asks for something else than was recorded', 409),

  // Models and prompts
  MODEL_UNKNOWN: entry('No provider has this model', 400),
  MODEL_KEY_INVALID: entry('The provider of a model has no valid key', 401),
  MODEL_REFUSED: entry('The provider refuses the request', 422),
  MODEL_FAILED: entry('The answer of a model did not come to its end', 422, true),
  PROMPT_NOT_FOUND: entry('No prompt has this name, version or label', 404),
  PROMPT_INVALID: entry('A prompt cannot be read or filled in', 422),

  // Server
  REQUEST_INVALID: entry('A request does not fit its route', 400),
  REQUEST_TOO_LARGE: entry('The body of a request is larger than the limit', 413),
  ROUTE_NOT_FOUND: entry('There is no such route', 404),
  ACCESS_DENIED: entry('The server does not know who asks', 401),
  ORIGIN_NOT_ALLOWED: entry('The request comes from another site', 403),
  RANGE_NOT_SATISFIABLE: entry('The file does not have the bytes that were asked for', 416),
  SERVER_STOPPING: entry('The server is about to stop', 503, true),
  SERVER_NEEDS_ACCOUNTS: entry('The server would be reachable from elsewhere without accounts', 400),
  SERVER_ADDRESS_IN_USE: entry('The address of the server is taken', 409),

  // Command line
  USAGE: entry('The command was called with wrong arguments', 400),
  NEEDS_NODE_24: entry('The Node.js version is too old', 400),
  INTERNAL: entry('Something unexpected went wrong', 500),
} as const satisfies Record<string, ErrorEntry>

/** The code of an error: a key of {@link ERRORS}. */
export type ErrorCode = keyof typeof ERRORS
