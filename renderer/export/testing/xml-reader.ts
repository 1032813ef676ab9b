/** An element as a strict reader sees it. */
export interface XmlElement {
  name: string;
  attributes: Record<string, string>;
  children: XmlElement[];
  /** Character data of the element itself. */
  text: string;
}

const piece =
  /<\?xml [^?]*\?>|<\/(?<closed>[A-Za-z][\w:.-]*)\s*>|<(?<opened>[A-Za-z][\w:.-]*)(?<attributes>(?:\s+[A-Za-z][\w:.-]*="[^"<]*")*)\s*(?<alone>\/)?>|(?<text>[^<]+)/y;
const attribute = /\s+([A-Za-z][\w:.-]*)="([^"]*)"/g;
// XML 1.0, production 2.
const legal = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;

/**
 * Reads an XML document of elements, attributes and text.
 *
 * @throws Error where it is not well-formed
 */
export function parseXml(source: string): XmlElement {
  if (!legal.test(source)) throw new Error('A character that XML does not allow');
  const document: XmlElement = { name: '', attributes: {}, children: [], text: '' };
  const open = [document];
  piece.lastIndex = 0;
  while (piece.lastIndex < source.length) {
    const at = piece.lastIndex;
    const match = piece.exec(source);
    const parent = open.at(-1);
    if (match === null || parent === undefined) throw new Error(`Not XML at ${source.slice(at, at + 40)}`);
    const { closed, opened, attributes, alone, text } = match.groups ?? {};
    if (text !== undefined) parent.text += decoded(text);
    if (closed !== undefined && open.pop()?.name !== closed) throw new Error(`Unexpected </${closed}>`);
    if (opened !== undefined) {
      const element = { name: opened, attributes: attributesOf(attributes ?? ''), children: [], text: '' };
      parent.children.push(element);
      if (alone === undefined) open.push(element);
    }
  }
  const [root, ...others] = document.children;
  if (open.length !== 1 || root === undefined || others.length > 0 || document.text.trim() !== '') {
    throw new Error('Expected one closed element');
  }
  return root;
}

/** All elements of a name, in document order. */
export function elementsOf(root: XmlElement, name: string): XmlElement[] {
  return [
    ...(root.name === name ? [root] : []),
    ...root.children.flatMap((child) => elementsOf(child, name)),
  ];
}

/** The text of an element and of all in it. */
export function textOf(element: XmlElement): string {
  return element.text + element.children.map(textOf).join('');
}

function attributesOf(source: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name = '', value = ''] of source.matchAll(attribute)) {
    if (name in found) throw new Error(`The attribute ${name} stands twice`);
    found[name] = decoded(value);
  }
  return found;
}

const characters: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };

function decoded(text: string): string {
  return text.replace(/&(?:(\w+);)?/g, (whole, name: string | undefined) => {
    const character = characters[name ?? ''];
    if (character === undefined) throw new Error(`Unknown entity ${whole}`);
    return character;
  });
}
