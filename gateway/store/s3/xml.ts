/** The small XML documents of S3; list pages have their own, faster reader in list-page.ts. */
import { XMLParser } from 'fast-xml-parser';

/** An element: its text, or its children by name; those named in `repeated` are always arrays. */
export type Element = string | { readonly [name: string]: Element | readonly Element[] | undefined };

const repeated = new Set(['Upload', 'Error', 'Deleted', 'Bucket', 'Tag']);

const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  parseTagValue: false,
  trimValues: false,
  // Decoded below: the parser leaves numeric references as they are.
  processEntities: false,
  removeNSPrefix: true,
  isArray: (name, path) => repeated.has(name) && typeof path === 'string' && path.includes('.'),
});

export interface XmlDocument {
  /** Name of the root element. */
  readonly name: string;
  readonly root: Element;
}

/** undefined where the bytes are no XML document. */
export function parseXml(body: Buffer): XmlDocument | undefined {
  let parsed: unknown;
  try {
    parsed = parser.parse(body.toString('utf8').trim());
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const [entry] = Object.entries(parsed as Record<string, Element>);
  return entry === undefined ? undefined : { name: entry[0], root: entry[1] };
}

export function child(element: Element | undefined, name: string): Element | undefined {
  if (typeof element !== 'object') return undefined;
  const found = element[name];
  return isList(found) ? found[0] : found;
}

export function childText(element: Element | undefined, name: string): string | undefined {
  const found = child(element, name);
  return typeof found === 'string' ? decodeReferences(found) : undefined;
}

export function children(element: Element | undefined, name: string): readonly Element[] {
  if (typeof element !== 'object') return [];
  const found = element[name];
  return found === undefined ? [] : isList(found) ? found : [found];
}

const isList = (value: Element | readonly Element[] | undefined): value is readonly Element[] => Array.isArray(value);

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Text with its character and entity references (XML 1.0 §4.1) replaced by what they stand for. */
export function decodeReferences(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
    const code = hex !== undefined ? parseInt(hex, 16) : decimal !== undefined ? Number(decimal) : undefined;
    if (code !== undefined) return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    return named[name ?? ''] ?? whole;
  });
}

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  // Written as references, or a reader would make line feeds and spaces of them.
  '\r': '&#13;',
  '\n': '&#10;',
  '\t': '&#9;',
};

export function escapeXml(text: string): string {
  return text.replace(/[&<>"'\r\n\t]/g, (character) => references[character] ?? character);
}

/** Whether XML 1.0 (§2.2) has all characters of `text`, by reference or plain. */
export function fitsXml(text: string): boolean {
  return !/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(text) && text.isWellFormed();
}
