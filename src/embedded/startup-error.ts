/** Something outside the program keeps it from starting; `message` is one sentence that says what and what to do. */
export class StartupError extends Error {
  override readonly name = 'StartupError'
}
