import { cutTo } from '../domain/words.ts'

/**
 * What others said, such as an alert, on Temporal's own screen: its words are text there, and no links, images or headings. No backslash
 * keeps a bare address from becoming a link.
 */
export function asText(said: string, most = 300): string {
  return cutTo(said.replace(/\s+/g, ' '), most)
    .replace(/:\/\//g, ': //')
    .replace(/www\./gi, (www) => `${www.slice(0, -1)} .`)
    .replace(/[\\`*_{}[\]()<>#+!|~&]/g, '\\$&')
}
