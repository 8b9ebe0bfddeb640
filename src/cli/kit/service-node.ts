import { CliError } from './exit-code.ts'

const oldest = 24

/**
 * The packaged command line runs on older versions of Node than the service.
 * @throws CliError `usage` when the verb opens parts of the service, and this Node is too old for them.
 */
export function needServiceNode(verb: string): void {
  if (Number(process.versions.node.split('.')[0]) >= oldest) return
  throw new CliError('usage', `${verb} needs Node ${oldest}, as the service does, and this is ${process.version}.`)
}
