/** State leaves the graph under its input's name with a mark, since ONNX names are unique. */
export function stateOutputName(name: string): string {
  return `${name}'`;
}
