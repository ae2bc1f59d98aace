import type { Check } from './Check.ts'
import { commands } from './commands.ts'
import { docstrings } from './docstrings.ts'
import { errors } from './errors.ts'
import { exports } from './exports.ts'
import { files } from './files.ts'
import { hygiene } from './hygiene.ts'
import { layers } from './layers.ts'
import { links } from './links.ts'
import { specs } from './specs.ts'

/** Everything that `npm run check` holds, in the order in which it is shown. */
export const checks: readonly Check[] = [
  ...commands,
  layers,
  exports,
  docstrings,
  links,
  specs,
  errors,
  files,
  hygiene,
]
