/** Time that a browser is given to take the file from its address. */
const releaseMs = 60_000;

/** Hands a file to the browser or the desktop app to be saved. */
export function saveFile(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), releaseMs);
}
