/** This deployment's search settings. */
export interface SearchSettings {
  /** The default mode for a question in words. */
  readonly retrieveMode: 'dense' | 'hybrid'
}
