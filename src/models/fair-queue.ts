/** One call: its texts, and how many of them are assigned. */
export interface Job {
  readonly texts: readonly string[]
  taken: number
}

/** Texts for one run of the encoder, each with its job and its position there. */
export interface Slice<J extends Job> {
  readonly texts: readonly string[]
  readonly owners: readonly { readonly job: J; readonly position: number }[]
}

/** Above eight, larger batches save little; eight keep a run under 0.5 s. */
const sliceUnits = 8
/** Characters that cost about one unit of a run; longer texts cost proportionally more. */
const charsOfUnit = 300

/**
 * Takes the next slice: one text of each waiting job in turn until it is full. So queries that arrive together run
 * together, and a query that arrives during a long ingest waits for one run instead of the whole document.
 *
 * @param jobs mutated: a served job moves to the end, and a fully assigned one is removed.
 */
export function nextSlice<J extends Job>(jobs: J[]): Slice<J> {
  const texts: string[] = []
  const owners: { job: J; position: number }[] = []
  let units = 0
  for (;;) {
    const job = jobs[0]
    const text = job?.texts[job.taken]
    if (job === undefined || text === undefined) return { texts, owners }
    const cost = Math.min(4, Math.max(1, Math.ceil(text.length / charsOfUnit)))
    if (texts.length > 0 && units + cost > sliceUnits) return { texts, owners }
    texts.push(text)
    owners.push({ job, position: job.taken })
    units += cost
    job.taken += 1
    jobs.shift()
    if (job.taken < job.texts.length) jobs.push(job)
  }
}
