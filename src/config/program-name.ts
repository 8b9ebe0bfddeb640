import type { Environment } from './setting-reader.ts'

/**
 * Words that the caller of the command line types before a verb. npm says in the environment what it runs: the script's name,
 * or `npx` for `npx` and `npm exec`.
 */
export function programName(env: Environment): string {
  const { npm_lifecycle_event: event, npm_package_name: project } = env
  if (event === 'npx') return 'npx tenant-router'
  // -s, as without it npm prints lines of its own among the answers.
  if (event === 'cli' && project === 'tenant-router') return 'npm run -s cli --'
  return 'tenant-router'
}
