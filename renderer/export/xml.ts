/** Characters that XML 1.0 has no place for, whichever way they are written. */
const forbidden =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Text as it stands in an element. */
export function xmlText(text: string): string {
  return text.replace(forbidden, '\ufffd').replace(/[&<>]/g, (sign) => entities[sign] ?? sign);
}

/**
 * One element.
 *
 * @param children  XML already: text goes through {@link xmlText} first
 */
export function xmlElement(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: readonly string[]
): string {
  const written = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${attributeText(value)}"`)
    .join('');
  return children.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${children.join('')}</${name}>`;
}

function attributeText(value: string | number): string {
  return typeof value === 'number' ? shortNumber(value) : xmlText(value).replaceAll('"', '&quot;');
}

/** A coordinate: a hundredth of a pixel is more than is seen. */
export function shortNumber(value: number): string {
  return String(Math.round(value * 100) / 100);
}
