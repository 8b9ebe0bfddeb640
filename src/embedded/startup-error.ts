/** Something outside the program prevents its start; `message` is one sentence with the cause and the remedy. */
export class StartupError extends Error {
  override readonly name = 'StartupError'
}
