/** Exit codes; scripts rely on them. */
export const exitCodes = { done: 0, failed: 1, usage: 2, refused: 3, interrupted: 130 } as const

type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** Ends the command with a sentence on stderr and an exit code; any other error is a bug of ours. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly exitCode: ExitCode
  /** Whether the server may answer the same call in a moment. */
  readonly isTemporary: boolean
  /** The code of the server's refusal, as `docs/errors/` lists them. */
  readonly code: string | undefined

  constructor(
    kind: keyof typeof exitCodes,
    message: string,
    options: { readonly cause?: unknown; readonly isTemporary?: boolean; readonly code?: string } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.exitCode = exitCodes[kind]
    this.isTemporary = options.isTemporary ?? false
    this.code = options.code
  }
}
