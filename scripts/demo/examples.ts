/** An example that the demonstration can run. */
export interface Example {
  /** Its project, relative to `examples/`. */
  readonly project: string
  /** Input of its workflow, with one agent for everything. */
  readonly input: (agent: string) => Readonly<Record<string, string>>
}

const ISSUE =
  'We need truncate(text, length) in src/truncate.js: the beginning of a text, cut between words and ended with "…", never longer than length. A word that is too long is cut itself.'

/** Examples by the name of their workflow. */
export const EXAMPLES: Readonly<Record<string, Example>> = {
  'simple-sdlc': {
    project: '02-simple-sdlc/project',
    input: (agent) => ({
      featureName: 'slugify',
      specPath: 'specs/slugify.md',
      planner: agent,
      implementer: agent,
    }),
  },
  'build-feature': {
    project: '03-build-feature/project',
    input: (agent) => ({ issue: ISSUE, agent }),
  },
  'full-sdlc': {
    project: '04-full-sdlc/project',
    input: (agent) => ({ issuePath: 'issues/text-helpers.md', lead: agent, builder: agent }),
  },
}
