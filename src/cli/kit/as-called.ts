/** The name that commands have in texts of ours and of the server. */
const canonical = 'tenant-router'

/**
 * Puts each command of a text into the form that its reader would type.
 * @param program what stands before a verb there, as in `npx tenant-router`.
 * @param verbs the first words of commands: in "a tenant-router is running" the name is no command.
 */
export function asCalled(text: string, program: string, verbs: readonly string[]): string {
  if (program === canonical) return text
  return text.replaceAll(new RegExp(`\\b${canonical} (?=(?:${verbs.join('|')})\\b|\\[options\\])`, 'g'), `${program} `)
}
