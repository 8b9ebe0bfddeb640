/** What a refusal ends with. */
export const readKinds = 'Send PDF, DOCX, XLSX, PPTX, ODT, EPUB, CSV, HTML, Markdown, mail (.eml, .mht) or plain text.'
