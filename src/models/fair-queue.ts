/** One call: its texts, and how many of them were handed out. */
export interface Job {
  readonly texts: readonly string[]
  taken: number
}

/** Texts that one run of the encoder does together, and for each the job and the place in it. */
export interface Slice<J extends Job> {
  readonly texts: readonly string[]
  readonly owners: readonly { readonly job: J; readonly position: number }[]
}

/** Eight is where more at once saves little any more, and keeps a run under half a second. */
const sliceUnits = 8
/** About what the encoder takes at once; longer texts cost as much more. */
const charsOfUnit = 300

/**
 * The next slice: one text of each waiting job in turn until it is full. So queries that arrive together go together,
 * and one that arrives during a long ingest waits for one run and not for the document.
 *
 * @param jobs changed: jobs of which all texts are handed out are taken off, and who was served last comes first next.
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
