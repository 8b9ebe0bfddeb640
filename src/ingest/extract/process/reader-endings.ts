/** Signals that end a reader above a cap: they end it at once, however busy it is, and nobody else sends them. */
export const endings = { memory: 'SIGUSR2', time: 'SIGVTALRM' } as const
