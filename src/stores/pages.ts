interface Page {
  readonly nextCursor?: string
}

/** The pages of a listing, each read when it is asked for. @param read reads the page that begins there. */
export async function* pagesOf<P extends Page>(
  read: (from: { readonly cursor?: string }) => Promise<P>,
): AsyncGenerator<P> {
  for (let from: { readonly cursor?: string } | undefined = {}; from !== undefined; ) {
    const page: P = await read(from)
    yield page
    from = page.nextCursor === undefined ? undefined : { cursor: page.nextCursor }
  }
}
