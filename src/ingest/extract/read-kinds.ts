/** What a refusal ends with. */
export const readKinds = 'Send PDF, DOCX, XLSX, CSV, HTML, Markdown, mail (.eml, .mht) or plain text.'
