/** The end of messages about pickles that are not imported. */
export const CONVERT_ADVICE =
  'convert the file to safetensors with the program that wrote it, or inspect it without importing';
