/** The last sentence of a refusal. */
export const readKinds = 'Send PDF, DOCX, XLSX, PPTX, ODT, EPUB, CSV, HTML, Markdown, mail (.eml, .mht) or plain text.'
