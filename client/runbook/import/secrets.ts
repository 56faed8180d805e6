/** Secrets that a document shows in its commands: they go neither into a runbook nor into a report. */

/** Each has the words before the secret, and the secret itself. */
const forms: readonly RegExp[] = [
  /(\b[A-Z_]*(?:PASSWORD|PASSWD|PWD|TOKEN|SECRET|API_KEY)=)(["']?)(?!\$|<|\[|\{)[^\s"'&]+\2/gi,
  /((?<![\w-])--?(?:password|passwd|token|secret|api-key)[= ])(["']?)(?!\$|<|\[|\{|-)[^\s"']+\2/gi,
  /(\bredis-cli\b[^|;\n]{0,200}? -a )(["']?)(?!\$|<|\[|\{)[^\s"']+\2/g,
  /(\bcurl\b[^|;\n]{0,200}? -u )(["']?)(?!\$|<|\[|\{)[^\s"']+\2/g,
  /((?:Bearer|Basic|token) )()(?!\$|<|\[|\{)[\w.~+/=-]{8,}/g,
  /(\w:\/\/[^\s:/@]{1,100}:)()(?!\$|<|\[|\{)[^\s@/]{1,200}(?=@)/g,
]

/** The text with `***` in place of what looks like a secret; variables and placeholders are none. */
export function withoutSecrets(text: string): string {
  return forms.reduce((shown, form) => shown.replace(form, '$1***'), text)
}
