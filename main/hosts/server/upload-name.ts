const mostBytes = 200;
/** Names that mean a device to Windows, whatever their ending. */
const devices = /^(con|prn|aux|nul|com\d|lpt\d)$/i;

/**
 * A file's name as it may be used on any disk: never a path, never hidden, at most 200 bytes, with its
 * ending kept. What has no usable name is `checkpoint`.
 *
 * @param offered  what a window says the file is called
 */
export function uploadName(offered: string): string {
  const last = offered.normalize('NFC').split(/[/\\]/).at(-1) ?? '';
  const plain = last
    // Controls, characters of file systems, and those that turn the direction of text around.
    .replace(/[\p{Cc}\p{Cs}\p{Bidi_Control}<>:"|?*]/gu, '_')
    .replace(/^[.\s]+|[.\s]+$/gu, '');
  if (plain === '') return 'checkpoint';
  const dot = plain.lastIndexOf('.');
  const ending = dot > 0 && plain.length - dot <= 16 ? plain.slice(dot) : '';
  const stem = plain.slice(0, plain.length - ending.length);
  const safe = devices.test(plain.split('.')[0] ?? '') ? `_${stem}` : stem;
  return clipped(safe, mostBytes - Buffer.byteLength(ending)) + ending;
}

/** As many whole characters from the start as fit. */
function clipped(text: string, most: number): string {
  let bytes = 0;
  let kept = '';
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > most) break;
    kept += character;
  }
  return kept;
}
